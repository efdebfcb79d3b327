package main

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"gifty/domain"
)

// metrics are the log's and the projectors' figures.
type metrics struct {
	batches   prometheus.Histogram
	commit    prometheus.Histogram
	appended  prometheus.Counter
	folded    *prometheus.CounterVec
	foldTime  *prometheus.HistogramVec
	stoppedAt *prometheus.GaugeVec
}

func newMetrics(registry *prometheus.Registry) metrics {
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	make := promauto.With(registry)
	return metrics{
		batches: make.NewHistogram(prometheus.HistogramOpts{Name: "gifty_append_batch_commands",
			Help: "Commands that went down in one transaction.", Buckets: prometheus.ExponentialBuckets(1, 2, 11)}),
		commit: make.NewHistogram(prometheus.HistogramOpts{Name: "gifty_append_seconds",
			Help: "Time from sending a batch to its commit.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14)}),
		appended: make.NewCounter(prometheus.CounterOpts{Name: "gifty_events_appended_total", Help: "Events appended by this process."}),
		folded: make.NewCounterVec(prometheus.CounterOpts{Name: "gifty_projection_events_total",
			Help: "Events that a read table has come past."}, []string{"table", "version"}),
		foldTime: make.NewHistogramVec(prometheus.HistogramOpts{Name: "gifty_projection_batch_seconds",
			Help: "Time to apply a batch of events to a read table.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14)}, []string{"table"}),
		stoppedAt: make.NewGaugeVec(prometheus.GaugeOpts{Name: "gifty_projection_stopped_at",
			Help: "Position of the event that a read table could not apply when it stopped last."}, []string{"table", "version"}),
	}
}

func (m metrics) committed(commands, events int, took time.Duration) {
	m.batches.Observe(float64(commands))
	m.commit.Observe(took.Seconds())
	m.appended.Add(float64(events))
}

func (m metrics) projected(table string, version, events int, took time.Duration) {
	m.folded.WithLabelValues(table, strconv.Itoa(version)).Add(float64(events))
	m.foldTime.WithLabelValues(table).Observe(took.Seconds())
}

func (m metrics) stopped(table string, version int, at domain.Position, _ error) {
	m.stoppedAt.WithLabelValues(table, strconv.Itoa(version)).Set(float64(at))
}
