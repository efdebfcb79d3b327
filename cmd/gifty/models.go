package main

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"gifty/domain"
	domaindiscovery "gifty/domain/discovery"
	domainllm "gifty/domain/discovery/llm"
	"gifty/http/client/llm"
	"gifty/projections/discovery"
)

// Models says which language models have ideas, and what they may cost.
type Models struct {
	Chain  []string `name:"llm" env:"GIFTY_LLM" placeholder:"NAME,…" help:"Providers of language models, asked in this order: anthropic, openai, gemini, groq, openrouter, together, ollama, vllm, or any name with a URL that speaks OpenAI's protocol. Empty: those that have a key; none: the built-in ideas alone."`
	Keys   keys     `name:"llm-keys" env:"GIFTY_LLM_KEYS" secret:"" placeholder:"NAME=KEY,…" help:"The providers' keys."`
	URLs   urls     `name:"llm-urls" env:"GIFTY_LLM_URLS" placeholder:"NAME=URL,…" help:"The providers' addresses, where they are not the usual ones."`
	Fast   pairs    `name:"llm-fast" env:"GIFTY_LLM_FAST" placeholder:"NAME=MODEL,…" help:"Models for small questions; that for ideas when empty, or the usual one."`
	Smart  pairs    `name:"llm-smart" env:"GIFTY_LLM_SMART" placeholder:"NAME=MODEL,…" help:"Models for ideas; that for small questions when empty, or the usual one."`
	Prices pairs    `name:"llm-prices" env:"GIFTY_LLM_PRICES" placeholder:"MODEL=IN/OUT,…" help:"US dollars for a million tokens read and written: gpt-5.5=1.25/10. 0/0 costs nothing."`

	SessionTokens int           `name:"llm-session-tokens" env:"GIFTY_LLM_SESSION_TOKENS" default:"100000" help:"Tokens that one session may take; 0 is no limit (${default})."`
	DayTokens     int           `name:"llm-day-tokens" env:"GIFTY_LLM_DAY_TOKENS" default:"2000000" help:"Tokens that all may take in a day (UTC); 0 is no limit (${default})."`
	SessionUSD    string        `name:"llm-session-usd" env:"GIFTY_LLM_SESSION_USD" default:"0" help:"US dollars that one session may take; 0 is no limit. Needs prices."`
	DayUSD        string        `name:"llm-day-usd" env:"GIFTY_LLM_DAY_USD" default:"0" help:"US dollars that all may take in a day (UTC); 0 is no limit. Needs prices."`
	Timeout       time.Duration `name:"llm-timeout" env:"GIFTY_LLM_TIMEOUT" default:"60s" help:"Of one request to a model (${default})."`
	Patience      time.Duration `name:"llm-patience" env:"GIFTY_LLM_PATIENCE" default:"60s" help:"How long models may take for one answer, all tries together, before the built-in ideas are given (${default}); of a request's timeout, at most four fifths."`
}

