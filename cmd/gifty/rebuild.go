package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"gifty/domain"
	"gifty/projections"
)

// Effort is how much of the machine a job over the whole log may use.
type Effort struct {
	Memory  int64 `default:"1024" help:"MiB that the job may use; more rows than fit are made in several passes (${default})."`
	Workers int   `help:"Connections and CPUs to work with; all when 0."`
}

// options are the engine's, with a bar for a person.
func (e Effort) options(w io.Writer) (projections.RebuildOptions, func()) {
	var drawn bar
	return projections.RebuildOptions{Memory: e.Memory << 20, Workers: e.Workers, Progress: func(j projections.Job) {
		if drawn.drawn == nil && j.Total > 0 {
			drawn = newBar(w, j.Total, j.Kind+" "+j.Phase)
		}
		if drawn.drawn != nil {
			drawn.drawn.Describe(j.Kind + " " + j.Phase)
			drawn.set(int(j.Events))
		}
	}}, func() { drawn.end(w) }
}

type rebuildCommand struct {
	Names []string `arg:"" optional:"" name:"table" help:"Read tables to build anew from the log."`
	All   bool     `help:"All of them."`
	Effort
}

// Run builds the tables beside those that serve, and switches.
func (cmd rebuildCommand) Run(ctx context.Context, config Config, c console) error {
	if len(cmd.Names) == 0 && !cmd.All {
		return domain.Invalid("no_table", "name the read tables to rebuild, or say --all; `gifty projections` lists them")
	}
	a, err := open(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	if cmd.All {
		cmd.Names = nil // the engine's word for all
	}
	began := time.Now()
	options, done := cmd.options(c.err)
	err = a.engine.Rebuild(ctx, cmd.Names, options)
	done()
	if err == nil {
		fmt.Fprintf(c.out, "rebuilt in %s; `gifty projections rollback NAME` takes a table back, `gifty projections prune` drops what was there before\n",
			time.Since(began).Round(time.Millisecond))
	}
	return err
}

type asOfCommand struct {
	Names    []string        `arg:"" optional:"" name:"table" help:"Read tables to build as they were; all when none is named."`
	Position domain.Position `help:"As of this log position."`
	Time     time.Time       `help:"As of this moment, RFC 3339: the last event that had occurred by then."`
	Schema   string          `default:"as_of" help:"Postgres schema to build them in (${default})."`
	Drop     bool            `help:"Drop the schema instead."`
	Effort
}

// Run builds tables as of a position or a moment into a schema of their own, or drops that.
func (cmd asOfCommand) Run(ctx context.Context, config Config, c console) error {
	if !cmd.Drop && (cmd.Position > 0) == !cmd.Time.IsZero() {
		return domain.Invalid("no_moment", "say either --position N or --time T")
	}
	a, err := open(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	if cmd.Drop {
		return a.engine.DropAsOf(ctx, cmd.Schema)
	}
	at := cmd.Position
	if at == 0 {
		if at, err = a.engine.PositionAt(ctx, cmd.Time); err != nil {
			return err
		}
	}
	options, done := cmd.options(c.err)
	err = a.engine.AsOf(ctx, cmd.Schema, at, cmd.Names, options)
	done()
	if err == nil {
		fmt.Fprintf(c.out, "the read tables as of position %d are in schema %s; drop them with `gifty as-of --drop --schema %s`\n", at, cmd.Schema, cmd.Schema)
	}
	return err
}

type verifyCommand struct {
	Deep bool `help:"Compare every read table with a fresh fold of the log, too."`
	JSON bool `name:"json" help:"Print JSON."`
	Effort
}

// Run checks the log and the read tables; a finding makes it fail.
func (cmd verifyCommand) Run(ctx context.Context, config Config, c console) error {
	a, err := open(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	options, done := cmd.options(c.err)
	v, err := a.engine.Verify(ctx, projections.VerifyOptions{Deep: cmd.Deep, RebuildOptions: options})
	done()
	if err != nil {
		return err
	}
	if cmd.JSON {
		if err := json.NewEncoder(c.out).Encode(v); err != nil {
			return err
		}
	} else {
		printVerification(c.out, v)
	}
	if n := len(v.Findings); n > 0 {
		return domain.Conflict("not_verified", "%d findings", n)
	}
	return nil
}

func printVerification(w io.Writer, v projections.Verification) {
	fmt.Fprintf(w, "%d events: positions, versions and checkpoints checked\n", v.Events)
	for _, t := range v.Tables {
		fmt.Fprintf(w, "%s: compared with a fresh fold of the log\n", t)
	}
	for _, f := range v.Findings {
		where := f.Check
		for _, part := range []string{f.Table, f.Key, f.Column} {
			if part != "" {
				where += ", " + part
			}
		}
		fmt.Fprintf(w, "%s: %s\n", where, f.Message)
	}
}

type rollbackCommand struct {
	Name string `arg:"" name:"table" help:"Read table to take back."`
}

// Run makes the former version of a table serve again.
func (cmd rollbackCommand) Run(ctx context.Context, config Config, c console) error {
	a, err := open(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	return a.engine.Rollback(ctx, cmd.Name, projections.RebuildOptions{})
}

type pruneCommand struct {
	Names []string `arg:"" optional:"" name:"table" help:"Read tables whose former versions go; all when none is named."`
}

// Run drops versions that no longer serve.
func (cmd pruneCommand) Run(ctx context.Context, config Config, c console) error {
	a, err := open(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	dropped, err := a.engine.Prune(ctx, cmd.Names...)
	for _, name := range dropped {
		fmt.Fprintln(c.out, "dropped", name)
	}
	return err
}
