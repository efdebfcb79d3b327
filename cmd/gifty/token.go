package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/projections/credential"
)

type tokenCommand struct {
	Create createTokenCommand `cmd:"" help:"Make one and print its secret, this once."`
	List   listTokensCommand  `cmd:"" help:"List them: what each may do, until when, and when it was used last."`
	Rotate rotateTokenCommand `cmd:"" help:"Give one another secret; the former one is good for a while."`
	Revoke revokeTokenCommand `cmd:"" help:"Make one worthless, within seconds everywhere."`
}

type createTokenCommand struct {
	Name   string          `arg:"" help:"For people: what it is for."`
	Scopes []account.Scope `name:"scope" required:"" placeholder:"SCOPE,…" help:"What it may do: admin (everything), admin:accounts, admin:configuration, admin:projections, analyst:read, analyst:personal, crawler:ingest, metrics:read, worker:compute."`
	Days   int             `default:"365" help:"Days until it expires (${default}); 0: never."`
	Local  bool            `help:"Let it see and change the local giver's things, too: those of the command line."`
}

const dayLong = 24 * time.Hour

// Run makes the token.
func (cmd createTokenCommand) Run(ctx context.Context, config Config, c console) error {
	return withTokens(ctx, config, c, func(ctx context.Context, a *app) error {
		ask := account.IssueServiceToken{Name: cmd.Name, Scopes: cmd.Scopes, Valid: time.Duration(cmd.Days) * dayLong}
		if cmd.Local {
			ask.Giver = domain.LocalGiver.Giver
		}
		made, err := a.accounts.IssueServiceToken(ctx, ask)
		if err == nil {
			fmt.Fprintln(c.out, made.Secret)
		}
		return err
	})
}

type listTokensCommand struct {
	All bool `help:"Those that were revoked, too."`
}

// Run lists the tokens.
func (cmd listTokensCommand) Run(ctx context.Context, config Config, c console) error {
	return withTokens(ctx, config, c, func(ctx context.Context, a *app) error {
		tokens, err := (credential.ServiceTokens{DB: a.pool}).List(ctx, cmd.All)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "TOKEN\tNAME\tSCOPES\tCREATED\tEXPIRES\tLAST USED\tREVOKED")
		for _, t := range tokens {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.ID, t.Name, joinScopes(t.Scopes),
				t.CreatedAt.UTC().Format(time.RFC3339), moment(t.ExpiresAt), moment(t.LastUsedAt), moment(t.RevokedAt))
		}
		return w.Flush()
	})
}

func moment(at *time.Time) string {
	if at == nil {
		return "-"
	}
	return at.UTC().Format(time.RFC3339)
}

type rotateTokenCommand struct {
	Token string        `arg:"" help:"Its id or name."`
	Grace time.Duration `default:"1h" help:"How long the former secret is good (${default})."`
}

// Run gives the token another secret.
func (cmd rotateTokenCommand) Run(ctx context.Context, config Config, c console) error {
	return withTokens(ctx, config, c, func(ctx context.Context, a *app) error {
		id, err := a.tokenNamed(ctx, cmd.Token)
		if err != nil {
			return err
		}
		made, err := a.accounts.RotateServiceToken(ctx, id, cmd.Grace)
		if err == nil {
			fmt.Fprintln(c.out, made.Secret)
		}
		return err
	})
}

type revokeTokenCommand struct {
	Token string `arg:"" help:"Its id or name."`
}

// Run makes the token worthless.
func (cmd revokeTokenCommand) Run(ctx context.Context, config Config, c console) error {
	return withTokens(ctx, config, c, func(ctx context.Context, a *app) error {
		id, err := a.tokenNamed(ctx, cmd.Token)
		if err == nil {
			err = a.accounts.RevokeServiceToken(ctx, id)
		}
		return err
	})
}

func withTokens(ctx context.Context, config Config, c console, do func(context.Context, *app) error) error {
	a, err := openLog(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	return do(domain.WithPrincipal(ctx, domain.System), a)
}

// tokenNamed finds a token by its id or its name.
func (a *app) tokenNamed(ctx context.Context, named string) (uuid.UUID, error) {
	tokens, err := (credential.ServiceTokens{DB: a.pool}).List(ctx, false)
	if err != nil {
		return uuid.Nil, err
	}
	for _, t := range tokens {
		if t.Name == named || t.ID.String() == named {
			return t.ID, nil
		}
	}
	return uuid.Nil, account.ErrTokenNotFound
}
