package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"gifty/domain"
	"gifty/domain/discovery"
	domainllm "gifty/domain/discovery/llm"
)

type replying struct{ domainllm.Reply }

func (r replying) Complete(context.Context, domainllm.Prompt) (domainllm.Reply, error) {
	return r.Reply, errors.New("nobody answered")
}

// Requests that failed cost, too.
func TestWhatModelsTakeIsCounted(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	m := measured{replying{domainllm.Reply{Calls: []discovery.ModelCall{
		{Provider: "p", Model: "m", InputTokens: 100, OutputTokens: 20, Cost: &domain.Money{Amount: domain.WholeAmount(2), Currency: "USD"}, DurationMS: 500},
		{Provider: "p", Model: "m", InputTokens: 50, Failure: discovery.FailureLimited},
	}}}, newModelMetrics(registry)}
	if _, err := m.Complete(t.Context(), domainllm.Prompt{}); err == nil {
		t.Error("the error is lost")
	}
	err := testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP gifty_model_cost_total What requests to language models cost, by the prices configured; nothing where there is none.
# TYPE gifty_model_cost_total counter
gifty_model_cost_total{currency="USD",model="m",provider="p"} 2
# HELP gifty_model_tokens_total Tokens that language models took (input) and gave (output), as the provider counts them.
# TYPE gifty_model_tokens_total counter
gifty_model_tokens_total{direction="input",model="m",provider="p"} 150
gifty_model_tokens_total{direction="output",model="m",provider="p"} 20
`), "gifty_model_cost_total", "gifty_model_tokens_total")
	if n, counting := testutil.GatherAndCount(registry, "gifty_model_request_seconds"); err != nil || counting != nil || n != 2 {
		t.Error(err, counting, n)
	}
}
