package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"gifty/domain"
)

type asOfCommand struct {
	Names    []string         `arg:"" optional:"" name:"table" help:"Read tables to build as they were; all when none is named."`
	Position *domain.Position `placeholder:"N" help:"As of this log position."`
	Time     time.Time        `help:"As of this moment, RFC 3339, or the beginning of a day, UTC: nothing that occurred later is shown."`
	Schema   string           `default:"as_of" help:"Postgres schema to build them in (${default})."`
	List     bool             `help:"List the schemas built so."`
	Drop     bool             `help:"Drop the schema instead."`
	Effort
}

// Run builds tables as of a position or a moment into a schema of their own, or lists or drops those.
func (cmd asOfCommand) Run(ctx context.Context, config Config, c console) error {
	if !cmd.Drop && !cmd.List && (cmd.Position == nil) == cmd.Time.IsZero() {
		return domain.Invalid("no_moment", "say either --position N or --time T")
	}
	a, err := openEngine(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	switch {
	case cmd.List:
		return a.listAsOf(ctx, c)
	case cmd.Drop:
		return a.engine.DropAsOf(ctx, cmd.Schema)
	}
	at := cmd.Position
	if at == nil {
		position, err := a.engine.PositionAt(ctx, cmd.Time)
		if err == nil && position == 0 {
			err = domain.Invalid("nothing_yet", "nothing had happened by %s: the log begins later, so there is nothing to build", cmd.Time.Format(time.RFC3339))
		}
		if err != nil {
			return err
		}
		at = &position
	}
	options, done := cmd.drawn(c.err)
	err = a.engine.AsOf(ctx, cmd.Schema, *at, cmd.Names, options)
	done()
	if err == nil {
		fmt.Fprintf(c.out, "the read tables as of position %d are in schema %s; drop them with `gifty as-of --drop --schema %s`\n", *at, cmd.Schema, cmd.Schema)
	}
	return err
}

func (a *app) listAsOf(ctx context.Context, c console) error {
	list, err := a.engine.AsOfSchemas(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SCHEMA\tPOSITION")
	for _, s := range list {
		fmt.Fprintf(w, "%s\t%d\n", s.Schema, s.Position)
	}
	return w.Flush()
}
