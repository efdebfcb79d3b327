package main

import (
	"context"
	"fmt"
)

type rollbackCommand struct {
	Name string `arg:"" name:"table" help:"Read table to take back."`
	Effort
}

// Run makes the former build or version of a table serve again.
func (cmd rollbackCommand) Run(ctx context.Context, config Config, c console) error {
	a, err := openEngine(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	options, done := cmd.drawn(c.err)
	err = a.engine.Rollback(ctx, cmd.Name, options)
	done()
	if err == nil {
		fmt.Fprintln(c.out, "what was served before serves again; the same once more goes forward again")
	}
	return err
}
