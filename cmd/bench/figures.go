package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

func print(name string, value float64, unit string) {
	fmt.Printf("BENCH %s %.4g %s\n", name, value, unit)
}

// percentile of unsorted values; 0 for none.
func percentile(values []float64, p float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)-1, int(p*float64(len(sorted))))]
}

func median(values []float64) float64 { return percentile(values, 0.5) }

// medianRatio is the median over rounds of ours / yardstick, each pair measured back to back.
func medianRatio(ours, yardstick []float64) float64 {
	ratios := make([]float64, len(ours))
	for i := range ours {
		ratios[i] = ours[i] / yardstick[i]
	}
	return median(ratios)
}

// commitLatency prints what one durable commit costs on this server's disk: every other figure
// is to be read beside it.
func commitLatency(ctx context.Context, env environment) error {
	conn, err := pgx.Connect(ctx, env.url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var ms []float64
	for range 300 {
		began := time.Now()
		if _, err := conn.Exec(ctx, `SELECT pg_logical_emit_message(true, 'bench', 'x')`); err != nil {
			return err
		}
		ms = append(ms, float64(time.Since(began).Microseconds())/1000)
	}
	print("disk.commit_p50_ms", median(ms), "ms")
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
