package http

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what requests add to the registry.
type metrics struct {
	inFlight prometheus.Gauge
	answered *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

func newMetrics(registry *prometheus.Registry) (metrics, error) {
	m := metrics{
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "gifty_http_requests_in_flight", Help: "Requests being served.",
		}),
		answered: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gifty_http_requests_total", Help: "Requests answered, by operation and status.",
		}, []string{"operation", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "gifty_http_request_seconds", Help: "Time from a request's header to its answer's end, by operation.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 15), // 1 ms to 16 s
		}, []string{"operation"}),
	}
	for _, c := range []prometheus.Collector{m.inFlight, m.answered, m.duration} {
		if err := registry.Register(c); err != nil {
			return m, err
		}
	}
	return m, nil
}

// observe counts a request. Paths are never labels: they hold ids.
func (m metrics) observe(operation string, status int, took time.Duration) {
	if operation == "" {
		operation = "none"
	}
	if status == 0 {
		status = http.StatusOK // a handler that wrote nothing
	}
	m.answered.WithLabelValues(operation, strconv.Itoa(status)).Inc()
	m.duration.WithLabelValues(operation).Observe(took.Seconds())
}

func scrape(registry *prometheus.Registry) http.Handler {
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}
