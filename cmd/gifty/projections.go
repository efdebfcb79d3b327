package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"
)

type projectionsCommand struct {
	List     listCommand     `cmd:"" default:"1" help:"List them."`
	Rollback rollbackCommand `cmd:"" help:"Make the former version of a table serve again."`
	Prune    pruneCommand    `cmd:"" help:"Drop versions that no longer serve."`
}

type listCommand struct{}

// Run lists the read tables.
func (listCommand) Run(ctx context.Context, config Config, c console) error {
	a, err := openLog(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	all, err := a.engine.Status(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TABLE\tVERSION\tACTIVE\tSTATE\tPOSITION\tLAG\tROWS\tMiB\tMOVED\tERROR")
	for _, s := range all {
		failure := ""
		if s.Error != nil {
			failure = *s.Error
		}
		fmt.Fprintf(w, "%s\t%d\t%t\t%s\t%d\t%d events, %.1f s\t%d\t%.1f\t%s\t%s\n", s.Table, s.Version, s.Active, s.State, s.Position,
			s.LagEvents, s.LagSeconds, s.Rows, float64(s.Bytes)/(1<<20), s.UpdatedAt.Format(time.RFC3339), failure)
	}
	return w.Flush()
}
