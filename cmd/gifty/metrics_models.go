package main

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"gifty/domain/discovery"
	domainllm "gifty/domain/discovery/llm"
)

// modelMetrics are what this process has asked language models for, and what they took.
type modelMetrics struct {
	asked  *prometheus.HistogramVec
	tokens *prometheus.CounterVec
	cost   *prometheus.CounterVec
}

func newModelMetrics(registry *prometheus.Registry) modelMetrics {
	make := promauto.With(registry)
	return modelMetrics{
		asked: make.NewHistogramVec(prometheus.HistogramOpts{Name: "gifty_model_request_seconds",
			Help: "Time of requests to language models, by what came of them: used, or why not.", Buckets: prometheus.ExponentialBuckets(0.1, 2, 10)},
			[]string{"provider", "model", "outcome"}),
		tokens: make.NewCounterVec(prometheus.CounterOpts{Name: "gifty_model_tokens_total",
			Help: "Tokens that language models took (input) and gave (output), as the provider counts them."}, []string{"provider", "model", "direction"}),
		cost: make.NewCounterVec(prometheus.CounterOpts{Name: "gifty_model_cost_total",
			Help: "What requests to language models cost, by the prices configured; nothing where there is none."}, []string{"provider", "model", "currency"}),
	}
}

// measured is a model whose requests are counted, failed ones too.
type measured struct {
	domainllm.Model
	modelMetrics
}

// Complete asks the model.
func (m measured) Complete(ctx context.Context, p domainllm.Prompt) (domainllm.Reply, error) {
	reply, err := m.Model.Complete(ctx, p)
	for _, c := range reply.Calls {
		m.count(c)
	}
	return reply, err
}

func (m modelMetrics) count(c discovery.ModelCall) {
	outcome := string(c.Failure)
	if outcome == "" {
		outcome = "used"
	}
	m.asked.WithLabelValues(c.Provider, c.Model, outcome).Observe(c.DurationMS / 1000)
	m.tokens.WithLabelValues(c.Provider, c.Model, "input").Add(float64(c.InputTokens))
	m.tokens.WithLabelValues(c.Provider, c.Model, "output").Add(float64(c.OutputTokens))
	if c.Cost != nil {
		m.cost.WithLabelValues(c.Provider, c.Model, c.Cost.Currency).Add(c.Cost.Amount.InexactFloat64())
	}
}
