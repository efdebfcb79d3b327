package eventstore_test

import (
	"context"
	stdsql "database/sql"
	"log/slog"
	"strings"
	"testing"

	"github.com/ThreeDotsLabs/watermill-sql/v3/pkg/sql"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"gifty/domain"
	"gifty/eventstore"
	"gifty/eventstore/pgtest"
)

type (
	counted struct {
		N    int    `json:"n"`
		Text string `json:"text"`
	}
	uncounted struct{}
)

// consumer is a store, and one consumer of its counted events.
type consumer struct {
	*eventstore.Consumer
	store *eventstore.Store
	pool  *pgxpool.Pool
	db    *stdsql.DB
	limit int
}

func newConsumer(t *testing.T) *consumer {
	t.Helper()
	types, err := eventstore.NewTypes(domain.Type[counted]("test.counted.v1"), domain.Type[uncounted]("test.uncounted.v1"))
	if err != nil {
		t.Fatal(err)
	}
	c := &consumer{pool: pgtest.New(t), limit: 100}
	c.store = eventstore.Open(c.pool, types, eventstore.Options{})
	t.Cleanup(c.store.Close)
	c.db = stdlib.OpenDBFromPool(c.pool)
	c.Consumer = &eventstore.Consumer{Name: "test", Version: 1, Types: []string{"test.counted.v1"}, Limit: func() int { return c.limit }}
	if _, err := c.pool.Exec(t.Context(), "INSERT INTO checkpoints (read_table, version, state) VALUES ('test', 1, 'live')"); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *consumer) append(t *testing.T, stream string, events ...any) {
	t.Helper()
	_, err := c.store.Append(t.Context(), domain.Append{
		Origin: domain.Origin{Actor: "giver:\"ж\x1e"},
		Writes: []domain.Write{{Stream: stream, Expect: domain.AnyVersion, Events: events}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// look does what Watermill's subscriber does first: it begins a transaction and reads a batch.
func (c *consumer) look(t *testing.T) (*stdsql.Tx, *eventstore.Batch) {
	t.Helper()
	tx, err := c.db.BeginTx(t.Context(), &stdsql.TxOptions{Isolation: c.SubscribeIsolationLevel()})
	if err != nil {
		t.Fatal(err)
	}
	q := c.SelectQuery("", "", nil)
	rows, err := tx.QueryContext(t.Context(), q.Query, q.Args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		if _, err := c.UnmarshalMessage(rows); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return tx, c.Batch()
}

// ack does what it does last.
func (c *consumer) ack(t *testing.T, tx *stdsql.Tx) {
	t.Helper()
	q := c.AckMessageQuery("", sql.Row{}, "")
	if _, err := tx.ExecContext(t.Context(), q.Query, q.Args...); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

func (c *consumer) place(t *testing.T) string {
	t.Helper()
	var place string
	err := c.pool.QueryRow(t.Context(), "SELECT concat_ws(' ', position, state, failed_at, error) FROM checkpoints").Scan(&place)
	if err != nil {
		t.Fatal(err)
	}
	return place
}

func TestABatchIsARunOfEvents(t *testing.T) {
	t.Parallel()
	c := newConsumer(t)
	if tx, b := c.look(t); b != nil || tx.Rollback() != nil {
		t.Fatalf("an empty log gave %+v", b)
	}
	odd := "odd-\"\\ж\x1e\x1f\n"
	c.append(t, odd, counted{1, "\x00\x1e\x1f\u2028\"<"}, uncounted{}, counted{2, "two"})
	c.append(t, "even", counted{3, strings.Repeat("long ", 10_000)}, uncounted{})

	c.limit = 4
	tx, b := c.look(t)
	if b.After != 0 || b.Last != 4 || b.Count != 4 || len(b.Events) != 3 {
		t.Fatalf("first batch: %+v", b)
	}
	var stored []domain.Recorded
	for e, err := range c.store.Read(t.Context(), eventstore.Query{Types: c.Types}) {
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, e)
	}
	for i, raw := range b.Events {
		if e, err := c.store.Types().DecodeRaw(raw); err != nil || e != stored[i] {
			t.Errorf("event %d\n got %.200v\nwant %.200v (%v)", i+1, e, stored[i], err)
		}
	}
	if other, b := c.look(t); b != nil || other.Rollback() != nil {
		t.Errorf("a second process got the batch too: %+v", b)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}

	tx, _ = c.look(t)
	c.ack(t, tx)
	tx, b = c.look(t)
	if b.After != 4 || b.Last != 5 || b.Count != 1 || len(b.Events) != 0 {
		t.Fatalf("second batch: %+v", b)
	}
	c.ack(t, tx)
	if tx, b := c.look(t); b != nil || tx.Rollback() != nil {
		t.Fatalf("the end of the log gave %+v", b)
	}
}

func TestTheCheckpointSaysWhatBecameOfABatch(t *testing.T) {
	t.Parallel()
	c := newConsumer(t)
	c.append(t, "s", counted{1, ""}, counted{2, ""})
	tx, b := c.look(t)
	b.UpTo, b.FailedAt, b.Failure = 1, 2, "no"
	c.ack(t, tx)
	if got := c.place(t); got != "1 stopped 2 no" {
		t.Error(got)
	}
	tx, _ = c.look(t)
	c.ack(t, tx)
	if got := c.place(t); got != "2 live" {
		t.Error(got)
	}
}

func TestWhatARebuildMakesIsLeftToIt(t *testing.T) {
	t.Parallel()
	c := newConsumer(t)
	c.append(t, "s", counted{1, ""})
	if _, err := c.pool.Exec(t.Context(), "UPDATE checkpoints SET state = 'building'"); err != nil {
		t.Fatal(err)
	}
	if tx, b := c.look(t); b != nil || tx.Rollback() != nil {
		t.Fatalf("got %+v", b)
	}
}

func TestSignal(t *testing.T) {
	t.Parallel()
	c := newConsumer(t)
	s := eventstore.NewSignal(c.pool, slog.New(slog.DiscardHandler))
	_, listening := s.Next()
	ended := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { s.Run(ctx); close(ended) }()
	t.Cleanup(func() { cancel(); <-ended })
	<-listening
	_, announced := s.Next()
	c.append(t, "s", counted{}, counted{})
	<-announced
	head, again := s.Next()
	if head != 2 {
		t.Errorf("announced %d, want 2", head)
	}
	if _, err := c.pool.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`); err != nil {
		t.Fatal(err)
	}
	<-again // a reconnection says "look", since something may have been missed
	_, announced = s.Next()
	if _, err := c.pool.Exec(t.Context(), "SELECT pg_notify($1, 'no number')", eventstore.Channel); err != nil {
		t.Fatal(err)
	}
	<-announced
}
