package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/prometheus/client_golang/prometheus"

	"gifty/domain"
	"gifty/projections/all/alltest"
)

func set(t *testing.T, list string) (p pairs) {
	t.Helper()
	if err := p.UnmarshalText([]byte(list)); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWhoHasIdeas(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		models Models
		want   string
	}{
		{Models{}, "the built-in rules"},
		{Models{Keys: keys{set(t, "openai=a")}, Chain: []string{"none"}}, "the built-in rules"},
		{Models{Keys: keys{set(t, "openai=a,anthropic=b")}}, "claude-sonnet-5-5 (anthropic), then gpt-5.5 (openai), then the built-in rules"},
		{Models{Keys: keys{set(t, "openai=a; anthropic=b")}, Chain: []string{"openai"}}, "gpt-5.5 (openai), then the built-in rules"},
		{Models{Chain: []string{"ollama"}, Fast: set(t, "ollama=qwen3:8b")}, "qwen3:8b (ollama), then the built-in rules"},
		{Models{Chain: []string{"mine"}, Smart: set(t, "mine=m"), URLs: urls{set(t, "mine=http://10.0.0.1/v1")}}, "m (mine), then the built-in rules"},
	} {
		if got := c.models.note(); got != c.want {
			t.Errorf("%+v: %q", c.models, got)
		}
	}
}

func TestModelsThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	usable := Models{Keys: keys{set(t, "openai=a")}, SessionUSD: "0", DayUSD: "0", Timeout: 1, Patience: 1}
	for why, change := range map[string]func(*Models){
		"--llm-keys must be pairs":        func(m *Models) { m.Keys = keys{set(t, "sk-hunter2")} },
		`"mine" is no provider`:           func(m *Models) { m.Chain = []string{"mine"} },
		`"groq" needs a key`:              func(m *Models) { m.Chain = []string{"groq"} },
		`name the models of "ollama"`:     func(m *Models) { m.Chain = []string{"ollama"} },
		"must be two numbers":             func(m *Models) { m.Prices = set(t, "gpt-5.5=cheap") },
		"needs the price of":              func(m *Models) { m.DayUSD = "1" },
		"--llm-session-usd":               func(m *Models) { m.SessionUSD = "-1" },
		"--llm-timeout and":               func(m *Models) { m.Timeout = 0 },
		"needs the price of \"gpt-5.5\"":  func(m *Models) { m.DayUSD, m.Prices = "1", set(t, "gpt-5.4-mini=0/0") },
		"the language models cannot be a": func(m *Models) { m.URLs = urls{set(t, "openai=api.openai.com")} },
	} {
		m := usable
		change(&m)
		a := &app{config: Config{Models: m}, metrics: prometheus.NewRegistry()}
		_, _, err := a.thinkers(nil, nil, time.Now)
		var known *domain.Error
		if !errors.As(err, &known) || known.Kind != domain.KindInvalid || !strings.Contains(err.Error(), why) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", why, err)
		}
	}
	if ideas, adviser, err := (&app{config: Config{Models: usable}, metrics: prometheus.NewRegistry()}).thinkers(nil, nil, time.Now); err != nil || ideas == nil || adviser == nil {
		t.Errorf("%v", err)
	}
}

func TestKeysAreNotTold(t *testing.T) {
	t.Parallel()
	p := at(t, nowhere, "GIFTY_LLM_KEYS=anthropic=hunter2", "GIFTY_LLM_URLS=mine=http://me:hunter2@host/v1", "GIFTY_LLM_FAST=mine=m,groq=g")
	run := p.run(t, "config", "--llm", "mine,anthropic")
	out := strings.Join(strings.Fields(run.out.String()), " ")
	for _, want := range []string{
		"llm [mine anthropic] flag GIFTY_LLM ", "llm-keys (set) environment GIFTY_LLM_KEYS", "llm-urls mine=http://me:xxxxx@host/v1 environment",
		"llm-fast groq=g,mine=m environment", "llm-smart - default", "llm-day-tokens 2000000 default",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in %s", want, out)
		}
	}
	if strings.Contains(out, "hunter2") {
		t.Error("a secret is told")
	}
	at(t, nowhere, "GIFTY_LLM_KEYS=hunter2").run(t, "config")
}

