package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

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
			return domain.Invalid("not_confirmed", "this deletes the log and everything in it, and the read tables; say --yes if you mean it")
		}
		if uint(cmd.Steps) == s.Version {
			if err := dropReadTables(ctx, url); err != nil {
				return err
			}
		}
		return migrations.Down(ctx, url, cmd.Steps)
	})
}

// dropReadTables takes away what was made of a log that goes: no migration knows read tables. Should
// the log stay after all, the next start makes them anew.
func dropReadTables(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT format('DROP TABLE IF EXISTS %I CASCADE', read_table || '_v' || version) FROM checkpoints`)
		if err != nil {
			return err
		}
		drops, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		for _, drop := range append(drops, `DROP SCHEMA IF EXISTS gifty_previous CASCADE`, `DELETE FROM checkpoints`) {
			if _, err := tx.Exec(ctx, drop); err != nil {
				return err
			}
		}
		return nil
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
	return migrate(ctx, config, c, func(ctx context.Context, url string) error {
		s, err := migrations.Read(ctx, url)
		if err != nil {
			return err
		}
		if cmd.To < 1 || uint(cmd.To) > s.Latest {
			return domain.Invalid("version_unknown", "this program knows versions 1 to %d", s.Latest)
		}
		return migrations.Force(ctx, url, cmd.To)
	})
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
