package main

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	domaincatalogue "gifty/domain/catalogue"
	"gifty/projections/catalogue"
)

// watchRecall tunes searches by meaning, and repeats a share of them exactly, until ctx ends.
func (a *app) watchRecall(ctx context.Context, share float64) {
	a.finder.Nearest.Options.Sampled = share
	if share == 0 {
		a.finder.Nearest.Options.Sampled = -1 // none; 0 would be the default
	}
	a.metrics.MustRegister(recallMetrics{a.finder.Nearest})
	a.finder.Nearest.Watch(ctx, a.pool, []domaincatalogue.Model{a.embedder.Model()}, func(err error) {
		if ctx.Err() == nil {
			a.logger.Warn("looking how well searches find failed", "error", err)
		}
	})
}

// recallMetrics tell how searches by meaning went.
type recallMetrics struct{ nearest *catalogue.Nearest }

var (
	searchesBy = prometheus.NewDesc("gifty_search_vectors_total", "Vectors searched for, by how: exact, index, or short (sent to the index, which found too few, and compared with all then).", []string{"way"}, nil)
	sampled    = prometheus.NewDesc("gifty_search_sampled_total", "Index searches that were repeated exactly.", nil, nil)
	wanted     = prometheus.NewDesc("gifty_search_sampled_products_total", "Products that those should have found.", nil, nil)
	found      = prometheus.NewDesc("gifty_search_sampled_found_total", "Products that they found of these.", nil, nil)
	recent     = prometheus.NewDesc("gifty_search_recall", "Share of what they should have found that the last index searches repeated exactly had found; absent before the first.", nil, nil)
)

// Describe lists the metrics.
func (m recallMetrics) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{searchesBy, sampled, wanted, found, recent} {
		to <- d
	}
}

// Collect reads them.
func (m recallMetrics) Collect(to chan<- prometheus.Metric) {
	r := m.nearest.Recall()
	count := func(d *prometheus.Desc, n int, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	count(searchesBy, r.Exact, "exact")
	count(searchesBy, r.Index, "index")
	count(searchesBy, r.Short, "short")
	count(sampled, r.Sampled)
	count(wanted, r.Wanted)
	count(found, r.Found)
	if r.Sampled > 0 { // before, nothing is known
		to <- prometheus.MustNewConstMetric(recent, prometheus.GaugeValue, r.Recent)
	}
}