// modelServer speaks OpenAI's protocol and has two ideas for every topic, until it is told to fail.
func modelServer(t *testing.T) (address string, failing *atomic.Bool) {
	t.Helper()
	failing = &atomic.Bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if failing.Load() || r.Header.Get("Authorization") != "Bearer hunter2" {
			http.Error(w, `{"error": {"message": "no such key: hunter2"}}`, http.StatusUnauthorized)
			return
		}
		var ideas []string
		for _, title := range []string{"A slow evening", "A new corner", "A garden of one's own", "A winter table"} {
			ideas = append(ideas, fmt.Sprintf(`{"title": %q, "description": "It is good.", "reasoning": "They like it.", "primary_gap": "the_anchor", "search_queries": ["gift 1", "gift 2", "gift 3"]}`, title))
		}
		answer, _ := json.Marshal(`{"topics": [{"number": 1, "is_wide": false, "question": "", "branches": [], "ideas": [` + strings.Join(ideas, ",") + `]}]}`)
		if !strings.Contains(string(body), `\u003cdata\u003e`) && !strings.Contains(string(body), "<data>") {
			t.Errorf("asked %s", body)
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"id": "1", "object": "chat.completion", "model": "wise-1.5", "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": %s}}],
			"usage": {"prompt_tokens": 1000, "completion_tokens": 200}}`, answer)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/v1", failing
}

// Ideas, searches and calls each name who made them; where the model fails, rules have the ideas.
func TestRecommendingWithALanguageModel(t *testing.T) {
	t.Parallel()
	address, failing := modelServer(t)
	database := alltest.Tables.URL(t)
	p := at(t, database, "GIFTY_LLM_KEYS=mine=hunter2", "GIFTY_LLM_URLS=mine="+address, "GIFTY_LLM_SMART=mine=wise", "GIFTY_LLM_PRICES=wise=1/5", "GIFTY_LLM_DAY_USD=1")
	p.run(t, "import", "--no-embed", p.write(t, "feed.jsonl", products(1, 40)))
	recommend := func() (titles []string) {
		t.Helper()
		run := p.run(t, "recommend", "--age", "40", "--interests", "garden", "--language", "en", "--json", "--count", "2")
		var answers []struct {
			Hypotheses []struct{ Title string }
		}
		if err := json.Unmarshal([]byte(run.out.String()), &answers); err != nil {
			t.Fatal(err)
		}
		for _, h := range answers[0].Hypotheses {
			titles = append(titles, h.Title)
		}
		return titles
	}
	if got := recommend(); !slices.Equal(got, []string{"A slow evening", "A new corner"}) {
		t.Errorf("the ideas are %q", got)
	}
	failing.Store(true)
	if got := recommend(); len(got) != 2 || slices.Contains(got, "A slow evening") {
		t.Errorf("the ideas are %q", got)
	}
	for sql, want := range map[string]string{
		`SELECT string_agg(DISTINCT model_name || ' ' || prompt_version, ', ') FROM hypotheses`:                                                                      "builtin knowledge-1, wise-1.5 ideas@1",
		`SELECT string_agg(DISTINCT llm_model, ', ') FROM search_logs`:                                                                                               "builtin, wise-1.5",
		`SELECT string_agg(concat_ws(' ', purpose, provider, model, input_tokens, output_tokens, cost, currency, failure), ', ' ORDER BY place) FROM model_calls`:    "ideas mine wise-1.5 1000 200 0.002 USD, ideas mine wise 0 0 key",
		`SELECT count(*)::text FROM events e JOIN sealed_blobs b ON b.sha256 = decode(e.payload->>'raw_sha256', 'base64') WHERE e.type = 'discovery.model_asked.v1'`: "2",
		`SELECT count(*)::text FROM events WHERE payload::text LIKE '%hunter2%'`:                                                                                     "0",
	} {
		if got := queried(t, database, sql); got != want {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
}

func queried(t *testing.T, database, sql string) (answer string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := conn.QueryRow(t.Context(), sql).Scan(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}
