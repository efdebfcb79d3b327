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
	err       error
}

// New reads the built-in knowledge, which takes some milliseconds: make one and keep it.
func New() *Generator {
	k, err := load()
	return &Generator{knowledge: k, err: err}
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
	r := g.knowledge.read(b)
	out := discovery.Generated{Model: Model, PromptVersion: Version}
	for _, c := range r.choose(b.Wanted()) {
		out.Ideas = append(out.Ideas, c.idea(b))
	}
	return out, nil
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
