package main

import (
	"context"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"gifty/projections"
)

// metrics are the log's and the projectors' figures.
type metrics struct {
	batches  prometheus.Histogram
	commit   prometheus.Histogram
	appended prometheus.Counter
	folded   *prometheus.CounterVec
	foldTime *prometheus.HistogramVec
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

// reactionMetrics are the figures of what follows from events by itself.
type reactionMetrics struct {
	took *prometheus.HistogramVec
}

func newReactionMetrics(registry *prometheus.Registry) reactionMetrics {
	return reactionMetrics{took: promauto.With(registry).NewHistogramVec(prometheus.HistogramOpts{Name: "gifty_reaction_seconds",
		Help: "Time of a try at what a read table says is to be done.", Buckets: prometheus.ExponentialBuckets(0.005, 2, 15)}, []string{"table", "outcome"})}
}

func (m reactionMetrics) done(table string, took time.Duration, err error) {
	outcome := "done"
	if err != nil {
		outcome = "failed"
	}
	m.took.WithLabelValues(table, outcome).Observe(took.Seconds())
}

// tableMetrics are how the read tables stand, by the database's word: whichever process has found a
// table stopped, every process tells of it for as long as it is.
type tableMetrics struct{ engine *projections.Engine }

var (
	tableLag = prometheus.NewDesc("gifty_projection_lag_seconds",
		"Age of the first event that a served read table does not hold yet.", []string{"table", "version"}, nil)
	tableStopped = prometheus.NewDesc("gifty_projection_stopped_at",
		"Position of the event that a read table, or its last rebuild, could not apply, 0 when it was no event; absent when all is well.", []string{"table", "version"}, nil)
	tableUnindexed = prometheus.NewDesc("gifty_projection_unindexed_rows",
		"New rows of a served read table that are not in its deferred indexes yet; searches compare them one by one.", []string{"table", "version"}, nil)
)

// Describe names what there may be.
func (tableMetrics) Describe(names chan<- *prometheus.Desc) {
	names <- tableLag
	names <- tableStopped
	names <- tableUnindexed
}

// statusTime bounds the look at the database; without an answer there are no figures of it.
const statusTime = 2 * time.Second

// Collect looks.
func (t tableMetrics) Collect(figures chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), statusTime)
	defer cancel()
	list, err := t.engine.Status(ctx)
	if err != nil {
		return
	}
	for _, s := range list {
		version := strconv.Itoa(s.Version)
		if s.Active {
			figures <- prometheus.MustNewConstMetric(tableLag, prometheus.GaugeValue, s.LagSeconds, s.Table, version)
			figures <- prometheus.MustNewConstMetric(tableUnindexed, prometheus.GaugeValue, float64(s.Unindexed), s.Table, version)
		}
		if s.Error != nil {
			at := int64(0)
			if s.FailedAt != nil {
				at = *s.FailedAt
			}
			figures <- prometheus.MustNewConstMetric(tableStopped, prometheus.GaugeValue, float64(at), s.Table, version)
		}
	}
}
