package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"gifty/domain"
	"gifty/domain/analytics"
	readanalytics "gifty/projections/analytics"
)

type kpisCommand struct {
	Day      time.Time        `placeholder:"YYYY-MM-DD" help:"As of this day, UTC; today when absent."`
	Days     int              `default:"30" placeholder:"N" help:"Of the trend, 1 to 90 (${default})."`
	UpTo     *domain.Position `placeholder:"N" help:"The log as it was at this position."`
	Personal bool             `help:"Show queries that people typed, too. Whoever can run this may say so."`
	JSON     bool             `name:"json" help:"Print JSON."`
	Effort
}

// Run replays the log for the key figures.
func (cmd kpisCommand) Run(ctx context.Context, config Config, c console) error {
	if cmd.Day.IsZero() {
		cmd.Day = time.Now()
	}
	a, err := openEngine(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	options, done := cmd.drawn(c.err)
	k, err := readanalytics.KPIs(ctx, a.engine, readanalytics.KPIQuestion{Day: cmd.Day, Days: cmd.Days, UpTo: cmd.UpTo, Personal: cmd.Personal}, options)
	done()
	if err != nil {
		return err
	}
	if cmd.JSON {
		return printJSON(c.out, k)
	}
	printKPIs(c.out, k)
	return nil
}

func printKPIs(out io.Writer, k analytics.KPIs) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "on %s\t%d\tactive givers\n", k.Day.Format(time.DateOnly), k.ActiveGivers)
	fmt.Fprintf(w, "7 days\t%d\tquizzes started\n", k.QuizzesStarted)
	for _, s := range []struct {
		share *analytics.Share
		what  string
	}{
		{k.QuizCompletion, "of them completed"}, {k.ClickThrough, "of the gifts shown were clicked"}, {k.LikeRate, "of the ideas shown were liked"},
		{k.Coverage.HitRate, fmt.Sprintf("of %d searches found something", k.Coverage.Searches)},
	} {
		fmt.Fprintf(w, "\t%s\t%s\n", shareOrNothing(s.share), s.what)
	}
	if k.Coverage.MeanResults != nil {
		fmt.Fprintf(w, "\t%.1f\tproducts found by a search on average\n", *k.Coverage.MeanResults)
	}
	if h := k.Health; h != nil {
		fmt.Fprintf(w, "3 days\t%d\thealth: %s (coverage %.0f, relevance %.0f)\n", h.Score, h.Status, h.Coverage, h.Relevance)
	}
	_ = w.Flush() // run tells what could not be written
	if len(k.Coverage.ZeroResults) > 0 {
		fmt.Fprintln(out, "\nfound nothing:")
		for _, q := range k.Coverage.ZeroResults {
			fmt.Fprintf(out, "%6d  %s\n", q.Count, shorten(q.Query, 80))
		}
	}
	fmt.Fprintln(out)
	w = tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "DAY\tACTIVE\t\tQUIZZES\tCOMPLETED\tSHOWN\tCLICKED\tIDEAS\tLIKED\tSEARCHES\tFOUND")
	busiest := slices.MaxFunc(k.Trend, func(a, b analytics.KPIDay) int { return a.ActiveGivers - b.ActiveGivers }).ActiveGivers
	for _, d := range k.Trend {
		fmt.Fprintf(w, "%s\t%d\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n", d.Day.Format(time.DateOnly), d.ActiveGivers,
			drawBar(float64(d.ActiveGivers)/float64(max(1, busiest)), stepBar/2), d.QuizzesStarted, d.QuizzesCompleted,
			d.GiftsShown, d.GiftsClicked, d.IdeasShown, d.IdeasLiked, d.Searches, d.SearchesFound)
	}
	_ = w.Flush()
}

func shareOrNothing(s *analytics.Share) string {
	if s == nil {
		return "–"
	}
	return percent(s.Rate)
}
