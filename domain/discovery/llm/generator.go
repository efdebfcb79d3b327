package llm

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"gifty/domain"
	"gifty/domain/discovery"
)

// Generator makes ideas with a language model and, for what that leaves missing, with another
// generator: it never ends without ideas because a provider failed.
type Generator struct {
	Muse Muse
	Last discovery.Generator // needs no model
	// Patience is how long models may take for one answer, all tries together; 0 is a minute. Of a caller's
	// own deadline a fifth is left for the rest of its work.
	Patience time.Duration
	Now      func() time.Time
}

// What one answer asks of a model at most. More would take longer than people wait.
const (
	mostIdeas = 8
	atOnce    = 4 // calls, when topics are asked for one by one
)

// Generate implements discovery.Generator. It asks for all topics in one call; for those that come
// back without ideas, one by one; and fills up with Last.
func (g Generator) Generate(ctx context.Context, b discovery.Brief) (discovery.Generated, error) {
	asking, cancel := within(ctx, g.Patience, g.Now)
	defer cancel()
	made := first(b.Wanted(), g.ask(asking, b))
	if err := ctx.Err(); err != nil {
		return made, err
	}
	titles := []string{}
	for _, idea := range made.All() {
		titles = append(titles, idea.Title)
	}
	missing := b.Wanted() - len(titles)
	if missing <= 0 {
		return made, nil
	}
	b.Count, b.Shown = missing, slices.Concat(b.Shown, titles)
	last, err := g.Last.Generate(ctx, b)
	if err != nil && len(titles) == 0 {
		return made, err
	}
	return join(made, last), nil
}

// within is the time that models may take.
func within(ctx context.Context, patience time.Duration, now func() time.Time) (context.Context, context.CancelFunc) {
	if patience <= 0 {
		patience = time.Minute
	}
	if deadline, ok := ctx.Deadline(); ok {
		patience = min(patience, deadline.Sub(now())*4/5)
	}
	return context.WithTimeout(ctx, patience)
}

// ask is what models make of the brief, maybe nothing.
func (g Generator) ask(ctx context.Context, b discovery.Brief) discovery.Generated {
	topics, each := share(b)
	answer, err := g.Muse.Ideas(ctx, b, named(topics), each, each, false)
	made := discovery.Generated{
		Ideas: interleaved(answer.Value), Model: answer.Model, PromptVersion: answer.PromptVersion, Configuration: answer.Configuration, Raw: answer.Raw, Calls: answer.Calls,
	}
	if err != nil && !worthSplitting(err, answer.Calls) {
		return made
	}
	for _, idea := range made.Ideas {
		b.Shown = append(slices.Clip(b.Shown), idea.Title)
	}
	for _, more := range g.oneByOne(ctx, b, without(topics, made.Ideas)) {
		made = join(made, more)
	}
	return made
}

func named(topics []string) []discovery.Topic {
	out := make([]discovery.Topic, len(topics))
	for i, name := range topics {
		out[i].Name = name
	}
	return out
}

// share is which topics to ask about, and for how many ideas on each.
func share(b discovery.Brief) (topics []string, each int) {
	wanted := min(b.Wanted(), mostIdeas)
	topics = b.Interests
	if len(topics) == 0 { // what else is told of the recipient is the topic
		topics = []string{"для души"}
		if b.Language == discovery.English {
			topics = []string{"just for them"}
		}
	}
	topics = topics[:min(len(topics), max(1, wanted/2))]
	return topics, (wanted + len(topics) - 1) / len(topics)
}

// worthSplitting tells whether smaller questions may succeed where a large one failed: when models
// answered, but not well, or not in time.
func worthSplitting(err error, calls []discovery.ModelCall) bool {
	var known *domain.Error
	if errors.As(err, &known) && known.Kind == domain.KindLimited {
		return false
	}
	return slices.ContainsFunc(calls, func(c discovery.ModelCall) bool {
		switch c.Failure {
		case discovery.FailureTruncated, discovery.FailureMalformed, discovery.FailureShape, discovery.FailureRefused, discovery.FailureEmpty, discovery.FailureTimeout:
			return true
		}
		return false
	})
}

func (g Generator) oneByOne(ctx context.Context, b discovery.Brief, topics []string) []discovery.Generated {
	made := make([]discovery.Generated, len(topics))
	places := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i, topic := range topics {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			answer, _ := g.Muse.TopicIdeas(ctx, b, discovery.Topic{Name: topic}, false) // what failed is in the calls
			made[i] = discovery.Generated{
				Ideas: answer.Value.Ideas, Model: answer.Model, PromptVersion: answer.PromptVersion, Configuration: answer.Configuration, Raw: answer.Raw, Calls: answer.Calls,
			}
		})
	}
	all.Wait()
	return made
}

// interleaved takes ideas from the topics in turn, so that the first few are of many topics.
func interleaved(topics []TopicIdeas) []discovery.Idea {
	var ideas []discovery.Idea
	for turn, found := 0, true; found; turn++ {
		found = false
		for _, t := range topics {
			if turn < len(t.Ideas) {
				ideas, found = append(ideas, t.Ideas[turn]), true
			}
		}
	}
	return ideas
}

func without(topics []string, ideas []discovery.Idea) []string {
	return slices.DeleteFunc(slices.Clone(topics), func(topic string) bool {
		return slices.ContainsFunc(ideas, func(i discovery.Idea) bool { return i.Track == topic })
	})
}

// first keeps that many of the ideas.
func first(n int, made discovery.Generated) discovery.Generated {
	made.Ideas = made.Ideas[:min(n, len(made.Ideas))]
	n -= len(made.Ideas)
	others := made.Others
	made.Others = nil
	for _, other := range others {
		if other = first(n, other); len(other.Ideas) > 0 {
			made.Others = append(made.Others, other)
		}
		n -= len(other.Ideas)
	}
	return made
}

// join adds the ideas of more whose titles are new, each under its maker, and its calls.
func join(made, more discovery.Generated) discovery.Generated {
	calls := slices.Concat(made.Calls, more.Calls)
	titles := map[string]bool{}
	for _, idea := range made.All() {
		titles[discovery.FoldTitle(idea.Title)] = true
	}
	more.Ideas = slices.DeleteFunc(slices.Clone(more.Ideas), func(i discovery.Idea) bool { return titles[discovery.FoldTitle(i.Title)] })
	more.Calls = nil
	switch {
	case len(more.Ideas) == 0:
	case len(made.Ideas) == 0 && len(made.Others) == 0:
		made = more
	default:
		made.Others = append(slices.Clip(made.Others), more)
	}
	made.Calls = calls
	return made
}
