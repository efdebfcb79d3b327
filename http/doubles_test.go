package http_test

import (
	"context"
	"slices"
	"sync"

	"gifty/domain/catalogue"
	"gifty/domain/discovery"
)

// generator has an idea an interest.
type generator struct{}

func (generator) Generate(_ context.Context, b discovery.Brief) (discovery.Generated, error) {
	g := discovery.Generated{Model: "test", PromptVersion: "1"}
	for _, interest := range b.Interests {
		g.Ideas = append(g.Ideas, discovery.Idea{
			Title: "Something for " + interest, Description: "d", Reasoning: "r", Gap: discovery.GapMirror, Track: interest,
			Queries: []string{interest + " set", interest + " book", interest + " kit"},
		})
	}
	return g, nil
}

// finder finds what it was told to.
type finder struct {
	mu    sync.Mutex
	links []discovery.Link
}

func (f *finder) finds(giftIDs ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.links = nil
	for i, id := range giftIDs {
		f.links = append(f.links, discovery.Link{GiftID: id, Rank: i + 1, Similarity: 0.5, Score: 0.4, Query: "q"})
	}
}

func (f *finder) Find(_ context.Context, _ discovery.Brief, wishes []discovery.Wish) (pages []discovery.Found, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, w := range wishes {
		pages = append(pages, discovery.Found{Links: slices.Clone(f.links), Searches: []discovery.Search{{
			Query: w.Queries[0], ResultsCount: len(f.links), EngineVersion: "test", EmbeddingModel: "test",
		}}})
	}
	return pages, nil
}

// embedder gives every text the same vector: search by words decides.
type embedder struct{}

func (embedder) Model() catalogue.Model {
	return catalogue.Model{Name: "test", Version: "1", Dim: 1024}
}

func (embedder) Embed(_ context.Context, texts []string) ([]catalogue.Vector, error) {
	vectors := make([]catalogue.Vector, len(texts))
	for i := range texts {
		vectors[i] = make(catalogue.Vector, 1024)
		vectors[i][0] = 1
	}
	return vectors, nil
}
