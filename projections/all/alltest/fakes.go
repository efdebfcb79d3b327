package alltest

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/domain/discovery"
)

// Words is an embedder by which two texts are near each other as far as they share words. It
// knows no word that begins with an "x".
type Words struct {
	Version string // another version is another model; empty stands for "1"
}

// Model is what its vectors are of.
func (w Words) Model() catalogue.Model {
	m := catalogue.Model{Name: "words", Version: w.Version, Dim: catalogue.Dimensions}
	if m.Version == "" {
		m.Version = "1"
	}
	return m
}

// Embed gives each word a direction at random, and each text the sum of its words'.
func (w Words) Embed(_ context.Context, texts []string) ([]catalogue.Vector, error) {
	vectors := make([]catalogue.Vector, len(texts))
	for i, text := range texts {
		words := slices.DeleteFunc(discovery.Tokens(text), func(word string) bool { return strings.HasPrefix(word, "x") })
		if len(words) == 0 {
			return nil, catalogue.ErrTextWithoutWords
		}
		vectors[i] = w.sum(words)
	}
	return vectors, nil
}

func (w Words) sum(words []string) catalogue.Vector {
	v, square := make(catalogue.Vector, catalogue.Dimensions), 0.0
	for _, word := range words {
		h := fnv.New64a()
		h.Write([]byte(w.Version + word))
		direction := rand.New(rand.NewPCG(h.Sum64(), 0))
		for i := range v {
			v[i] += float32(direction.NormFloat64())
		}
	}
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(square))
	}
	return v
}

// Muse is a generator that has an idea for each interest of the brief, and one more.
type Muse struct{}

// Generate makes ideas that search for the interest by three queries.
func (Muse) Generate(_ context.Context, b discovery.Brief) (discovery.Generated, error) {
	g := discovery.Generated{Model: "muse", PromptVersion: "1", Raw: []byte(strings.Join(b.Interests, ","))}
	g.Calls = []discovery.ModelCall{{
		Purpose: "ideas", Prompt: "ideas", PromptVersion: "1", Provider: "muses", Model: g.Model, InputTokens: 100, OutputTokens: 10,
		Cost: &domain.Money{Amount: domain.WholeAmount(1), Currency: "USD"}, DurationMS: 1.5, Raw: g.Raw,
	}}
	for _, interest := range append(slices.Clone(b.Interests), "surprise") {
		g.Ideas = append(g.Ideas, discovery.Idea{
			Title: "A gift of " + interest, Description: "It is " + interest, Reasoning: "They like " + interest, Gap: discovery.GapMirror,
			Track: interest, Queries: []string{interest, interest + " set", "good " + interest},
		})
	}
	return g, nil
}

var muses = discovery.Making{Model: "muse", PromptVersion: "1", Calls: []discovery.ModelCall{{Purpose: "ideas", Provider: "parnassus", Model: "muse", OutputTokens: 7}}}

// Topics are the brief's interests.
func (Muse) Topics(_ context.Context, b discovery.Brief) ([]string, discovery.Making, error) {
	return b.Interests, muses, nil
}

// Ideas finds "wide" too wide, has none for "nothing", and two for all else, that search for the topic.
func (Muse) Ideas(_ context.Context, b discovery.Brief, topics []discovery.Topic) ([]discovery.TopicIdeas, []discovery.ModelCall, error) {
	all := make([]discovery.TopicIdeas, len(topics))
	for i, topic := range topics {
		name := strings.TrimSpace(topic.Name + " " + topic.Then + string(topic.Need))
		switch topic.Name {
		case "wide":
			all[i] = discovery.TopicIdeas{By: muses, Wide: true, Question: "Which?", Branches: []string{"tea", "chess", "gardens"}}
			continue
		case "nothing":
			continue
		}
		all[i].By = muses
		for n := range 2 {
			all[i].Ideas = append(all[i].Ideas, discovery.Idea{
				Title: fmt.Sprintf("Of %s, number %d", name, n+len(b.Shown)), Description: "It is " + name, Reasoning: "They like " + name,
				Gap: discovery.Gaps()[n], Track: name, Queries: []string{name, name + " set", "good " + name},
			})
		}
	}
	return all, muses.Calls, nil
}

// Ask asks the obvious.
func (Muse) Ask(_ context.Context, _ discovery.Brief, kind discovery.ProbeKind, topic string) (discovery.Question, discovery.Making, error) {
	return discovery.Question{Text: string(kind) + "? " + topic, Options: []string{"tea"}}, muses, nil
}

// Hints has one.
func (Muse) Hints(_ context.Context, _ discovery.Brief, explored []string) ([]discovery.Hint, discovery.Making, error) {
	return []discovery.Hint{{Question: fmt.Sprint("What else than ", explored, "?"), Reasoning: "It is new", Topic: "gardens"}}, muses, nil
}
