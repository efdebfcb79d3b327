package main

import (
	"context"
	"runtime"
	"time"

	"gifty/domain/analytics"
	"gifty/projections"
	readanalytics "gifty/projections/analytics"
)

const funnelRounds = 3

// benchFunnel runs three shipped funnels over a whole log in one pass, and beside that reads and decodes
// every event and throws it away: raw in one stream, raw_parallel on all CPUs.
func benchFunnel(ctx context.Context, env environment) error {
	events, err := historyEvents()
	if err != nil {
		return err
	}
	p, err := newPast(ctx, env, events)
	if err != nil {
		return err
	}
	defer p.close()
	var question readanalytics.Question
	for _, name := range []string{"ideas", "quiz", "search"} {
		d, err := analytics.ShippedNamed(name)
		if err != nil {
			return err
		}
		question.Funnels = append(question.Funnels, d)
	}
	var raw, parallel, asked []float64
	var peak, entities float64
	for range funnelRounds {
		one, err := rawRead(ctx, p, events, 1)
		if err != nil {
			return err
		}
		many, err := rawRead(ctx, p, events, runtime.GOMAXPROCS(0))
		if err != nil {
			return err
		}
		raw, parallel = append(raw, one), append(parallel, many)
		forgetPeak()
		began := time.Now()
		answer, err := askFunnels(ctx, p, question)
		if err != nil {
			return err
		}
		asked = append(asked, float64(events)/time.Since(began).Seconds())
		peak, entities = max(peak, peakRSS()), 0
		for _, r := range answer.Reports {
			entities += float64(r.Entities)
		}
	}
	print("funnel.events_per_s", median(asked), "events/s")
	print("funnel.raw_read_per_s", median(raw), "events/s")
	print("funnel.ratio_raw", medianRatio(asked, raw), "x")
	print("funnel.raw_parallel_per_s", median(parallel), "events/s")
	print("funnel.ratio_raw_parallel", medianRatio(asked, parallel), "x")
	print("funnel.entities", entities, "entities")
	print("funnel.peak_rss_mib", peak, "MiB")
	return nil
}

func askFunnels(ctx context.Context, p *past, q readanalytics.Question) (readanalytics.Answer, error) {
	prepared, err := readanalytics.Prepare(ctx, p.engine, q)
	if err != nil {
		return readanalytics.Answer{}, err
	}
	return prepared.Run(ctx, projections.RebuildOptions{})
}
