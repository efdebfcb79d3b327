package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"gifty/domain"
	"gifty/domain/analytics"
	"gifty/domain/configuration"
	"gifty/domain/discovery"
	"gifty/domain/discovery/builtin"
	domainllm "gifty/domain/discovery/llm"
	domainrecommendation "gifty/domain/recommendation"
	"gifty/http/client/llm"
	"gifty/projections/all"
	readanalytics "gifty/projections/analytics"
	"gifty/projections/recommendation"
)

// Modules that no context of the domain names.
const (
	promptsModule = "prompts"
	modelsModule  = "models"
	rankingModule = "ranking"
)

// modules are what there is to configure in the database. What configures a process is in Config.
func modules() ([]configuration.Module, error) {
	lists, err := builtin.ShippedLists()
	queries, err4 := builtin.ShippedQueryRules()
	prompts, err2 := json.Marshal(domainllm.DefaultPrompts())
	ranking, err3 := json.Marshal(map[string]any{"policies": recommendation.DefaultRanking().Policies})
	return []configuration.Module{
		{
			Name: discovery.RulesModule, Doc: "Figures that dialogues go by, ways out of dead ends, questions of last resort.",
			Shipped: discovery.ShippedRules(), Check: checked(discovery.ParseRules),
		},
		{
			Name: discovery.QuestionsModule, Doc: "What the quiz asks, in each language, and what it fills.",
			Shipped: discovery.ShippedQuestions(), Check: checked(discovery.ParseQuestions),
		},
		{
			Name: builtin.ListsModule, Doc: "Topics that are too wide and their parts, topics by age, wordings of hints and questions.",
			Shipped: lists, Check: checked(builtin.ParseLists),
		},
		{
			Name: builtin.QueryRulesModule, Doc: "What to search for by age, mood, interests, gender, description, relationship and occasion; what is never searched for.",
			Shipped: queries, Check: checked(builtin.ParseQueryRules),
		},
		{
			Name: promptsModule, Doc: "What language models are told: texts, sizes, limits and temperatures of each kind of question.",
			Shipped: prompts, Check: checked(parsePrompts),
		},
		{
			Name: modelsModule, Doc: "Which language models are asked, in which order; what it leaves open is as the process's settings say.",
			Shipped: []byte(`{"chain": [], "fast": {}, "smart": {}}`), Check: checked(parseChoice),
		},
		{
			Name: rankingModule, Doc: "Policies that rank pages of gifts: weights, limits, exploration; perhaps an experiment among them.",
			Shipped: ranking, Check: checked(recommendation.ParseRanking),
		},
		{
			Name: analytics.OwnModule, Doc: "Funnels that people ask besides those that come with the product: definitions by their names.",
			Shipped: []byte(`{}`), Check: checked(usableFunnels),
		},
	}, errors.Join(err, err2, err3, err4)
}

// usableFunnels reads funnels, and refuses those that could not be asked of the events that there are.
func usableFunnels(config []byte) ([]analytics.Definition, error) {
	types, err := all.Types()
	if err != nil {
		return nil, err
	}
	list, err := analytics.ParseOwn(config)
	if err != nil {
		return nil, err
	}
	return list, analytics.CheckOwn(list, readanalytics.Schema(types))
}

// checked refuses what can't be parsed, and a prompt template: no module has one.
func checked[T any](parse func(config []byte) (T, error)) func(config []byte, template string) error {
	return func(config []byte, template string) error {
		if template != "" {
			return domain.Invalid("prompt_template_unused", "this module has no prompt template")
		}
		_, err := parse(config)
		return err
	}
}

// inForce reads a module by parse, as it is in force.
func inForce[T any](c configuration.Commands, module string, parse func(config []byte) (T, error)) *configuration.Parsed[T] {
	return configuration.NewParsed(c, module, func(config []byte, _ string) (T, error) { return parse(config) })
}

func strictly(config []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(config))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// parsePrompts reads prompts, and refuses those that could not be used.
func parsePrompts(config []byte) (p domainllm.Prompts, err error) {
	if err := strictly(config, &p); err != nil {
		return p, domain.Invalid("prompts_malformed", "these are no prompts: %s", err)
	}
	return p, p.Validate()
}

// promptsOf are the prompts in force.
func promptsOf(c configuration.Commands) func(context.Context) (domainllm.Prompts, map[string]int, error) {
	prompts, choice := inForce(c, promptsModule, parsePrompts), inForce(c, modelsModule, parseChoice)
	return func(ctx context.Context) (domainllm.Prompts, map[string]int, error) {
		p, version, err := prompts.Current(ctx)
		if err != nil {
			return p, nil, err
		}
		_, models, err := choice.Current(ctx)
		return p, map[string]int{promptsModule: version, modelsModule: models}, err
	}
}

// choice is which models are asked. What is empty is as the process's settings say.
type choice struct {
	Chain []string          `json:"chain"` // providers in their order; ["none"]: nobody
	Fast  map[string]string `json:"fast"`  // models by provider
	Smart map[string]string `json:"smart"`
}

// maxModelName bounds the name of a provider or a model, in bytes.
const maxModelName = 200

