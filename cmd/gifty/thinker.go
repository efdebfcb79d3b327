package main

import (
	"context"

	domaindiscovery "gifty/domain/discovery"
)

// thinker has ideas and advises dialogues by language models while any are chosen, else by the rules alone.
type thinker struct {
	models                    chosenModels
	ideas, rules              domaindiscovery.Generator
	modelsAdvice, rulesAdvice domaindiscovery.Adviser
}

func (t thinker) adviser(ctx context.Context) (domaindiscovery.Adviser, error) {
	if model, _, err := t.models.Current(ctx); err != nil || model == (nobody{}) {
		return t.rulesAdvice, err
	}
	return t.modelsAdvice, nil
}

// Generate implements discovery.Generator.
func (t thinker) Generate(ctx context.Context, b domaindiscovery.Brief) (domaindiscovery.Generated, error) {
	model, _, err := t.models.Current(ctx)
	switch {
	case err != nil:
		return domaindiscovery.Generated{}, err
	case model == (nobody{}):
		return t.rules.Generate(ctx, b)
	}
	return t.ideas.Generate(ctx, b)
}

// Topics implements discovery.Adviser.
func (t thinker) Topics(ctx context.Context, b domaindiscovery.Brief) ([]string, domaindiscovery.Making, error) {
	a, err := t.adviser(ctx)
	if err != nil {
		return nil, domaindiscovery.Making{}, err
	}
	return a.Topics(ctx, b)
}

// Ideas implements discovery.Adviser.
func (t thinker) Ideas(ctx context.Context, b domaindiscovery.Brief, topics []domaindiscovery.Topic) ([]domaindiscovery.TopicIdeas, []domaindiscovery.ModelCall, error) {
	a, err := t.adviser(ctx)
	if err != nil {
		return nil, nil, err
	}
	return a.Ideas(ctx, b, topics)
}

// Ask implements discovery.Adviser.
func (t thinker) Ask(ctx context.Context, b domaindiscovery.Brief, kind domaindiscovery.ProbeKind, topic string) (domaindiscovery.Question, domaindiscovery.Making, error) {
	a, err := t.adviser(ctx)
	if err != nil {
		return domaindiscovery.Question{}, domaindiscovery.Making{}, err
	}
	return a.Ask(ctx, b, kind, topic)
}

// Hints implements discovery.Adviser.
func (t thinker) Hints(ctx context.Context, b domaindiscovery.Brief, explored []string) ([]domaindiscovery.Hint, domaindiscovery.Making, error) {
	a, err := t.adviser(ctx)
	if err != nil {
		return nil, domaindiscovery.Making{}, err
	}
	return a.Hints(ctx, b, explored)
}
