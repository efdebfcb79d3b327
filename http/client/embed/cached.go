package embed

import (
	"context"
	"slices"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"gifty/domain"
	"gifty/domain/catalogue"
)

// Cached answers from memory what was embedded before in this process, for the n texts used last
// (about 4 kB each). A text that several callers want at the same time is embedded once.
func Cached(e catalogue.Embedder, n int) (*Cache, error) {
	known, err := simplelru.NewLRU[string, catalogue.Vector](n, nil)
	if err != nil {
		return nil, domain.Invalid("embedding_cache", "the embedding cache must hold at least one text; got %d", n)
	}
	return &Cache{embedder: e, known: known, underway: map[string]*flight{}}, nil
}

// Cache is a catalogue.Embedder in front of another.
type Cache struct {
	embedder catalogue.Embedder

	mu       sync.Mutex
	known    *simplelru.LRU[string, catalogue.Vector]
	underway map[string]*flight
}

// flight is one call of the embedder behind the cache.
type flight struct {
	texts   []string
	landed  chan struct{}      // closed when vectors is set for good
	vectors []catalogue.Vector // of the texts; nil when the call failed
}

// Model is that of the embedder behind the cache.
func (c *Cache) Model() catalogue.Model { return c.embedder.Model() }

// Embed implements catalogue.Embedder. Callers share the vectors.
func (c *Cache) Embed(ctx context.Context, texts []string) ([]catalogue.Vector, error) {
	if err := catalogue.CheckTexts(texts); err != nil {
		return nil, err
	}
	have := make(map[string]catalogue.Vector, len(texts))
	for {
		own, others := c.take(texts, have)
		if own != nil {
			if err := c.fly(ctx, own); err != nil {
				return nil, err
			}
			own.unload(have)
		}
		for _, f := range others {
			select {
			case <-f.landed:
				f.unload(have)
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		// What another caller failed to get is still missing: its failure, such as running out of
		// patience, need not be ours, so this caller asks itself.
		if !slices.ContainsFunc(texts, func(t string) bool { return have[t] == nil }) {
			break
		}
	}
	vectors := make([]catalogue.Vector, len(texts))
	for i, t := range texts {
		vectors[i] = have[t]
	}
	return vectors, nil
}

// take fills have from memory. Of the rest it returns what this caller is to embed, marked as under
// way, and the flights of other callers that carry what they embed.
func (c *Cache) take(texts []string, have map[string]catalogue.Vector) (own *flight, others []*flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range texts {
		if have[t] != nil {
			continue
		}
		if v, ok := c.known.Get(t); ok {
			have[t] = v
			continue
		}
		switch f := c.underway[t]; {
		case f == nil:
			if own == nil {
				own = &flight{landed: make(chan struct{})}
			}
			own.texts = append(own.texts, t)
			c.underway[t] = own
		case f != own && !slices.Contains(others, f):
			others = append(others, f)
		}
	}
	return own, others
}

// fly embeds the texts of f and lands it, whatever happens: others wait for it.
func (c *Cache) fly(ctx context.Context, f *flight) error {
	defer c.land(f)
	vectors, err := c.embedder.Embed(ctx, f.texts)
	if err == nil && len(vectors) != len(f.texts) {
		err = wrongCount(len(vectors), len(f.texts))
	}
	if err == nil {
		f.vectors = vectors
	}
	return err
}

// land remembers what f brought.
func (c *Cache) land(f *flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, t := range f.texts {
		delete(c.underway, t)
		if f.vectors != nil {
			c.known.Add(t, f.vectors[i])
		}
	}
	close(f.landed)
}

func (f *flight) unload(have map[string]catalogue.Vector) {
	for i, v := range f.vectors {
		have[f.texts[i]] = v
	}
}
