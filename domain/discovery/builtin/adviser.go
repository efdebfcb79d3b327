package builtin

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"gifty/domain/discovery"
)

// hints is how many hints the adviser has.
const hints = 4

// Adviser implements discovery.Adviser by the built-in knowledge. It is safe for concurrent use.
type Adviser struct {
	generator *Generator
	lists     func(context.Context) (Lists, int, error)
}

// NewAdviser thinks with g's knowledge and the lists in force, which come with their version.
func NewAdviser(g *Generator, lists func(context.Context) (Lists, int, error)) *Adviser {
	return &Adviser{generator: g, lists: lists}
}

// Shipped are the lists that the product comes with, as a source for NewAdviser; their version is 0.
func Shipped() func(context.Context) (Lists, int, error) {
	shipped, err := ShippedLists()
	var l Lists
	if err == nil {
		l, err = ParseLists(shipped)
	}
	return func(context.Context) (Lists, int, error) { return l, 0, err }
}

// ready reads what is in force, and tells the brief what is never suggested.
func (a *Adviser) ready(ctx context.Context, b *discovery.Brief) (*knowledge, Lists, discovery.Making, error) {
	if a.generator.err != nil {
		return nil, Lists{}, discovery.Making{}, fmt.Errorf("built-in knowledge: %w", a.generator.err)
	}
	lists, version, err := a.lists(ctx)
	if err != nil {
		return nil, lists, discovery.Making{}, err
	}
	rules, queries, err := a.generator.rules(ctx)
	b.Never = rules.Negative
	making := discovery.Making{Model: Model, PromptVersion: Version, Configuration: map[string]int{ListsModule: version, QueryRulesModule: queries}}
	return a.generator.knowledge, lists, making, err
}

// Topics calls what the knowledge knows by its own names, and leaves other words as they are, shortened.
// Interests met in the description follow those that were listed.
func (a *Adviser) Topics(ctx context.Context, b discovery.Brief) ([]string, discovery.Making, error) {
	k, lists, making, err := a.ready(ctx, &b)
	if err != nil {
		return nil, making, err
	}
	var topics []string
	add := func(name string) {
		known := func(have string) bool { return discovery.FoldTitle(have) == discovery.FoldTitle(name) }
		if name != "" && !slices.ContainsFunc(topics, known) {
			topics = append(topics, name)
		}
	}
	b.Liked, b.Disliked, b.Shown = nil, nil, nil
	interests := b.Interests
	b.Interests = nil
	r := k.read(b)
	for _, interest := range interests {
		if _, wide := lists.wide(interest); wide {
			add(interest)
			continue
		}
		r.declared = nil
		r.declare(k, interest)
		for _, t := range r.declared {
			add(t.name(b.Language))
		}
	}
	for _, t := range r.mentioned {
		add(t.name(b.Language))
	}
	return topics[:min(len(topics), discovery.MaxTopics)], making, nil
}

func (t track) name(l discovery.Language) string {
	if t.word != "" {
		return t.word
	}
	return t.topic.name(l)
}

// Ideas goes through the topics in turn. A topic on the list of wide ones is questioned, until the
// giver has said which part is meant.
func (a *Adviser) Ideas(ctx context.Context, b discovery.Brief, topics []discovery.Topic) ([]discovery.TopicIdeas, []discovery.ModelCall, error) {
	k, lists, making, err := a.ready(ctx, &b)
	if err != nil {
		return nil, nil, err
	}
	rules, _, err := a.generator.rules(ctx)
	if err != nil {
		return nil, nil, err
	}
	r := k.read(b)
	answers := make([]discovery.TopicIdeas, len(topics))
	for i, topic := range topics {
		if wide, ok := lists.wide(topic.Name); ok && topic.Then == "" && topic.Need == "" {
			q := wide.question(b.Language)
			answers[i] = discovery.TopicIdeas{Wide: true, Question: q.Text, Branches: q.Options, By: making}
			continue
		}
		answers[i].By = making
		for _, c := range r.about(k, topic, b.Wanted()) {
			if idea := c.idea(b); !rules.forbids(idea) {
				answers[i].Ideas = append(answers[i].Ideas, idea)
			}
			r.seen[discovery.FoldTitle(c.title(discovery.Russian))] = true
			r.seen[discovery.FoldTitle(c.title(discovery.English))] = true
		}
		if len(answers[i].Ideas) == 0 && topic.Need != "" {
			answers[i].Ideas = filling(topic.Need, rules.general(r))
		}
	}
	return answers, nil, nil
}

// filling are those of the ideas that fill a need.
func filling(need discovery.Gap, ideas []discovery.Idea) []discovery.Idea {
	return slices.DeleteFunc(ideas, func(i discovery.Idea) bool { return i.Gap != need })
}

