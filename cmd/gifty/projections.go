package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"
)

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
