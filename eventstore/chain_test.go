package eventstore

import (
	"errors"
	"maps"
	"testing"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/eventstore/pgtest"
)

func TestChain(t *testing.T) {
	t.Parallel()
	ours, next, foreign := uuid.New(), uuid.New(), uuid.New()
	var c chain
	c.restart(foreign, ours, 5, link{before: 3, versions: map[string]int{"a": 2}})
	if c.known {
		t.Error("known after a foreign batch")
	}
	c.restart(ours, next, 7, link{before: 5, versions: map[string]int{"b": 1}})
	if !c.known || c.head != 7 || c.batch != next {
		t.Errorf("after two of ours: %+v", c)
	}
	if _, ok := c.version("a"); ok {
		t.Error("a stream of the batch before the chain is known")
	}
	if c.covers(4) || !c.covers(5) || !c.covers(7) {
		t.Error("a snapshot is covered from the head before the oldest batch on")
	}
	for i := range links + 1 {
		c.extend(uuid.New(), domain.Position(8+i), link{before: domain.Position(7 + i), versions: map[string]int{"c": i}})
	}
	if v, ok := c.version("c"); !ok || v != links {
		t.Errorf("c is at %d, %t", v, ok)
	}
	if _, ok := c.version("b"); ok || len(c.recent) != links || c.covers(7) || !c.covers(8) {
		t.Errorf("what is older than %d batches is still known: %+v", links, c)
	}
	c.forget()
	if _, ok := c.version("c"); ok || c.known || c.covers(100) {
		t.Errorf("after forgetting: %+v", c)
	}
}

type noted struct{}

// Alone a process guesses; where others append too it asks.
func TestChainUnderForeignWriters(t *testing.T) {
	t.Parallel()
	types, err := NewTypes(domain.Type[noted]("test.noted.v1"))
	if err != nil {
		t.Fatal(err)
	}
	pool := pgtest.New(t)
	ours, theirs := Open(pool, types, Options{}), Open(pool, types, Options{})
	t.Cleanup(ours.Close)
	t.Cleanup(theirs.Close)
	add := func(s *Store, expect int) error {
		_, err := s.Append(t.Context(), domain.Append{Writes: []domain.Write{{Stream: "a", Expect: expect, Events: []any{noted{}}}}})
		return err
	}
	steps := []struct {
		store  *Store
		expect int
		want   error
	}{
		{ours, 0, nil}, {ours, 1, nil}, {ours, 2, nil}, // guesses from here on
		{theirs, 3, nil},
		{ours, 3, domain.ErrVersion}, {ours, 9, domain.ErrVersion}, {ours, 0, domain.ErrVersion},
		{ours, 4, nil}, {theirs, 5, nil}, {theirs, 6, nil}, {ours, 7, nil}, {ours, 8, nil}, {ours, 9, nil},
		{ours, 11, domain.ErrVersion}, {ours, 10, nil},
	}
	for i, step := range steps {
		if err := add(step.store, step.expect); !errors.Is(err, step.want) {
			t.Errorf("step %d: %v, want %v", i, err, step.want)
		}
	}
	ours.Close()
	if c := ours.chain; !c.known || c.head != 11 || !maps.Equal(c.recent[len(c.recent)-1].versions, map[string]int{"a": 11}) {
		t.Errorf("the store ended without guessing: %+v", c)
	}
}

// The queue has room when the committer has left: an append that gets in then must not wait for ever.
func TestQueuedAfterTheEnd(t *testing.T) {
	t.Parallel()
	types, err := NewTypes(domain.Type[noted]("test.noted.v1"))
	if err != nil {
		t.Fatal(err)
	}
	s := Open(pgtest.New(t), types, Options{})
	s.Close()
	for range 50 { // which way it goes is random
		req, err := s.encode(t.Context(), domain.Append{CommandID: uuid.New()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.submit(t.Context(), req); !errors.Is(err, errClosed) {
			t.Fatalf("got %v", err)
		}
	}
}