// about chooses up to n ideas on one topic: by what was said of it last, else by its name; where a
// need is to be filled, also by whatever else suits the person.
func (r *reading) about(k *knowledge, topic discovery.Topic, n int) []choice {
	tracks := r.tracksOf(k, topic)
	if topic.Need != "" {
		for _, t := range slices.Concat(r.declared, r.mentioned, r.around, r.anyway) {
			tracks = r.extend(tracks, t)
		}
	}
	c := &chooser{reading: r, queues: map[track][]choice{}, titles: map[string]bool{}}
	from := c.rotation(tracks)
	if topic.Need != "" {
		for t, queue := range c.queues {
			c.queues[t] = slices.DeleteFunc(queue, func(o choice) bool { return o.card.gap() != topic.Need })
		}
	}
	for len(c.chosen) < n && from.best() {
	}
	if len(c.chosen) < min(n, few) && topic.Need == "" {
		word := cmp.Or(topic.Then, topic.Name)
		if len(tracks) > 0 {
			word = cmp.Or(tracks[0].word, word)
		}
		near := c.rotation(r.beside(k, tracks, word))
		for len(c.chosen) < n && near.best() {
		}
	}
	return c.chosen
}

// tracksOf are those that a topic names: by what was said of it last, where the knowledge knows that by itself ("vinyl",
// of music), else by both ("winter", of fishing) and then by its name.
func (r *reading) tracksOf(k *knowledge, topic discovery.Topic) []track {
	said := r.named(k, topic.Then)
	switch {
	case len(said) == 0:
		return r.named(k, topic.Name)
	case topic.Name == "" || said[0].topic != k.generic:
		return said
	}
	said[0].word = shortForm(topic.Name + ": " + topic.Then)
	for _, t := range r.named(k, topic.Name) {
		said = r.extend(said, t)
	}
	return said
}

func (r *reading) named(k *knowledge, word string) []track {
	if word == "" {
		return nil
	}
	own := *r
	own.declared = nil
	own.declare(k, word)
	return own.declared
}

// few is how many ideas on a topic are too few: neighbours help out then.
const few = 2

// beside is what helps out when a topic has little: what people who like it often like too, and ideas
// around the word itself.
func (r *reading) beside(k *knowledge, tracks []track, word string) []track {
	var out []track
	for _, t := range tracks {
		for _, id := range t.topic.Near {
			out = r.extend(out, track{topic: k.byID[id]})
		}
	}
	if short := shortForm(word); short != "" && len(tracks) > 0 {
		out = r.extend(out, track{topic: k.generic, word: short})
	}
	return out
}

// Ask words a question from the lists. Its options are topics that suit the person: near the one asked
// about, or liked at that age.
func (a *Adviser) Ask(ctx context.Context, b discovery.Brief, kind discovery.ProbeKind, topic string) (discovery.Question, discovery.Making, error) {
	k, lists, making, err := a.ready(ctx, &b)
	if err != nil {
		return discovery.Question{}, making, err
	}
	r := k.read(b)
	suggested := r.suggest(k, lists, []string{topic})
	q := discovery.Question{Text: strings.ReplaceAll(lists.Questions[b.Language][kind], "{topic}", topic)}
	for _, t := range suggested[:min(len(suggested), hints)] {
		q.Options = append(q.Options, t.name(b.Language))
	}
	return q, making, nil
}

// Hints points at topics that suit the person and were not explored.
func (a *Adviser) Hints(ctx context.Context, b discovery.Brief, explored []string) ([]discovery.Hint, discovery.Making, error) {
	k, lists, making, err := a.ready(ctx, &b)
	if err != nil {
		return nil, making, err
	}
	r := k.read(b)
	suggested := r.suggest(k, lists, explored)
	texts := lists.Hints[b.Language]
	out := []discovery.Hint{}
	for i, t := range suggested[:min(len(suggested), hints)] {
		hint := texts[i%len(texts)]
		hint.Topic = t.name(b.Language)
		hint.Question = strings.ReplaceAll(hint.Question, "{topic}", hint.Topic)
		out = append(out, hint)
	}
	return out, making, nil
}

// suggest lists topics that suit the person, besides these: first what was listed or mentioned, then
// neighbours of that, then what people of this age often like.
func (r *reading) suggest(k *knowledge, lists Lists, besides []string) []track {
	all := slices.Concat(r.declared, r.mentioned, r.near)
	for _, id := range lists.Suggest[discovery.SegmentOf(r.age)] {
		all = append(all, track{topic: k.byID[id]})
	}
	var out []track
	for _, t := range all {
		if t.topic == nil || r.suitable(t.topic) == 0 {
			continue
		}
		known := func(name string) bool {
			own := *r
			own.declared = nil
			own.declare(k, name)
			return discovery.FoldTitle(name) == discovery.FoldTitle(t.name(r.brief.Language)) || t.word == "" && slices.Contains(own.declared, t)
		}
		if !slices.ContainsFunc(besides, known) {
			out = r.extend(out, t)
		}
	}
	return out
}
