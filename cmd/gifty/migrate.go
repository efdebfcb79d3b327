package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"gifty/domain"
	"gifty/migrations"
)

type migrateCommand struct {
	Up      migrateUp      `cmd:"" help:"Apply what is missing."`
	Down    migrateDown    `cmd:"" help:"Take migrations back. The first holds the log itself: taking it back deletes everything."`
	Version migrateVersion `cmd:"" help:"Print where the schema is."`
	Force   migrateForce   `cmd:"" help:"Record a version as applied, after a repair by hand."`
}

type migrateUp struct{}

// Run applies what is missing.
func (migrateUp) Run(ctx context.Context, config Config, c console) error {
	return migrate(ctx, config, c, migrations.Up)
}

type migrateDown struct {
	Steps int  `arg:"" optional:"" default:"1" help:"How many (${default})."`
	Yes   bool `help:"Needed when the log would go."`
}

// Run takes migrations back.
func (cmd migrateDown) Run(ctx context.Context, config Config, c console) error {
	return migrate(ctx, config, c, func(ctx context.Context, url string) error {
		s, err := migrations.Read(ctx, url)
		if err != nil {
			return err
		}
		if cmd.Steps < 1 || uint(cmd.Steps) > s.Version {
			return domain.Invalid("steps_invalid", "the schema is at version %d; take back 1 to %d", s.Version, s.Version)
		}
		if uint(cmd.Steps) == s.Version && !cmd.Yes {
			return domain.Invalid("not_confirmed", "this deletes the log and everything in it; say --yes if you mean it")
		}
		return migrations.Down(ctx, url, cmd.Steps)
	})
}

type migrateVersion struct{}

// Run prints where the schema is.
func (migrateVersion) Run(ctx context.Context, config Config, c console) error {
	return migrate(ctx, config, c, func(context.Context, string) error { return nil })
}

type migrateForce struct {
	To int `arg:"" name:"version" help:"The version that the schema has now."`
}

// Run records a version.
func (cmd migrateForce) Run(ctx context.Context, config Config, c console) error {
	return migrate(ctx, config, c, func(ctx context.Context, url string) error { return migrations.Force(ctx, url, cmd.To) })
}

// migrate does something to the schema and prints where it is then.
func migrate(ctx context.Context, config Config, c console, do func(context.Context, string) error) error {
	url, stop, err := config.database(ctx, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	err = do(ctx, url)
	if err == nil {
		var s migrations.Status
		if s, err = migrations.Read(ctx, url); err == nil {
			fmt.Fprintf(c.out, "schema version %d of %d%s\n", s.Version, s.Latest, map[bool]string{true: ", dirty"}[s.Dirty])
		}
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
	defer cancel()
	return errors.Join(err, stop(stopping))
}

type projectionsCommand struct{}

// Run lists the read tables.
func (projectionsCommand) Run(ctx context.Context, config Config, c console) error {
	a, err := open(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	all, err := a.engine.Status(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TABLE\tVERSION\tACTIVE\tSTATE\tPOSITION\tLAG\tMOVED\tERROR")
	for _, s := range all {
		failure := ""
		if s.Error != nil {
			failure = *s.Error
		}
		fmt.Fprintf(w, "%s\t%d\t%t\t%s\t%d\t%d events, %.1f s\t%s\t%s\n", s.Table, s.Version, s.Active, s.State, s.Position,
			s.LagEvents, s.LagSeconds, s.UpdatedAt.Format(time.RFC3339), failure)
	}
	return w.Flush()
}

// isTerminal tells whether a person reads what is written there.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
