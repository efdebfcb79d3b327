package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"gifty/domain"
	"gifty/eventstore"
	"gifty/eventstore/pgtest"
)

func TestTheLogIsImmutable(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	a := named("first", "a", 0)
	a.Blobs = [][]byte{[]byte("blob")}
	must(t, openStore(t, pool, eventstore.Options{}), a)
	for _, sql := range []string{
		`UPDATE events SET type = 'other'`, `DELETE FROM events`, `TRUNCATE events`,
		`UPDATE events SET type = 'other' WHERE false`, `DELETE FROM events WHERE false`,
		`UPDATE blobs SET bytes = ''`, `DELETE FROM blobs`, `TRUNCATE blobs`, `TRUNCATE events, blobs CASCADE`,
	} {
		_, err := pool.Exec(t.Context(), sql)
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != "23001" || !strings.Contains(refused.Message, "append-only") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if at := landed(t, pool); at["first"] != 1 {
		t.Errorf("the log holds %v", at)
	}
}

// An append that Postgres can't take fails alone, whatever company it is in.
func TestPoisonFailsAlone(t *testing.T) {
	t.Parallel()
	const appends = 60
	pool := pgtest.New(t)
	if _, err := pool.Exec(t.Context(), `
		CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'poisoned'; END $$;
		CREATE TRIGGER poison BEFORE INSERT ON events FOR EACH ROW WHEN (NEW.stream LIKE 'poison%') EXECUTE FUNCTION poison()`); err != nil {
		t.Fatal(err)
	}
	store := openStore(t, pool, eventstore.Options{})
	must(t, store, named("first", "first", 0))
	must(t, store, named("second", "second", 0)) // now the store guesses
	release := holdHead(t, pool)
	var flying sync.WaitGroup
	for i := range appends {
		flying.Go(func() {
			if i%20 != 7 {
				must(t, store, named(fmt.Sprint("good ", i), fmt.Sprint("good ", i), 0))
				return
			}
			_, err := store.Append(t.Context(), named(fmt.Sprint("bad ", i), fmt.Sprint("poison ", i), 0))
			if err == nil || !strings.Contains(err.Error(), "poisoned") || unavailable(err) {
				t.Errorf("a poisoned append: %v", err)
			}
		})
	}
	awaitBlocked(t, pool)
	release()
	flying.Wait()
	if at := landed(t, pool); len(at) != 2+appends-appends/20 {
		t.Errorf("the log holds %d events", len(at))
	}
	must(t, store, named("last", "first", 1))
}

// Who stops waiting learns that the outcome is unknown; the command id tells it later.
func TestCancelledOnItsWay(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	store := openStore(t, pool, eventstore.Options{MaxBatch: 1})
	release := holdHead(t, pool)
	ctx, cancel := context.WithCancel(t.Context())
	const appends = 6 // some on their way, some in the queue, some not even there
	var flying sync.WaitGroup
	for i := range appends {
		flying.Go(func() {
			_, err := store.Append(ctx, named(fmt.Sprint("a", i), fmt.Sprint("a", i), 0))
			var known *domain.Error
			if !errors.As(err, &known) || known.Code != "log_unavailable" || known.RetryAfter == 0 || !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
	}
	awaitBlocked(t, pool)
	cancel()
	flying.Wait()
	release()
	for i := range appends {
		must(t, store, named(fmt.Sprint("a", i), fmt.Sprint("a", i), 0))
	}
	if at := landed(t, pool); len(at) != appends {
		t.Errorf("the log holds %v", at)
	}
}

// Closing lets what was accepted finish and leaves no caller waiting.
func TestCloseWhileBusy(t *testing.T) {
	t.Parallel()
	const rounds, callers = 15, 16
	pool := pgtest.New(t)
	var mu sync.Mutex
	acknowledged := map[string]domain.Position{}
	for round := range rounds {
		store := openStore(t, pool, eventstore.Options{MaxBatch: 4})
		release := holdHead(t, pool)
		var flying, closing sync.WaitGroup
		for c := range callers {
			flying.Go(func() {
				for i := 0; ; i++ {
					name := fmt.Sprintf("%d.%d.%d", round, c, i)
					r, err := store.Append(context.Background(), named(name, name, 0))
					if err != nil {
						if !unavailable(err) {
							t.Errorf("closing: %v", err)
						}
						return
					}
					mu.Lock()
					acknowledged[name] = r.Last
					mu.Unlock()
				}
			})
		}
		awaitBlocked(t, pool)
		if round%2 == 0 { // else the callers are in full swing
			closing.Go(store.Close)
		}
		release()
		store.Close()
		closing.Wait()
		flying.Wait()
	}
	at := landed(t, pool)
	for name, position := range acknowledged {
		if at[name] != position {
			t.Errorf("%s was acknowledged at %d and is at %d", name, position, at[name])
		}
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	store := openStore(t, pool, eventstore.Options{})
	must(t, store, named("a", "a", 0))
	store.Close()
	store.Close()
	_, appending := store.Append(t.Context(), named("b", "b", 0))
	_, reading := store.Streams(t.Context(), "a")
	_, _, asking := store.Command(t.Context(), named("a", "a", 0).CommandID)
	for _, err := range []error{appending, reading, asking} {
		var known *domain.Error
		if !errors.As(err, &known) || known.Code != "shutting_down" {
			t.Errorf("got %v", err)
		}
	}
	if head, err := store.Head(t.Context()); err != nil || head != 1 { // the pool stays open
		t.Errorf("head %d, %v", head, err)
	}
}
