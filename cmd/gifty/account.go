package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"gifty/domain/account"
	"gifty/projections"
	accounts "gifty/projections/account"
)

type accountCommand struct {
	List   listAccountsCommand  `cmd:"" help:"List who may do something besides being a giver."`
	Grant  grantAccountCommand  `cmd:"" help:"Let somebody do more."`
	Revoke revokeAccountCommand `cmd:"" help:"Take away what somebody may do; they stay a giver."`
}

type listAccountsCommand struct {
	All bool `help:"Everybody with an account."`
}

// Run lists people by their usernames, those first who came first. Who signs in by a provider alone has none.
func (cmd listAccountsCommand) Run(ctx context.Context, config Config, c console) error {
	return withTokens(ctx, config, c, func(ctx context.Context, a *app) error {
		if err := a.engine.CatchUp(ctx); err != nil {
			return err
		}
		w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "USER\tUSERNAME\tSCOPES\tSINCE")
		for page := (projections.PageRequest{Limit: projections.MaxLimit}); ; {
			got, err := accounts.ListUsers(ctx, a.read, !cmd.All, page)
			if err != nil {
				return err
			}
			for _, u := range got.Items {
				name := "-"
				if u.Username != nil {
					name = plain(*u.Username)
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", u.ID, name, joinScopes(u.Scopes), u.CreatedAt.Format(time.RFC3339))
			}
			if page.Cursor = got.Next; page.Cursor == "" {
				return w.Flush()
			}
		}
	})
}

func joinScopes(scopes []account.Scope) string {
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = string(s)
	}
	return strings.Join(names, ",")
}

type grantAccountCommand struct {
	Login  string          `arg:"" name:"account" help:"Username or e-mail address, in any case, or id."`
	Scopes []account.Scope `name:"scope" required:"" placeholder:"SCOPE,…" help:"What they may do; those that tokens can have."`
}

// Run adds to what they may do.
func (cmd grantAccountCommand) Run(ctx context.Context, config Config, c console) error {
	return regranting(ctx, config, c, cmd.Login, func(have []account.Scope) []account.Scope { return append(have, cmd.Scopes...) })
}

type revokeAccountCommand struct {
	Login  string          `arg:"" name:"account" help:"Username or e-mail address, in any case, or id."`
	Scopes []account.Scope `name:"scope" placeholder:"SCOPE,…" help:"What they may do no more; all when none is named."`
}

// Run takes away from what they may do.
func (cmd revokeAccountCommand) Run(ctx context.Context, config Config, c console) error {
	return regranting(ctx, config, c, cmd.Login, func(have []account.Scope) []account.Scope {
		if len(cmd.Scopes) == 0 {
			return nil
		}
		return slices.DeleteFunc(have, func(s account.Scope) bool { return slices.Contains(cmd.Scopes, s) })
	})
}

// regranting puts other scopes in place of those that somebody has, and says which they are.
func regranting(ctx context.Context, config Config, c console, login string, change func([]account.Scope) []account.Scope) error {
	return withTokens(ctx, config, c, func(ctx context.Context, a *app) error {
		id, err := uuid.Parse(login) // who signs in by a provider alone has no name
		if err != nil {
			if id, err = a.accounts.Named(ctx, login); err != nil {
				return err
			}
		}
		u, err := a.accounts.User(ctx, id)
		if err != nil {
			return err
		}
		if err := a.accounts.GrantScopes(ctx, id, change(slices.Clone(u.Scopes))); err != nil {
			return err
		}
		if u, err = a.accounts.User(ctx, id); err != nil {
			return err
		}
		may := joinScopes(u.Scopes)
		if may == "" {
			may = "nothing but be a giver"
		}
		fmt.Fprintf(c.out, "%s may now: %s\n", id, may)
		return nil
	})
}
