// Package llm reaches language models on their vendors' own clients, and keeps going where one fails:
// it waits and asks again, has an answer of the wrong shape mended once, lets a provider rest that
// fails too often, and turns to the next. See New.
package llm

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"gifty/domain"
	"gifty/domain/discovery/llm"
)

// Kind is a protocol.
type Kind string

// The protocols.
const (
	Anthropic Kind = "anthropic" // Messages
	OpenAI    Kind = "openai"    // Chat Completions, which many others speak
	Gemini    Kind = "gemini"    // generateContent
)

// Provider is where models are asked.
type Provider struct {
	Name  string // as the log names it
	Kind  Kind
	URL   string // the service's root; with OpenAI's protocol, what comes before /chat/completions
	Key   string // may be empty where the service wants none
	Fast  string // model for small questions
	Smart string // model for ideas
	// NeedsKey says that the service answers nobody without one.
	NeedsKey bool
}

// Known are the providers that need no more than a key or, those that run on one's own machine, a
// model. Any other name is a service that speaks OpenAI's protocol.
func Known() []Provider {
	return []Provider{
		{Name: "anthropic", Kind: Anthropic, URL: "https://api.anthropic.com", Fast: "claude-haiku-5-5", Smart: "claude-sonnet-5-5", NeedsKey: true},
		{Name: "openai", Kind: OpenAI, URL: "https://api.openai.com/v1", Fast: "gpt-5.4-mini", Smart: "gpt-5.5", NeedsKey: true},
		{Name: "gemini", Kind: Gemini, URL: "https://generativelanguage.googleapis.com", Fast: "gemini-3.5-flash", Smart: "gemini-3.5-flash", NeedsKey: true},
		{Name: "groq", Kind: OpenAI, URL: "https://api.groq.com/openai/v1", NeedsKey: true},
		{Name: "openrouter", Kind: OpenAI, URL: "https://openrouter.ai/api/v1", NeedsKey: true},
		{Name: "together", Kind: OpenAI, URL: "https://api.together.xyz/v1", NeedsKey: true},
		{Name: "ollama", Kind: OpenAI, URL: "http://localhost:11434/v1"},
		{Name: "vllm", Kind: OpenAI, URL: "http://localhost:8000/v1"},
	}
}

// Find is a known provider of that name, else one that speaks OpenAI's protocol.
func Find(name string) Provider {
	for _, p := range Known() {
		if p.Name == name {
			return p
		}
	}
	return Provider{Name: name, Kind: OpenAI}
}

// Price is what a model takes for a million tokens, in US dollars.
type Price struct {
	Input, Output domain.Amount
}

// Config is a chain of providers.
type Config struct {
	Providers []Provider       // in the order in which they are asked
	Prices    map[string]Price // by the configured model's name; no cost is known of others
	Budgets   llm.Ledger       // nil: no limit
	Timeout   time.Duration    // of one request; 0 is a minute
	Attempts  int              // at a request that may succeed later, at one provider; 0 is 3
	// Now and Wait are the clock; nil is the real one. Wait returns early, with the context's error,
	// when ctx ends.
	Now  func() time.Time
	Wait func(ctx context.Context, d time.Duration) error
}

// New returns the chain. It asks nobody anything. An unusable configuration is KindInvalid.
func New(cfg Config) (*Chain, error) {
	c := &Chain{
		prices: cfg.Prices, budgets: cfg.Budgets, timeout: cmp.Or(cfg.Timeout, time.Minute), attempts: cmp.Or(cfg.Attempts, 3),
		now: cfg.Now, wait: cfg.Wait,
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.wait == nil {
		c.wait = wait
	}
	if len(cfg.Providers) == 0 {
		return nil, domain.Invalid("llm_providers", "name at least one provider of language models")
	}
	client := &http.Client{
		Transport: recorder{http.DefaultTransport},
		// A redirect would send the key and what people wrote to somebody else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for i, p := range cfg.Providers {
		if slices.ContainsFunc(cfg.Providers[:i], func(o Provider) bool { return o.Name == p.Name }) {
			return nil, domain.Invalid("llm_providers", "the provider %q stands twice in the chain", p.Name)
		}
		l, err := newLink(c, p, client)
		if err != nil {
			return nil, err
		}
		c.links = append(c.links, l)
	}
	return c, nil
}

// Check refuses a provider that could not be asked.
func (p Provider) Check() error {
	u, err := url.Parse(p.URL)
	switch {
	case p.Name == "":
		return domain.Invalid("llm_provider", "a provider of language models needs a name")
	case p.URL == "":
		return domain.Invalid("llm_url", "%q is no provider that is known: name its URL, if it speaks OpenAI's protocol", p.Name)
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "":
		return domain.Invalid("llm_url", "the URL of %q must start with http:// or https://, name a host, and hold no query", p.Name)
	case p.NeedsKey && p.Key == "":
		return domain.Invalid("llm_key", "%q needs a key", p.Name)
	case strings.ContainsFunc(p.Key, func(r rune) bool { return r <= ' ' || r > '~' }):
		return domain.Invalid("llm_key", "the key of %q holds a space or another character that no key has", p.Name)
	case p.Fast == "" || p.Smart == "":
		return domain.Invalid("llm_model", "name the models of %q, a fast and a smart one; they may be the same", p.Name)
	}
	return nil
}

func (p Provider) model(size llm.Size) string {
	if size == llm.Fast {
		return p.Fast
	}
	return p.Smart
}
