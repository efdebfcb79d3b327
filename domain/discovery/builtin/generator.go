// Package builtin makes gift ideas by rules from a store of knowledge that ships with the product.
// It needs no key and no network, and answers the same brief with the same ideas.
package builtin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gifty/domain/discovery"
)

// What the ideas of this package are marked with. Version changes with the knowledge or the rules.
const (
	Model   = "builtin"
	Version = "knowledge-1"
)

// Generator implements discovery.Generator. It is safe for concurrent use.
type Generator struct {
	knowledge *knowledge
	rules     func(context.Context) (QueryRules, int, error)
	err       error
}

// New reads the built-in knowledge, which takes some milliseconds: make one and keep it. It goes by the
// query rules that the product comes with.
func New() *Generator { return NewGenerator(ShippedRules()) }

// NewGenerator is New with the query rules in force, which come with their version.
func NewGenerator(rules func(context.Context) (QueryRules, int, error)) *Generator {
	k, err := embedded()
	return &Generator{knowledge: k, rules: rules, err: err}
}

// Generate never fails for a brief's content: without interests it goes by age and relation. It
// returns fewer ideas than wanted only when the brief's lists name nearly all that suit.
func (g *Generator) Generate(ctx context.Context, b discovery.Brief) (discovery.Generated, error) {
	if g.err != nil {
		return discovery.Generated{}, fmt.Errorf("built-in knowledge: %w", g.err)
	}
	if err := ctx.Err(); err != nil {
		return discovery.Generated{}, err
	}
	if b.Language == "" {
		b.Language = discovery.Russian
	}
	rules, version, err := g.rules(ctx)
	if err != nil {
		return discovery.Generated{}, err
	}
	b.Never = rules.Negative
	r := g.knowledge.read(b)
	out := discovery.Generated{Model: Model, PromptVersion: Version, Configuration: map[string]int{QueryRulesModule: version}}
	for _, c := range r.choose(b.Wanted()) {
		if idea := c.idea(b); !rules.forbids(idea) {
			out.Ideas = append(out.Ideas, idea)
		}
	}
	if missing := b.Wanted() - len(out.Ideas); missing > 0 {
		more := rules.general(r)
		out.Ideas = append(out.Ideas, more[:min(missing, len(more))]...)
	}
	return out, nil
}

// forbids tells whether an idea holds a word that must not be.
func (r QueryRules) forbids(i discovery.Idea) bool {
	return slices.ContainsFunc(append([]string{i.Title, i.Description}, i.Queries...), r.Negative.In)
}

// general are ideas for when nothing more particular is left.
func (r QueryRules) general(of *reading) []discovery.Idea {
	b := of.brief
	b.Age, b.Vibes = &of.age, of.vibes
	return r.ideas(b, r.queries(b, of.forbidden))
}

func (c choice) idea(b discovery.Brief) discovery.Idea {
	w := c.card.wording(b.Language)
	track := c.track.topic.name(b.Language)
	if c.track.word != "" {
		track = c.track.word
	}
	queries := make([]string, len(w.Find))
	for i, q := range w.Find {
		queries[i] = fill(q, c.track.word)
	}
	return discovery.Idea{
		Title: c.title(b.Language), Description: fill(w.Text, c.track.word), Reasoning: w.Why,
		Gap: c.card.gap(), Track: track, Queries: queriesFor(queries, b),
	}
}

// fill puts the person's own word where a generic idea leaves room for it.
func fill(text, word string) string { return strings.ReplaceAll(text, "{topic}", word) }

// queriesFor drops queries that name the other gender. Where too few would remain it keeps the goods
// and drops the gender.
func queriesFor(queries []string, b discovery.Brief) []string {
	var out []string
	for i, q := range queries {
		kept := otherGender(q, b)
		switch {
		case kept == q:
			out = append(out, q)
		case len(out)+len(queries)-i-1 < discovery.MinQueries && !slices.Contains(queries, kept):
			out = append(out, kept)
		}
	}
	if len(out) < discovery.MinQueries {
		return queries
	}
	return out
}

// otherGender is q without words that name a gender which is not the recipient's.
func otherGender(q string, b discovery.Brief) string {
	female := []string{"женский", "женская", "женские", "женское", "девочки", "девочек", "women's", "woman", "women", "girl", "girls"}
	male := []string{"мужской", "мужская", "мужские", "мужское", "мальчика", "мальчиков", "men's", "man", "men", "boy", "boys"}
	var unfit []string
	switch {
	case b.Has(discovery.GenderNeutral) || b.Gender == discovery.NonBinary:
		unfit = slices.Concat(female, male)
	case b.Gender == discovery.Male:
		unfit = female
	case b.Gender == discovery.Female:
		unfit = male
	}
	words := strings.Fields(q)
	kept := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return slices.Contains(unfit, strings.ToLower(w)) })
	if len(kept) == len(words) {
		return q
	}
	return strings.TrimSuffix(strings.Join(kept, " "), " для")
}
