package eventstore_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	"gifty/eventstore"
	"gifty/eventstore/storetest"
)

// happened is the event of these tests; What tells them apart.
type happened = storetest.Happened

func openStore(t testing.TB, pool *pgxpool.Pool, opt eventstore.Options) *eventstore.Store {
	t.Helper()
	types, err := storetest.Types()
	if err != nil {
		t.Fatal(err)
	}
	s := eventstore.Open(pool, types, opt)
	t.Cleanup(s.Close)
	return s
}

// another is a further process's way to the pool's database, as far as one process can have it.
func another(t testing.TB, pool *pgxpool.Pool) *pgxpool.Pool {
	t.Helper()
	p, err := pgxpool.NewWithConfig(t.Context(), pool.Config())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// named is an append whose command id, request and one event follow from its name.
func named(name, stream string, expect int) domain.Append {
	hash := sha256.Sum256([]byte(name))
	return domain.Append{
		CommandID: uuid.NewSHA1(uuid.Nil, []byte(name)), RequestHash: hash[:], Result: fmt.Appendf(nil, "%q", name),
		Writes: []domain.Write{{Stream: stream, Expect: expect, Events: []any{happened{What: name}}}},
	}
}

// landed is what the log holds, by the events' names. It fails the test unless positions are dense
// from 1 to the head, versions are dense in each stream, and no event is there twice.
func landed(t testing.TB, pool *pgxpool.Pool) map[string]domain.Position {
	t.Helper()
	one, err := pool.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead}) // somebody may still append
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = one.Rollback(context.WithoutCancel(t.Context())) }() // it has only read
	var head domain.Position
	if err := one.QueryRow(t.Context(), `SELECT position FROM log_head`).Scan(&head); err != nil {
		t.Fatal(err)
	}
	rows, err := one.Query(t.Context(), `SELECT position, stream, version, payload->>'what', payload->'n' FROM events ORDER BY position`)
	if err != nil {
		t.Fatal(err)
	}
	at, versions, last := map[string]domain.Position{}, map[string]int{}, domain.Position(0)
	var position domain.Position
	var stream, what string
	var version, n int
	_, err = pgx.ForEachRow(rows, []any{&position, &stream, &version, &what, &n}, func() error {
		name := fmt.Sprint(what, n)
		if n == 0 {
			name = what
		}
		versions[stream]++
		switch {
		case position != last+1:
			return fmt.Errorf("after position %d comes %d", last, position)
		case version != versions[stream]:
			return fmt.Errorf("position %d is version %d of %s, want %d", position, version, stream, versions[stream])
		case at[name] != 0:
			return fmt.Errorf("%s is at %d and %d", name, at[name], position)
		}
		at[name], last = position, position
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if head != last {
		t.Fatalf("the head is at %d, the log ends at %d", head, last)
	}
	return at
}

// holdHead keeps the log from growing until release: appends that are sent stay under way.
func holdHead(t testing.TB, pool *pgxpool.Pool) (release func()) {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `SELECT FROM log_head FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// awaitBlocked returns when an append has been sent and waits for the head.
func awaitBlocked(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	for blocked := 0; blocked == 0; {
		err := pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%log_head%'`).Scan(&blocked)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// warnings is a log that hands on each warning, as far as there is room.
type warnings chan string

func (w warnings) logger() *slog.Logger { return slog.New(w) }

func (w warnings) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }
func (w warnings) WithAttrs([]slog.Attr) slog.Handler           { return w }
func (w warnings) WithGroup(string) slog.Handler                { return w }

func (w warnings) Handle(_ context.Context, r slog.Record) error {
	select {
	case w <- r.Message:
	default:
	}
	return nil
}

func sha(b []byte) []byte {
	sum := sha256.Sum256(b)
	return sum[:]
}
