package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
	"time"

	"gifty/domain/analytics"
	readanalytics "gifty/projections/analytics"
)

// printFunnels draws every funnel with its bars, and its breakdowns as tables.
func printFunnels(out io.Writer, a readanalytics.Answer) {
	for _, r := range a.Reports {
		fmt.Fprintf(out, "\n%s  (%s)\n%d × %s with %d events, within %s\n\n", cmp.Or(r.Title, r.Funnel), r.Funnel, r.Entities, r.Entity, r.Events, r.Window)
		printSteps(out, r.Steps)
		for _, b := range r.Breakdowns {
			fmt.Fprintln(out)
			var groups []titled
			for _, g := range b.Groups {
				name := g.Value
				if b.Others > 0 && len(groups) == len(b.Groups)-1 {
					name = fmt.Sprintf("%s (%d)", g.Value, b.Others)
				}
				groups = append(groups, titled{name, g.Steps})
			}
			printGroups(out, "BY "+strings.ToUpper(b.Name), r.Steps, groups)
		}
		if len(r.Periods) > 0 {
			fmt.Fprintln(out)
			var groups []titled
			for _, p := range r.Periods {
				groups = append(groups, titled{p.Start.Format(time.DateOnly), p.Steps})
			}
			printGroups(out, "BEGAN IN", r.Steps, groups)
		}
		printCohorts(out, r.Retention)
	}
}

// stepBar is how many characters the longest bar has.
const stepBar = 32

func printSteps(out io.Writer, steps []analytics.StepReport) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "STEP\tCOUNT\t\tOF FIRST\t95 %\tOF PREVIOUS\tHALF WITHIN\t90 % WITHIN")
	for i, s := range steps {
		half, most := "", ""
		if s.Time != nil {
			half, most = lasting(s.Time.P50), lasting(s.Time.P90)
		}
		fmt.Fprintf(w, "%d %s\t%d\t%s\t%s\t%s–%s\t%s\t%s\t%s\n", i+1, s.Name, s.Count, drawBar(s.FromFirst.Rate, stepBar),
			percent(s.FromFirst.Rate), percent(s.FromFirst.Low), percent(s.FromFirst.High), percent(s.FromPrevious.Rate), half, most)
	}
	_ = w.Flush() // run tells what could not be written
}

// drawBar is a bar in eighths of a character.
func drawBar(share float64, width int) string {
	eighths := int(math.Round(share * float64(8*width)))
	bar := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		bar += string([]rune(" ▏▎▍▌▋▊▉")[rest])
	}
	return bar
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

// lasting is seconds as people say them.
func lasting(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%.1f days", d.Hours()/24)
	case d >= time.Minute:
		return d.Round(time.Second).String()
	}
	return d.Round(time.Millisecond).String()
}

type titled struct {
	name  string
	steps []analytics.StepReport
}

func printGroups(out io.Writer, heading string, steps []analytics.StepReport, groups []titled) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, heading)
	for _, s := range steps {
		fmt.Fprint(w, "\t", strings.ToUpper(s.Name))
	}
	fmt.Fprintln(w, "\tTHROUGH")
	for _, g := range groups {
		fmt.Fprint(w, shorten(g.name, 40))
		for _, s := range g.steps {
			fmt.Fprintf(w, "\t%d", s.Count)
		}
		fmt.Fprintf(w, "\t%s\n", percent(g.steps[len(g.steps)-1].FromFirst.Rate))
	}
	_ = w.Flush()
}

func printCohorts(out io.Writer, cohorts []analytics.Cohort) {
	if len(cohorts) == 0 {
		return
	}
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FIRST IN\tCOUNT\tCAME BACK IN THE SAME PERIOD, THE NEXT …")
	for _, c := range cohorts {
		fmt.Fprintf(w, "%s\t%d", c.Start.Format(time.DateOnly), c.Size)
		for _, n := range c.Returned {
			fmt.Fprintf(w, "\t%s", percent(analytics.ShareOf(n, c.Size).Rate))
		}
		fmt.Fprintln(w)
	}
	_ = w.Flush()
}
