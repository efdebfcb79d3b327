package main

import (
	"context"
	"fmt"
)

type pruneCommand struct {
	Names []string `arg:"" optional:"" name:"table" help:"Read tables whose former builds and versions go; all when none is named."`
}

// Run drops what no longer serves.
func (cmd pruneCommand) Run(ctx context.Context, config Config, c console) error {
	a, err := openEngine(ctx, config, config.quietLogger(c.err))
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