// providers are those to ask, in their order; none when models are not wanted.
func (m Models) providers() ([]llm.Provider, error) {
	for flag, p := range map[string]pairs{"--llm-keys": m.Keys.pairs, "--llm-urls": m.URLs.pairs, "--llm-fast": m.Fast, "--llm-smart": m.Smart, "--llm-prices": m.Prices} {
		if p.malformed {
			return nil, domain.Invalid("llm_settings", "%s must be pairs with commas between, such as %s", flag, "anthropic=… ,ollama=…")
		}
	}
	names := m.Chain
	if len(names) == 0 {
		for _, p := range llm.Known() {
			if m.Keys.of[p.Name] != "" {
				names = append(names, p.Name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(m.Keys.of)) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 1 && names[0] == "none" {
		return nil, nil
	}
	var chain []llm.Provider
	for _, name := range names {
		p := llm.Find(name)
		p.Key, p.URL = m.Keys.of[name], orElse(m.URLs.of[name], p.URL)
		fast, smart := m.Fast.of[name], m.Smart.of[name]
		p.Fast, p.Smart = orElse(orElse(fast, smart), p.Fast), orElse(orElse(smart, fast), p.Smart)
		if err := p.Check(); err != nil {
			return nil, domain.Invalid("llm_settings", "the language models cannot be asked as configured; see --llm, --llm-keys, --llm-urls, --llm-fast and --llm-smart").Because(err)
		}
		chain = append(chain, p)
	}
	return chain, nil
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// prices reads the price list, and refuses budgets of money for models without a price.
func (m Models) prices(chain []llm.Provider, session, day domainllm.Spend) (map[string]llm.Price, error) {
	prices := map[string]llm.Price{}
	for model, price := range m.Prices.of {
		in, out, both := strings.Cut(price, "/")
		input, err := domain.NewAmount(in)
		output, err2 := domain.NewAmount(out)
		if !both || err != nil || err2 != nil || input.IsNegative() || output.IsNegative() {
			return nil, domain.Invalid("llm_prices", "the price of %q must be two numbers with a slash between, such as 1.25/10", model)
		}
		prices[model] = llm.Price{Input: input, Output: output}
	}
	if !session.Money.IsPositive() && !day.Money.IsPositive() {
		return prices, nil
	}
	for _, p := range chain {
		for _, model := range []string{p.Fast, p.Smart} {
			if _, known := prices[model]; !known {
				return nil, domain.Invalid("llm_prices", "a budget in dollars needs the price of %q; say --llm-prices %s=IN/OUT, and 0/0 if it costs nothing", model, model)
			}
		}
	}
	return prices, nil
}

func (m Models) budgets() (session, day domainllm.Spend, err error) {
	session.Tokens, day.Tokens = m.SessionTokens, m.DayTokens
	if session.Money, err = domain.NewAmount(m.SessionUSD); err == nil {
		day.Money, err = domain.NewAmount(m.DayUSD)
	}
	if err != nil || m.SessionTokens < 0 || m.DayTokens < 0 || session.Money.IsNegative() || day.Money.IsNegative() || m.Timeout <= 0 || m.Patience <= 0 {
		return session, day, domain.Invalid("llm_settings", "--llm-session-tokens, --llm-day-tokens, --llm-session-usd and --llm-day-usd must be 0 or more, --llm-timeout and --llm-patience more than 0")
	}
	return session, day, nil
}

// thinkers has language models think before rules do, where any are chosen.
func (a *app) thinkers(ideas domaindiscovery.Generator, adviser domaindiscovery.Adviser, now func() time.Time) (domaindiscovery.Generator, domaindiscovery.Adviser, error) {
	m := a.config.Models
	chain, err := m.providers()
	if err != nil {
		return nil, nil, err
	}
	session, day, err := m.budgets()
	if err != nil {
		return nil, nil, err
	}
	prices, err := m.prices(chain, session, day)
	if err != nil {
		return nil, nil, err
	}
	spent := func(ctx context.Context, session string, since time.Time) (spend domainllm.Spend, err error) {
		spend.Tokens, spend.Money, err = discovery.Spent(ctx, a.pool, session, since)
		return spend, err
	}
	model := a.chosenModels(llm.Config{Prices: prices, Budgets: domainllm.NewBudgets(session, day, now, spent), Timeout: m.Timeout, Now: now})
	muse := domainllm.Muse{Model: measured{model, newModelMetrics(a.metrics)}, Prompts: promptsOf(a.configuration)}
	t := thinker{
		models: model, rules: ideas, rulesAdvice: adviser,
		ideas:        domainllm.Generator{Muse: muse, Last: ideas, Patience: m.Patience, Now: now},
		modelsAdvice: domainllm.Adviser{Muse: muse, Last: adviser, Patience: m.Patience, Now: now},
	}
	return t, t, nil
}

// note says for people who has ideas.
func (m Models) note() string {
	chain, err := m.providers()
	if err != nil || len(chain) == 0 {
		return "the built-in rules"
	}
	var names []string
	for _, p := range chain {
		names = append(names, p.Smart+" ("+p.Name+")")
	}
	return strings.Join(names, ", then ") + ", then the built-in rules"
}
