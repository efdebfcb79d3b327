package embed

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"gifty/domain/catalogue"
)

// counting makes a vector of a text's length and counts how often each text came.
type counting struct {
	mu    sync.Mutex
	seen  map[string]int
	calls int
	hold  func(ctx context.Context) error // called before answering; nil: at once
}

func (c *counting) Model() catalogue.Model { return catalogue.Model{Name: "c", Version: "1", Dim: 2} }

func (c *counting) Embed(ctx context.Context, texts []string) ([]catalogue.Vector, error) {
	c.mu.Lock()
	c.calls++
	if c.seen == nil {
		c.seen = map[string]int{}
	}
	for _, t := range texts {
		c.seen[t]++
	}
	hold := c.hold
	c.mu.Unlock()
	if hold != nil {
		if err := hold(ctx); err != nil {
			return nil, err
		}
	}
	vectors := make([]catalogue.Vector, len(texts))
	for i, t := range texts {
		vectors[i] = catalogue.Vector{1, float32(len(t))}
	}
	return vectors, nil
}

func cached(t *testing.T, e catalogue.Embedder, n int) *Cache {
	t.Helper()
	c, err := Cached(e, n)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func lengths(t *testing.T, c *Cache, texts ...string) {
	t.Helper()
	vectors, err := c.Embed(t.Context(), texts)
	if err != nil {
		t.Error(err)
		return
	}
	for i, text := range texts {
		if vectors[i][1] != float32(len(text)) {
			t.Errorf("%q has the vector of another text", text)
		}
	}
}

func TestCacheAsksOnce(t *testing.T) {
	inner := &counting{}
	c := cached(t, inner, 10)
	lengths(t, c, "a", "bb", "a")
	lengths(t, c, "bb", "ccc")
	lengths(t, c, "a", "ccc")
	lengths(t, c)
	for text, n := range inner.seen {
		if n != 1 {
			t.Errorf("%q was embedded %d times", text, n)
		}
	}
	if inner.calls != 2 || c.Model() != inner.Model() {
		t.Errorf("%d calls", inner.calls)
	}
}

func TestCacheForgetsTheOldest(t *testing.T) {
	inner := &counting{}
	c := cached(t, inner, 2)
	lengths(t, c, "a")
	lengths(t, c, "b")
	lengths(t, c, "a")
	lengths(t, c, "c") // b goes
	lengths(t, c, "a")
	lengths(t, c, "b")
	if inner.seen["a"] != 1 || inner.seen["b"] != 2 {
		t.Errorf("got %v", inner.seen)
	}
	lengths(t, c, "one", "two", "three", "four") // more than fit
	if _, err := Cached(inner, 0); err == nil {
		t.Error("a cache of nothing was made")
	}
}

func TestCacheSharesWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		inner := &counting{hold: func(context.Context) error { <-release; return nil }}
		c := cached(t, inner, 10)
		var wg sync.WaitGroup
		wg.Go(func() { lengths(t, c, "a", "bb") })
		synctest.Wait()
		wg.Go(func() { lengths(t, c, "bb", "ccc") })
		wg.Go(func() { lengths(t, c, "a") })
		synctest.Wait()
		close(release)
		wg.Wait()
		for text, n := range inner.seen {
			if n != 1 {
				t.Errorf("%q was embedded %d times", text, n)
			}
		}
	})
}

func TestCacheOutlivesAnothersFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := &counting{hold: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
		c := cached(t, inner, 10)
		impatient, cancel := context.WithCancel(t.Context())
		var first error
		var wg sync.WaitGroup
		wg.Go(func() { _, first = c.Embed(impatient, []string{"a"}) })
		synctest.Wait()
		wg.Go(func() { lengths(t, c, "a") })
		synctest.Wait()
		inner.mu.Lock()
		inner.hold = nil
		inner.mu.Unlock()
		cancel()
		wg.Wait()
		if !errors.Is(first, context.Canceled) || inner.seen["a"] != 2 {
			t.Errorf("first %v, seen %v", first, inner.seen)
		}
	})
}

func TestCacheWaiterMayLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		c := cached(t, &counting{hold: func(context.Context) error { <-release; return nil }}, 10)
		var wg sync.WaitGroup
		wg.Go(func() { lengths(t, c, "a") })
		synctest.Wait()
		leaving, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := c.Embed(leaving, []string{"a"}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		close(release)
		wg.Wait()
	})
}

func TestCacheRefusesTextsWithoutWords(t *testing.T) {
	inner := &counting{}
	_, err := cached(t, inner, 2).Embed(t.Context(), []string{"a", "!"})
	if !errors.Is(err, catalogue.ErrTextWithoutWords) || inner.calls != 0 {
		t.Errorf("got %v", err)
	}
}

func TestCacheInRandomUse(t *testing.T) {
	inner := &counting{}
	c := cached(t, inner, 5)
	all := []string{"a", "bb", "ccc", "dddd", "eeeee", "ffffff", "ggggggg"}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 50 {
				texts := slices.Clone(all[(i+j)%5 : (i+j)%5+1+(i*j)%3])
				lengths(t, c, texts...)
			}
		})
	}
	wg.Wait()
}
