package main

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/projections/subject"
)

type exportCommand struct {
	Recipient exportRecipientCommand `cmd:"" help:"All that is known of a recipient."`
	Account   exportAccountCommand   `cmd:"" help:"All that is known of a giver and of everybody they described."`
}

type exportRecipientCommand struct {
	ID uuid.UUID `arg:"" name:"recipient" help:"The recipient's id."`
}

// Run prints it.
func (cmd exportRecipientCommand) Run(ctx context.Context, config Config, c console) error {
	return exporting(ctx, config, c, func(ctx context.Context, p subject.Privacy) (subject.Export, error) {
		return p.ExportRecipient(ctx, cmd.ID)
	})
}

type exportAccountCommand struct {
	ID uuid.UUID `arg:"" name:"giver" help:"The giver's id."`
}

// Run prints it.
func (cmd exportAccountCommand) Run(ctx context.Context, config Config, c console) error {
	return exporting(ctx, config, c, func(ctx context.Context, p subject.Privacy) (subject.Export, error) {
		return p.ExportGiver(ctx, cmd.ID)
	})
}

func exporting(ctx context.Context, config Config, c console, export func(context.Context, subject.Privacy) (subject.Export, error)) error {
	a, err := open(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	e, err := export(domain.WithPrincipal(ctx, domain.System), a.privacy())
	if err != nil {
		return err
	}
	out := json.NewEncoder(c.out)
	out.SetIndent("", "  ")
	return out.Encode(e)
}
