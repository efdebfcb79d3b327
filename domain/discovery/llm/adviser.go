package llm

import (
	"context"
	"slices"
	"time"

	"gifty/domain/discovery"
)

// Adviser implements discovery.Adviser with a language model and, where that gives nothing that can be
// used, with another adviser: a dialogue never stops because a provider failed.
type Adviser struct {
	Muse     Muse
	Last     discovery.Adviser // needs no model
	Patience time.Duration     // as Generator's
	Now      func() time.Time
}

// Ideas on each of several topics, at least and at most; so many can be had in one call.
const (
	leastEach = 2
	mostEach  = 3
)

// Topics implements discovery.Adviser. Nothing told is nothing asked.
func (a Adviser) Topics(ctx context.Context, b discovery.Brief) ([]string, discovery.Making, error) {
	if len(b.Interests) == 0 && b.Description == "" {
		return a.Last.Topics(ctx, b)
	}
	return advice(ctx, a, func(ctx context.Context) (Answer[[]string], error) {
		answer, err := a.Muse.Topics(ctx, b)
		answer.Value = answer.Value[:min(len(answer.Value), discovery.MaxTopics)]
		return answer, err
	}, func() ([]string, discovery.Making, error) { return a.Last.Topics(ctx, b) })
}

// Ask implements discovery.Adviser.
func (a Adviser) Ask(ctx context.Context, b discovery.Brief, kind discovery.ProbeKind, topic string) (discovery.Question, discovery.Making, error) {
	return advice(ctx, a, func(ctx context.Context) (Answer[discovery.Question], error) {
		if kind == discovery.ProbeExploration {
			return as(func(q Question) discovery.Question { return discovery.Question(q) })(a.Muse.Exploration(ctx, b, topic))
		}
		return as(func(q Question) discovery.Question { return discovery.Question(q) })(a.Muse.DeadEnd(ctx, b))
	}, func() (discovery.Question, discovery.Making, error) { return a.Last.Ask(ctx, b, kind, topic) })
}

// Hints implements discovery.Adviser.
func (a Adviser) Hints(ctx context.Context, b discovery.Brief, explored []string) ([]discovery.Hint, discovery.Making, error) {
	return advice(ctx, a, func(ctx context.Context) (Answer[[]discovery.Hint], error) {
		return as(func(hints []Hint) (out []discovery.Hint) {
			for _, h := range hints {
				out = append(out, discovery.Hint{Question: h.Question, Reasoning: h.Reasoning})
			}
			return out
		})(a.Muse.Hints(ctx, b, explored))
	}, func() ([]discovery.Hint, discovery.Making, error) { return a.Last.Hints(ctx, b, explored) })
}

// as turns an answer into one in the dialogue's terms.
func as[T, U any](turn func(T) U) func(Answer[T], error) (Answer[U], error) {
	return func(a Answer[T], err error) (Answer[U], error) {
		return Answer[U]{turn(a.Value), a.Model, a.PromptVersion, a.Configuration, a.Raw, a.Calls}, err
	}
}

// advice is the model's, else the last adviser's with the calls that came to nothing.
func advice[T any](ctx context.Context, a Adviser, model func(context.Context) (Answer[T], error), last func() (T, discovery.Making, error)) (T, discovery.Making, error) {
	asking, cancel := within(ctx, a.Patience, a.Now)
	defer cancel()
	answer, err := model(asking)
	making := answer.making()
	making.Calls = answer.Calls
	if err == nil || ctx.Err() != nil {
		return answer.Value, making, ctx.Err()
	}
	value, making, err := last()
	making.Calls = slices.Concat(answer.Calls, making.Calls)
	return value, making, err
}

func (a Answer[T]) making() discovery.Making {
	return discovery.Making{Model: a.Model, PromptVersion: a.PromptVersion, Configuration: a.Configuration, Raw: a.Raw}
}

// Ideas implements discovery.Adviser: all topics in one call, those without ideas one by one, and what
// is missing then from the last adviser.
func (a Adviser) Ideas(ctx context.Context, b discovery.Brief, topics []discovery.Topic) ([]discovery.TopicIdeas, []discovery.ModelCall, error) {
	asking, cancel := within(ctx, a.Patience, a.Now)
	defer cancel()
	found := make([]discovery.TopicIdeas, len(topics))
	var calls []discovery.ModelCall
	split := len(topics) == 1
	if !split {
		answer, err := a.Muse.Ideas(asking, b, topics, leastEach, max(leastEach, min(mostEach, b.Wanted())), true)
		calls = slices.Clip(answer.Calls)
		for i, t := range answer.Value {
			found[i] = t.told(answer.making())
		}
		split = err == nil || worthSplitting(err, answer.Calls)
	}
	if split {
		calls = append(calls, a.oneByOne(asking, b, topics, found)...)
	}
	if err := ctx.Err(); err != nil {
		return found, calls, err
	}
	more, err := a.fillUp(ctx, b, topics, found)
	return found, append(calls, more...), err
}

func (t TopicIdeas) told(by discovery.Making) discovery.TopicIdeas {
	out := discovery.TopicIdeas{Ideas: t.Ideas, By: by}
	if t.Wide != nil {
		out.Wide, out.Question, out.Branches = true, t.Wide.Text, t.Wide.Options
	}
	return out
}

// oneByOne asks about each topic that has nothing yet, in turn, so that no idea is had twice.
func (a Adviser) oneByOne(ctx context.Context, b discovery.Brief, topics []discovery.Topic, found []discovery.TopicIdeas) (calls []discovery.ModelCall) {
	for i, topic := range topics {
		if missing(found[i]) && ctx.Err() == nil {
			answer, err := a.Muse.TopicIdeas(ctx, shown(b, found), topic, true)
			calls = append(calls, answer.Calls...)
			if err == nil {
				found[i] = answer.Value.told(answer.making())
			}
		}
	}
	return calls
}

// fillUp has the last adviser think about the topics that have nothing.
func (a Adviser) fillUp(ctx context.Context, b discovery.Brief, topics []discovery.Topic, found []discovery.TopicIdeas) ([]discovery.ModelCall, error) {
	var places []int
	var left []discovery.Topic
	for i, topic := range topics {
		if missing(found[i]) {
			places, left = append(places, i), append(left, topic)
		}
	}
	if len(left) == 0 {
		return nil, nil
	}
	more, calls, err := a.Last.Ideas(ctx, shown(b, found), left)
	for i, t := range more[:min(len(more), len(places))] {
		found[places[i]] = t
	}
	return calls, err
}

func missing(t discovery.TopicIdeas) bool { return !t.Wide && len(t.Ideas) == 0 }

// shown is the brief with the ideas found so far as shown.
func shown(b discovery.Brief, found []discovery.TopicIdeas) discovery.Brief {
	b.Shown = slices.Clip(b.Shown)
	for _, t := range found {
		for _, idea := range t.Ideas {
			b.Shown = append(b.Shown, idea.Title)
		}
	}
	return b
}