func parseChoice(config []byte) (c choice, err error) {
	if err := strictly(config, &c); err != nil {
		return c, domain.Invalid("models_malformed", "this is no choice of models: %s", err)
	}
	bad := domain.Invalid("models_invalid", "this choice of models cannot be used; correct the fields listed")
	names := slices.Concat(c.Chain, slices.Collect(maps.Keys(c.Fast)), slices.Collect(maps.Values(c.Fast)), slices.Collect(maps.Keys(c.Smart)), slices.Collect(maps.Values(c.Smart)))
	if slices.ContainsFunc(names, func(n string) bool { return n == "" || len(n) > maxModelName }) {
		bad = bad.On("", "names of providers and models must have 1 to %d bytes", maxModelName)
	}
	for i, name := range c.Chain {
		if slices.Contains(c.Chain[:i], name) {
			bad = bad.On("chain", "%.50q stands twice", name)
		}
	}
	if len(bad.Fields) > 0 {
		return c, bad
	}
	return c, nil
}

// chosen is the settings with what the choice says.
func (c choice) chosen(m Models) Models {
	if len(c.Chain) > 0 {
		m.Chain = c.Chain
	}
	m.Fast.of, m.Smart.of = with(m.Fast.of, c.Fast), with(m.Smart.of, c.Smart)
	return m
}

func with(a, b map[string]string) map[string]string {
	all := map[string]string{}
	maps.Copy(all, a)
	maps.Copy(all, b)
	return all
}

// chosenModels asks the models that are chosen now.
type chosenModels struct {
	*configuration.Parsed[domainllm.Model]
}

// Complete implements llm.Model.
func (c chosenModels) Complete(ctx context.Context, p domainllm.Prompt) (domainllm.Reply, error) {
	model, _, err := c.Current(ctx)
	if err != nil {
		return domainllm.Reply{}, err
	}
	return model.Complete(ctx, p)
}

// nobody is the model of whoever wants none.
type nobody struct{}

// Complete refuses.
func (nobody) Complete(context.Context, domainllm.Prompt) (domainllm.Reply, error) {
	return domainllm.Reply{}, domain.Unavailable("llm_none", "no language model is configured")
}

// chosenModels makes a chain of what is chosen. A choice that this process cannot follow, for want of a key
// say, is told and leaves the ideas to the built-in rules.
func (a *app) chosenModels(cfg llm.Config) chosenModels {
	return chosenModels{inForce(a.configuration, modelsModule, func(config []byte) (domainllm.Model, error) {
		c, err := parseChoice(config)
		if err == nil {
			cfg.Providers, err = c.chosen(a.config.Models).providers()
		}
		if err == nil && len(cfg.Providers) == 0 {
			return nobody{}, nil
		}
		var chain *llm.Chain
		if err == nil {
			chain, err = llm.New(cfg)
		}
		if err != nil {
			a.logger.Warn("the language models that are configured cannot be asked; ideas come from the built-in rules", "error", err)
			return nobody{}, nil
		}
		return chain, nil
	})}
}

// configured tells dialogues the rules in force.
type configured struct {
	rules   *configuration.Parsed[discovery.Rules]
	queries *configuration.Parsed[builtin.QueryRules]
}

// Rules reads them.
func (c configured) Rules(ctx context.Context) (discovery.Rules, map[string]int, error) {
	rules, version, err := c.rules.Current(ctx)
	if err != nil {
		return rules, nil, err
	}
	queries, of, err := c.queries.Current(ctx)
	rules.Never = queries.Negative
	return rules, map[string]int{discovery.RulesModule: version, builtin.QueryRulesModule: of}, err
}

func newConfigured(c configuration.Commands) configured {
	return configured{inForce(c, discovery.RulesModule, discovery.ParseRules), inForce(c, builtin.QueryRulesModule, builtin.ParseQueryRules)}
}

func listsOf(c configuration.Commands) func(context.Context) (builtin.Lists, int, error) {
	return inForce(c, builtin.ListsModule, builtin.ParseLists).Current
}

// ranker makes pages by the policies in force: those of the file that the process was given, else those of
// the configuration.
func (a *app) ranker(ideas discovery.Generator) (domainrecommendation.Recommender, error) {
	of := func(r recommendation.Ranking) (*recommendation.Recommender, error) {
		return recommendation.NewRecommender(a.finder, recommendation.RecommenderOptions{Ideas: ideas, Ranking: r})
	}
	if a.config.Policies != "" {
		ranking, err := a.config.ranking()
		if err != nil {
			return nil, err
		}
		return of(ranking)
	}
	return ranked{inForce(a.configuration, rankingModule, func(config []byte) (*recommendation.Recommender, error) {
		ranking, err := recommendation.ParseRanking(config)
		if err != nil {
			return nil, err
		}
		return of(ranking)
	})}, nil
}

// ranked makes pages by the ranking in force.
type ranked struct {
	*configuration.Parsed[*recommendation.Recommender]
}

// Recommend implements recommendation.Recommender.
func (r ranked) Recommend(ctx context.Context, ask domainrecommendation.Ask) (domainrecommendation.Page, error) {
	in, _, err := r.Current(ctx)
	if err != nil {
		return domainrecommendation.Page{}, err
	}
	return in.Recommend(ctx, ask)
}
