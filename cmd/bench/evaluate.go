package main

import (
	"context"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"gifty/domain/evaluate"
)

// benchEvaluate prints in how many of a hundred simulated logs the true value of a known policy lies in
// the 95 % interval that a log of another policy gives: of each estimator, and of the one that does worst.
func benchEvaluate(ctx context.Context, _ environment) error {
	const seeds, givers, pages, truth = 100, 200, 3, 20_000
	m, err := newMarket()
	if err != nil {
		return err
	}
	value := m.truth(truth)
	trials := make([]trial, seeds)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range trials {
		group.Go(func() (err error) {
			if err = ctx.Err(); err == nil {
				trials[i], err = m.trial(uint64(i), givers, pages)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	covered, least := coverage(trials, value), seeds
	for _, name := range estimators {
		least = min(least, covered[name])
		print("evaluate.coverage_of_100."+name, float64(covered[name]), "logs")
	}
	print("evaluate.coverage_of_100", float64(least), "logs")
	print("evaluate.true_value", value, "reward/page")
	var ess, rows, took []float64
	for _, t := range trials {
		ess, took = append(ess, t.report.ESS), append(took, t.took.Seconds())
		rows = append(rows, float64(t.report.Slots)/t.took.Seconds())
	}
	print("evaluate.ess", median(ess), "decisions")
	print("evaluate.seconds", median(took), "s")
	print("evaluate.rows_per_s", median(rows), "1/s")
	return nil
}

var estimators = []string{evaluate.IPS, evaluate.SNIPS, evaluate.DR}

// trial is an evaluation of one log.
type trial struct {
	report evaluate.Report
	took   time.Duration // with the replay of the pages, twice
}

// coverage counts, by estimator, the trials whose interval holds a value.
func coverage(trials []trial, value float64) map[string]int {
	covered := map[string]int{}
	for _, t := range trials {
		for _, e := range t.report.Estimates {
			if e.Low <= value && value <= e.High {
				covered[e.Name]++
			}
		}
	}
	return covered
}
