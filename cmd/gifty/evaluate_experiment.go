package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"gifty/domain"
	"gifty/domain/evaluate"
	"gifty/projections/recommendation"
)

// evaluateExperiment tells what an experiment shows so far.
type evaluateExperiment struct {
	Experiment string `placeholder:"NAME" help:"What does this experiment show so far: people, the check of the split, and whether an arm differs from the control? May be looked at as often as you like."`
}

// evaluate reads the log. Shares, effect and alpha are those configured.
func (cmd evaluateExperiment) evaluate(ctx context.Context, config Config, c console) (o recommendation.Outcome, notes []string, err error) {
	a, err := openLog(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return o, nil, err
	}
	defer a.close()
	ranking, err := config.rankingIn(ctx, a.store)
	if err != nil {
		return o, nil, err
	}
	e := ranking.Experiment
	if e == nil || e.Name != cmd.Experiment {
		shares, err := recommendation.SharesOf(ctx, a.store, cmd.Experiment)
		if err != nil {
			return o, nil, err
		}
		if len(shares) == 0 {
			return o, nil, domain.NotFound("experiment_unknown", "no page in the log is of an experiment named %q", cmd.Experiment)
		}
		e = recommendation.NewExperiment(cmd.Experiment, shares...)
		notes = append(notes, "the experiment is not configured: arms are taken for equal shares, "+shares[0].Name+" for the control; publish it again (gifty config publish ranking), or name its file with --policies")
	}
	o, err = recommendation.ReadExperiment(ctx, a.store, *e)
	if o.Crossed > 0 {
		notes = append(notes, fmt.Sprintf("%d people were in more than one arm and are left out; a changed experiment needs a new name", o.Crossed))
	}
	if o.Ratio.Mismatch {
		notes = append(notes, "people did not fall into the arms as the shares say: somebody is lost or counted twice, and the effects mean nothing until that is found")
	}
	return o, notes, err
}

func (cmd evaluateExperiment) run(ctx context.Context, config Config, c console, asJSON bool) error {
	o, notes, err := cmd.evaluate(ctx, config, c)
	switch {
	case err != nil:
		return err
	case asJSON:
		return printJSON(c.out, struct {
			recommendation.Outcome
			Notes []string `json:"notes,omitempty"`
		}{o, notes})
	}
	printOutcome(c.out, o)
	for _, n := range notes {
		fmt.Fprintln(c.out, "note:", n)
	}
	return nil
}

func printOutcome(w io.Writer, o recommendation.Outcome) {
	fmt.Fprintf(w, "experiment %s; the reward is a person's mean over their pages: purchase 2, like or shortlist 1, click 0.3, dislike -1\n\n", o.Experiment)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "arm\tpeople\tpages\treward\tdifference\tinterval\tp")
	for _, arm := range o.Arms {
		fmt.Fprintf(t, "%s\t%d\t%d\t%.4g\t%s\n", arm.Name, arm.People, arm.Pages, arm.Reward, lookOf(arm.Look))
	}
	fmt.Fprintf(t, "\nsplit\tp %.3g\n", o.Ratio.P)
	_ = t.Flush() // run tells what could not be written
}

func lookOf(l *evaluate.Look) string {
	switch {
	case l == nil:
		return "(control)\t\t"
	case l.Interval == nil:
		return fmt.Sprintf("%+.4g\ttoo few people\t%.3g", l.Difference, l.P)
	}
	decided := ""
	if l.Decided {
		decided = " (decided)"
	}
	return fmt.Sprintf("%+.4g\t%+.4g … %+.4g\t%.3g%s", l.Difference, l.Interval.Low, l.Interval.High, l.P, decided)
}
