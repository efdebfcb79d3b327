package llm

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/discovery/llm"
)

func TestBudgetsHold(t *testing.T) {
	t.Parallel()
	d := openAIDialect("openai")
	p, s := served(t, d, fine(d.said(word)))
	budgets := llm.NewBudgets(llm.Spend{Tokens: 1_300}, llm.Spend{Tokens: 100_000}, time.Now, nil)
	chain, _ := chained(t, Config{Budgets: budgets}, p)
	for range 2 { // each takes 154 tokens, but may take 1,013
		if _, err := chain.Complete(t.Context(), prompt()); err != nil {
			t.Fatal(err)
		}
	}
	got, err := chain.Complete(t.Context(), prompt())
	if !errors.Is(err, llm.ErrSessionBudget) || len(got.Calls) != 1 || got.Calls[0].Failure != discovery.FailureBudget || len(s.asked) != 2 {
		t.Errorf("%v, %+v", err, got.Calls)
	}
	another := prompt()
	another.Session = "s2"
	if _, err := chain.Complete(t.Context(), another); err != nil {
		t.Error(err)
	}
}

// Where the money for one provider is used up, one that costs nothing still answers. A request that
// may have been paid for although nobody heard the answer counts as a whole.
func TestBudgetsOfMoneyHold(t *testing.T) {
	t.Parallel()
	d := openAIDialect("openai")
	p, _ := served(t, d, silent)
	amount, _ := domain.NewAmount("1000")
	chain, _ := chained(t, Config{
		Budgets: llm.NewBudgets(llm.Spend{}, llm.Spend{Money: domain.WholeAmount(1)}, time.Now, nil), Timeout: 20 * time.Millisecond,
		Prices: map[string]Price{"gpt-fast": {Output: amount}},
	}, p, spareProvider(t))
	chain.links[1].provider.Fast = "free"
	chain.links[1].Chain = &Chain{timeout: time.Minute, attempts: 1, now: time.Now, wait: wait, budgets: chain.budgets}
	got, err := chain.Complete(t.Context(), prompt())
	want := []discovery.ModelFailure{discovery.FailureTimeout, discovery.FailureTimeout, discovery.FailureBudget, ""}
	if err != nil || !slices.Equal(failures(got.Calls), want) || got.Calls[3].Cost != nil {
		t.Errorf("%v, %q", err, failures(got.Calls))
	}
}

func TestConfigurations(t *testing.T) {
	t.Parallel()
	good := Provider{Name: "p", Kind: OpenAI, URL: "http://localhost:1", Fast: "f", Smart: "s"}
	for code, change := range map[string]func(*Provider){
		"llm_provider": func(p *Provider) { p.Name = "" },
		"llm_url":      func(p *Provider) { p.URL = "localhost:11434" },
		"llm_key":      func(p *Provider) { p.NeedsKey = true },
		"llm_model":    func(p *Provider) { p.Smart = "" },
	} {
		p := good
		change(&p)
		var known *domain.Error
		if _, err := New(Config{Providers: []Provider{p}}); !errors.As(err, &known) || known.Code != code || known.Kind != domain.KindInvalid {
			t.Errorf("%s: %v", code, err)
		}
	}
	for _, providers := range [][]Provider{nil, {good, good}} {
		if _, err := New(Config{Providers: providers}); err == nil {
			t.Errorf("%d providers were taken", len(providers))
		}
	}
	p := good
	p.Key = "sk-abc\ndef"
	if err := p.Check(); err == nil || strings.Contains(err.Error(), "abc") {
		t.Errorf("%v", err)
	}
	for _, p := range Known() {
		p.Key, p.Fast, p.Smart = "k", orElse(p.Fast, "m"), orElse(p.Smart, "m")
		if _, err := New(Config{Providers: []Provider{p}}); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
	if p := Find("mine"); p.Kind != OpenAI || p.URL != "" || p.Check() == nil {
		t.Errorf("%+v", p)
	}
}

// The shipped schemas are such as vendors take: they can be compiled, and what models are held to is
// closed and names every field as required.
func TestShippedSchemas(t *testing.T) {
	t.Parallel()
	d := openAIDialect("openai")
	p, s := served(t, d, fine(d.said("{}")))
	chain, _ := chained(t, Config{}, p)
	m := llm.Muse{Model: chain, Prompts: llm.Fixed(llm.DefaultPrompts())}
	b := discovery.Brief{Interests: []string{"tea"}}
	_, _ = m.Topics(t.Context(), b)
	_, _ = m.Ideas(t.Context(), b, []discovery.Topic{{Name: "tea"}}, 2, 3, true)
	_, _ = m.DeadEnd(t.Context(), b)
	_, _ = m.Hints(t.Context(), b, nil)
	if len(s.asked) != 8 {
		t.Fatalf("asked %d times", len(s.asked))
	}
	for _, asked := range s.asked {
		closed(t, asked["response_format"].(map[string]any)["json_schema"].(map[string]any)["schema"].(map[string]any))
	}
}

func closed(t *testing.T, schema map[string]any) {
	t.Helper()
	if items, ok := schema["items"].(map[string]any); ok {
		closed(t, items)
	}
	if schema["type"] != "object" {
		return
	}
	properties := schema["properties"].(map[string]any)
	if schema["additionalProperties"] != false || len(schema["required"].([]any)) != len(properties) {
		t.Errorf("%v is open", schema)
	}
	for _, p := range properties {
		closed(t, p.(map[string]any))
	}
}
