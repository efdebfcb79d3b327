package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"gifty/projections"
)

type projectionsCommand struct {
	List     listCommand     `cmd:"" default:"1" help:"List them, and the jobs at work on them."`
	Rollback rollbackCommand `cmd:"" help:"Make the former build or version of a table serve again."`
	Prune    pruneCommand    `cmd:"" help:"Drop former builds and versions."`
}

type listCommand struct{}

// Run lists the read tables.
func (listCommand) Run(ctx context.Context, config Config, c console) error {
	a, err := openEngine(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	tables, err := a.engine.Status(ctx)
	if err != nil {
		return err
	}
	jobs, err := a.engine.Jobs(ctx)
	if err != nil {
		return err
	}
	if err := printTables(c.out, tables); err != nil {
		return err
	}
	for _, j := range jobs {
		if !j.Ended() {
			fmt.Fprintf(c.out, "job %d, %s of %s: %s\n", j.ID, j.Kind, strings.Join(j.Tables, ", "), progress(j))
		}
	}
	return nil
}

func printTables(out io.Writer, tables []projections.Status) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TABLE\tVERSION\tACTIVE\tSTATE\tPOSITION\tLAG\tKEPT BY\tROWS\tUNINDEXED\tMiB\tMOVED\tERROR")
	for _, s := range tables {
		why := ""
		switch {
		case s.Error != nil && (s.State == "stopped" || s.State == "failed"):
			why = *s.Error
		case s.Error != nil:
			why = "last rebuild: " + *s.Error
		case s.IndexError != nil:
			why = "index: " + *s.IndexError
		}
		state := s.State
		if s.ByHand {
			state += ", left"
		}
		fmt.Fprintf(w, "%s\t%d\t%t\t%s\t%d\t%d events, %.1f s\t%s\t%d\t%d\t%.1f\t%s\t%s\n", s.Table, s.Version, s.Active, state, s.Position,
			s.LagEvents, s.LagSeconds, keepers(s.Followers), s.Rows, s.Unindexed, float64(s.Bytes)/(1<<20), s.UpdatedAt.Format(time.RFC3339), why)
	}
	return w.Flush()
}

// keepers says how many running programs keep a version up to date.
func keepers(n int) string {
	switch n {
	case 0:
		return "nobody"
	case 1:
		return "1 program"
	}
	return fmt.Sprintf("%d programs", n)
}
