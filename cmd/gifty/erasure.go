package main

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/erasure"
	domainrecipient "gifty/domain/recipient"
	"gifty/http/client/mail"
	"gifty/projections/subject"
)

// privacy is what people can do with their own data.
func (a *app) privacy() subject.Privacy {
	p := subject.Privacy{Pool: a.pool, Log: a.store, Engine: a.engine, Recipients: a.recipients, Accounts: a.accounts, Forget: a.sessions.Forget}
	if letters, ok := a.accounts.Mailer.(mail.Folder); ok {
		p.Letters = letters.Empty
	}
	return p
}

type eraseCommand struct {
	Recipient eraseRecipientCommand `cmd:"" help:"Have a recipient forgotten: nothing that was told of them can be read any more."`
	Account   eraseAccountCommand   `cmd:"" help:"Have a giver forgotten, with everybody they described."`
}

type eraseRecipientCommand struct {
	ID uuid.UUID `arg:"" name:"recipient" help:"The recipient's id."`
}

// Run destroys the recipient's key.
func (cmd eraseRecipientCommand) Run(ctx context.Context, config Config, c console) error {
	return erasing(ctx, config, c, func(ctx context.Context, a *app) error {
		_, err := a.privacy().EraseRecipient(ctx, domainrecipient.EraseRecipient{RecipientID: cmd.ID})
		if err == nil {
			fmt.Fprintf(c.out, "erased recipient %s\n", cmd.ID)
		}
		return err
	})
}

type eraseAccountCommand struct {
	ID uuid.UUID `arg:"" name:"giver" help:"The giver's id."`
}

// Run destroys the giver's key, and those of their recipients.
func (cmd eraseAccountCommand) Run(ctx context.Context, config Config, c console) error {
	return erasing(ctx, config, c, func(ctx context.Context, a *app) error {
		out, err := a.privacy().EraseGiver(ctx, erasure.EraseGiver{GiverID: cmd.ID})
		if err == nil {
			fmt.Fprintf(c.out, "erased giver %s: %d identities, %d recipients\n", cmd.ID, out.Result.Identities, out.Result.Recipients)
		}
		return err
	})
}

// erasing erases as who has the database.
func erasing(ctx context.Context, config Config, c console, erase func(context.Context, *app) error) error {
	a, err := open(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	return erase(domain.WithPrincipal(ctx, domain.System), a)
}
