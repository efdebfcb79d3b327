package main

import (
	"context"
	"fmt"
	"time"

	"gifty/domain"
)

type rebuildCommand struct {
	Names []string `arg:"" optional:"" name:"table" help:"Read tables to build anew from the log."`
	All   bool     `help:"All of them."`
	Fresh bool     `help:"Begin anew, also when such a rebuild was stopped and could be gone on with."`
	Effort
}

// Run builds the tables beside those that serve, and switches.
func (cmd rebuildCommand) Run(ctx context.Context, config Config, c console) error {
	if (len(cmd.Names) == 0) != cmd.All {
		return domain.Invalid("no_table", "name the read tables to rebuild, or say --all; `gifty projections` lists them")
	}
	a, err := openEngine(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	began := time.Now()
	options, done := cmd.drawn(c.err)
	options.Fresh = cmd.Fresh
	err = a.engine.Rebuild(ctx, cmd.Names, options)
	done()
	if err == nil {
		fmt.Fprintf(c.out, "rebuilt in %s; `gifty projections rollback NAME` takes a table back, `gifty projections prune` drops what was there before\n",
			time.Since(began).Round(time.Millisecond))
	}
	return err
}
