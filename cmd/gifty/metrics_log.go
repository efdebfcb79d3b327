package main

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"gifty/projections"
)

// logMetrics are how the log and the jobs over it stand, by the database's word.
type logMetrics struct{ engine *projections.Engine }

var (
	logHead     = prometheus.NewDesc("gifty_log_head", "The log's last position: how many events there are.", nil, nil)
	jobsRunning = prometheus.NewDesc("gifty_jobs_running", "Jobs over the whole log that are at work, in whatever process.", []string{"kind"}, nil)
)

// Describe names what there may be.
func (logMetrics) Describe(names chan<- *prometheus.Desc) {
	names <- logHead
	names <- jobsRunning
}

// Collect looks. What the database does not tell is absent.
func (l logMetrics) Collect(figures chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), statusTime)
	defer cancel()
	if head, err := l.engine.Head(ctx); err == nil {
		figures <- prometheus.MustNewConstMetric(logHead, prometheus.GaugeValue, float64(head))
	}
	jobs, err := l.engine.Jobs(ctx)
	if err != nil {
		return
	}
	running := map[string]int{}
	for _, j := range jobs {
		if j.State == "running" {
			running[j.Kind]++
		}
	}
	for kind, n := range running {
		figures <- prometheus.MustNewConstMetric(jobsRunning, prometheus.GaugeValue, float64(n), kind)
	}
}
