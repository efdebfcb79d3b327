package evaluate

import (
	"fmt"
	"testing"
)

// BenchmarkEvaluate prints rows a second, without a model and with one.
func BenchmarkEvaluate(b *testing.B) {
	big := shop
	big.givers = 200_000
	log := big.log(1)
	for _, skip := range []bool{true, false} {
		b.Run(fmt.Sprintf("model=%v", !skip), func(b *testing.B) {
			for b.Loop() {
				walk := func(yield func(*Decision, error) bool) {
					for i := range log {
						if !yield(&log[i], nil) {
							return
						}
					}
				}
				if _, err := Evaluate(walk, Options{SkipModel: skip}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(log)*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkCSV prints rows a second from text to report, all walks together.
func BenchmarkCSV(b *testing.B) {
	const rows = 200_000
	text := clicks(rows, 1, false)
	for _, skip := range []bool{true, false} {
		b.Run(fmt.Sprintf("model=%v", !skip), func(b *testing.B) {
			for b.Loop() {
				if _, err := scan(b, csvOf(text)).Evaluate(ActUniform, Options{SkipModel: skip}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
