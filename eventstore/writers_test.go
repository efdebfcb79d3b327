package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	"gifty/eventstore"
	"gifty/eventstore/pgtest"
)

// Several processes' worth of writers: private streams, one that all want, streams that many begin
// at once, and commands that two issue at the same time.
func TestManyStores(t *testing.T) {
	t.Parallel()
	const stores, writers, each = 3, 5, 15
	pool := pgtest.New(t)
	var writing sync.WaitGroup
	var shared, begun atomic.Int64
	for s := range stores {
		store := openStore(t, another(t, pool), eventstore.Options{})
		for w := range writers {
			writing.Go(func() {
				for i := range each {
					own := fmt.Sprintf("own %d.%d", s, w)
					must(t, store, named(fmt.Sprint(own, " ", i), own, i))
					count(t, &shared, store, named(fmt.Sprint("shared ", s, w, i), "shared", int(shared.Load())))
					count(t, &begun, store, named(fmt.Sprint("begun ", s, w, i), fmt.Sprint("begun ", i), domain.NoStream))
					must(t, store, named(fmt.Sprint("issued twice ", w, i), "twice", domain.AnyVersion)) // by every store
				}
			})
		}
	}
	writing.Wait()
	at := landed(t, pool)
	if want := stores*writers*each + int(shared.Load()) + each + writers*each; len(at) != want || begun.Load() != each {
		t.Errorf("%d events, want %d; %d streams begun %d times", len(at), want, each, begun.Load())
	}
	if shared.Load() == 0 {
		t.Error("nobody ever got into the shared stream")
	}
}

func must(t testing.TB, s *eventstore.Store, a domain.Append) domain.Receipt {
	r, err := s.Append(t.Context(), a)
	if err != nil {
		t.Errorf("%s: %v", a.Result, err)
	}
	return r
}

// count counts an append that is accepted; one that comes too late is not an error.
func count(t testing.TB, n *atomic.Int64, s *eventstore.Store, a domain.Append) {
	switch _, err := s.Append(t.Context(), a); {
	case err == nil:
		n.Add(1)
	case !errors.Is(err, domain.ErrVersion):
		t.Errorf("%s: %v", a.Result, err)
	}
}

// Connections that break at any moment lose nothing that was acknowledged and double nothing.
func TestConnectionsAreCut(t *testing.T) {
	t.Parallel()
	const writers, each, cuts = 8, 60, 25
	pool := pgtest.New(t)
	var done atomic.Int64
	progress := make(chan struct{}, writers*each)
	acknowledged := make([]map[string]domain.Position, writers)
	stores := []*eventstore.Store{openStore(t, pool, eventstore.Options{}), openStore(t, another(t, pool), eventstore.Options{})}
	var writing sync.WaitGroup
	for w := range writers {
		acknowledged[w] = map[string]domain.Position{}
		writing.Go(func() {
			defer done.Add(1)
			for i := range each {
				name := fmt.Sprintf("cut %d.%d", w, i)
				acknowledged[w][name] = must(t, stores[w%len(stores)], named(name, fmt.Sprint("w", w), i)).Last
				progress <- struct{}{}
			}
		})
	}
	admin := pgtest.New(t) // on another database, so that it isn't cut itself
	for range cuts {
		for range 1 + rand.IntN(writers*each/cuts-1) {
			<-progress
		}
		cut(t, admin, pool.Config().ConnConfig.Database)
	}
	writing.Wait()
	at := landed(t, pool)
	for _, mine := range acknowledged {
		for name, position := range mine {
			if at[name] != position {
				t.Errorf("%s was acknowledged at %d and is at %d", name, position, at[name])
			}
		}
	}
	if len(at) != writers*each {
		t.Errorf("%d events, want %d", len(at), writers*each)
	}
}

// cut ends all connections to a database.
func cut(t testing.TB, admin *pgxpool.Pool, database string) {
	t.Helper()
	_, err := admin.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, database)
	if err != nil {
		t.Fatal(err)
	}
}

// While Postgres is away appends wait, and go on when it is back; those who lose patience are told.
func TestServerAway(t *testing.T) {
	t.Parallel()
	pool, admin := pgtest.New(t), pgtest.New(t)
	database := pool.Config().ConnConfig.Database
	retries := make(warnings, 100)
	store := openStore(t, pool, eventstore.Options{Logger: retries.logger()})
	must(t, store, named("before", "a", 0))
	door := func(open bool) {
		if _, err := admin.Exec(t.Context(), fmt.Sprintf(`ALTER DATABASE %s ALLOW_CONNECTIONS %t`, database, open)); err != nil {
			t.Fatal(err)
		}
	}
	door(false)
	cut(t, admin, database)

	impatient, leave := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	waiting.Go(func() { must(t, store, named("patient", "a", 1)) })
	waiting.Go(func() {
		_, err := store.Append(impatient, named("impatient", "b", 0))
		var known *domain.Error
		if !errors.As(err, &known) || known.Kind != domain.KindUnavailable || known.RetryAfter == 0 {
			t.Errorf("got %v", err)
		}
	})
	<-retries
	<-retries
	leave()
	if _, err := store.Streams(t.Context(), "a"); !unavailable(err) {
		t.Errorf("reading while the server is away: %v", err)
	}
	door(true)
	waiting.Wait()
	if at := landed(t, pool); at["before"] != 1 || at["patient"] == 0 {
		t.Errorf("got %v", at)
	}
}

func unavailable(err error) bool {
	var known *domain.Error
	return errors.As(err, &known) && known.Kind == domain.KindUnavailable
}
