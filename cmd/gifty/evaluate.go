package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"gifty/domain"
	"gifty/domain/evaluate"
)

type evaluateCommand struct {
	evaluateCSV
	evaluatePolicy
	evaluateRanking
	evaluateExperiment
	estimating
	JSON bool `name:"json" help:"Print JSON."`
}

// estimating is how estimates are made, whatever the log.
type estimating struct {
	Seed      uint64  `placeholder:"N" help:"Of the bootstrap; the same seed gives the same intervals (0)."`
	Resamples int     `default:"1000" placeholder:"N" help:"Of the bootstrap, 100 to 100000 (${default})."`
	Folds     int     `default:"5" placeholder:"N" help:"Of the reward model's cross-fitting, by giver (${default})."`
	Clip      float64 `placeholder:"N" help:"Add an estimate whose weights are at most N."`
}

func (e estimating) options() evaluate.Options {
	return evaluate.Options{Seed: e.Seed, Resamples: e.Resamples, Folds: e.Folds, Clip: e.Clip}
}

// Validate refuses what can't be evaluated as it is called.
func (cmd evaluateCommand) Validate() error {
	ways := 0
	for _, way := range []bool{cmd.CSV != "", cmd.Policy != "" || cmd.given(), cmd.Ranking, cmd.Experiment != ""} {
		if way {
			ways++
		}
	}
	switch {
	case ways == 0:
		return domain.Invalid("nothing_to_evaluate", "name a file of logged choices with --csv (- is standard input), or a policy with --policy, or an experiment with --experiment, or say --ranking")
	case ways > 1:
		return domain.Invalid("evaluated_twice", "evaluate a file with --csv, a policy on the log with --policy, an experiment with --experiment, or rankers with --ranking: not two at once")
	case cmd.Resamples < 100 || cmd.Resamples > 100_000:
		return domain.Invalid("resamples_invalid", "--resamples must be 100 to 100000")
	case cmd.Folds < 2 || cmd.Folds > 100:
		return domain.Invalid("folds_invalid", "--folds must be 2 to 100")
	case !(cmd.Clip >= 0):
		return domain.Invalid("clip_invalid", "--clip must be more than 0")
	}
	return errors.Join(cmd.evaluateCSV.validate(), cmd.evaluatePolicy.validate(), cmd.evaluateRanking.validate())
}

// Run evaluates the file, or on the log the policy or rankers.
func (cmd evaluateCommand) Run(ctx context.Context, config Config, c console) error {
	if cmd.Ranking {
		r, err := cmd.compare(ctx, config, c)
		switch {
		case err != nil:
			return err
		case cmd.JSON:
			return printJSON(c.out, r)
		}
		r.print(c.out)
		return nil
	}
	if cmd.Experiment != "" {
		return cmd.evaluateExperiment.run(ctx, config, c, cmd.JSON)
	}
	if cmd.Policy != "" {
		told, report, err := cmd.evaluatePolicy.evaluate(ctx, config, c, cmd.options())
		return printEvaluation(c.out, cmd.JSON, told, report, err)
	}
	told, report, err := cmd.evaluateCSV.evaluate(ctx, c, cmd.options())
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return printEvaluation(c.out, cmd.JSON, told, report, err)
}

// evaluation is what is printed as JSON.
type evaluation struct {
	About string `json:"about"`
	evaluate.Report
	Refused *refusal `json:"refused,omitempty"`
}

type refusal struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// printEvaluation prints estimates, or, when there is a report and none, what is known of why.
func printEvaluation(w io.Writer, asJSON bool, about string, r evaluate.Report, err error) error {
	if r.Decisions == 0 { // nothing is known
		return err
	}
	if !asJSON {
		printReport(w, about, r)
		return err
	}
	out := evaluation{About: about, Report: r}
	if known := (*domain.Error)(nil); errors.As(err, &known) {
		out.Estimates, out.Refused = []evaluate.Estimate{}, &refusal{known.Code, known.Message}
	}
	return errors.Join(err, printJSON(w, out))
}

func printReport(w io.Writer, about string, r evaluate.Report) {
	fmt.Fprintf(w, "%s\n\n", about)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if len(r.Estimates) > 0 {
		fmt.Fprintln(t, "\testimate\t95 % interval")
	}
	for _, e := range r.Estimates {
		fmt.Fprintf(t, "%s\t%.5g\t%.5g … %.5g\n", e.Name, e.Value, e.Low, e.High)
	}
	_ = t.Flush() // run tells what could not be written; also below
	if len(r.Estimates) > 0 {
		fmt.Fprintln(w)
	}
	counted := "estimated by the mean weight"
	if r.SupportCounted {
		counted = fmt.Sprintf("counted; missing in %.3g %% of the slots", r.Unsupported*100)
	}
	fmt.Fprintf(t, "effective sample size\t%.1f of %d decisions\n", r.ESS, r.Decisions)
	fmt.Fprintf(t, "largest weight\t%.4g\nmean weight\t%.4g\n", r.MaxWeight, r.MeanWeight)
	fmt.Fprintf(t, "support\t%.4g %% (%s)\n", r.Support*100, counted)
	fmt.Fprintf(t, "slots, givers\t%d, %d\n", r.Slots, r.Givers)
	_ = t.Flush()
	for _, n := range r.Notes {
		fmt.Fprintln(w, "note:", n)
	}
}
