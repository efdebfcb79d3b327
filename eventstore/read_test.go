package eventstore_test

import (
	"testing"

	"gifty/domain"
	"gifty/eventstore"
	"gifty/eventstore/pgtest"
)

// A read takes several pages and misses nothing between them.
func TestReadingALongLog(t *testing.T) {
	t.Parallel()
	const n = 4500
	pool := pgtest.New(t)
	store := openStore(t, pool, eventstore.Options{})
	events := make([]any, n)
	for i := range events {
		events[i] = happened{N: i + 1}
	}
	must(t, store, domain.Append{Writes: []domain.Write{
		{Stream: "long", Expect: domain.NoStream, Events: events[:n-1]}, {Stream: "other", Expect: domain.NoStream, Events: events[n-1:]},
	}})
	for _, c := range []struct {
		q           eventstore.Query
		first, last int
	}{
		{eventstore.Query{}, 1, n}, {eventstore.Query{After: 1999, UpTo: 4001}, 2000, 4001}, {eventstore.Query{After: 500, UpTo: 2500}, 501, 2500},
		{eventstore.Query{Types: []string{"test.happened.v1"}, UpTo: n + 1000}, 1, n}, {eventstore.Query{Stream: "other"}, n, n},
		{eventstore.Query{After: n}, n + 1, n},
	} {
		next := c.first
		for e, err := range store.Read(t.Context(), c.q) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Position != domain.Position(next) || e.Event.(happened).N != next {
				t.Fatalf("%+v: %d comes where %d belongs", c.q, e.Position, next)
			}
			next++
		}
		if next != c.last+1 {
			t.Errorf("%+v ends before %d, want after %d", c.q, next, c.last)
		}
	}
	for e, err := range store.Read(t.Context(), eventstore.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Position == 3 {
			break // gives the connection back
		}
	}
	if used := pool.Stat().AcquiredConns(); used != 0 {
		t.Errorf("%d connections are in use", used)
	}
}

// An event that this version does not know stops a read: skipping it would lose a fact.
func TestUnknownEventsStopAReader(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	store := openStore(t, pool, eventstore.Options{})
	must(t, store, named("known", "a", 0))
	if _, err := pool.Exec(t.Context(), `
		INSERT INTO events SELECT 2, 'a', 2, 'test.newer.v9', gen_random_uuid(), now(), '{}', '{}';
		UPDATE log_head SET position = 2`); err != nil {
		t.Fatal(err)
	}
	seen, failed := 0, false
	for _, err := range store.Read(t.Context(), eventstore.Query{}) {
		seen++
		failed = failed || err != nil
	}
	if _, err := store.Streams(t.Context(), "a"); err == nil || !failed || seen != 1 {
		t.Errorf("read %d, failed %t; the stream: %v", seen, failed, err)
	}
}
