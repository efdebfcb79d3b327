package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"gifty/domain"
	"gifty/domain/analytics"
	readanalytics "gifty/projections/analytics"
)

type gapsCommand struct {
	Days     int     `default:"30" placeholder:"N" help:"Searches of so many days count, 1 to 3650 (${default})."`
	Below    float64 `default:"0.4" placeholder:"N" help:"What nothing in the catalogue is as similar to is unmet, 0 to 1 (${default})."`
	Personal bool    `help:"Count and show what people typed, too."`
	JSON     bool    `name:"json" help:"Print JSON."`
}

// Validate refuses what can't be looked for.
func (cmd gapsCommand) Validate() error {
	if cmd.Days < 1 || cmd.Days > 3650 {
		return domain.Invalid("days_invalid", "--days must be 1 to 3650")
	}
	if !(cmd.Below > 0 && cmd.Below <= 1) {
		return domain.Invalid("below_invalid", "--below must be more than 0 and at most 1")
	}
	return nil
}

// Run tells what the catalogue lacks.
func (cmd gapsCommand) Run(ctx context.Context, config Config, c console) error {
	a, err := openUpToDate(ctx, config, c)
	if err != nil {
		return err
	}
	defer a.close()
	q := readanalytics.GapQuestion{Since: time.Now().AddDate(0, 0, -cmd.Days), Below: cmd.Below, Personal: cmd.Personal}
	gaps, err := readanalytics.Gaps(ctx, a.read, a.finder.Embedder, q)
	if err != nil {
		return err
	}
	if cmd.JSON {
		return printJSON(c.out, gaps)
	}
	printGaps(c.out, gaps)
	return nil
}

func printGaps(out io.Writer, gaps analytics.Gaps) {
	if gaps.Asked == 0 {
		fmt.Fprintln(out, "Nothing was searched for.")
		return
	}
	fmt.Fprintf(out, "%.3g %% of %d ideas and searches met nothing nearer than %g.\n", 100*gaps.Unmet.Rate, gaps.Asked, gaps.Below)
	if len(gaps.Clusters) == 0 {
		return
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nIDEAS\tSEARCHES\tNEAREST\tWHAT")
	for _, g := range gaps.Clusters {
		fmt.Fprintf(w, "%d\t%d\t%.2f\t%s\n", g.Ideas, g.Searches, g.Best, strings.Join(g.Texts, " · "))
	}
	_ = w.Flush() // run tells what could not be written
}
