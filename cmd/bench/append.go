package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-sql/v3/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"gifty/domain"
	"gifty/eventstore"
)

// noted is a realistic small event: an interaction of about 250 bytes of JSON.
type noted struct {
	RecipientID uuid.UUID         `json:"recipient_id"`
	SessionID   string            `json:"session_id"`
	Action      string            `json:"action"`
	TargetType  string            `json:"target_type"`
	TargetID    string            `json:"target_id"`
	Metadata    map[string]string `json:"metadata"`
}

func newNoted() noted {
	return noted{RecipientID: uuid.New(), SessionID: uuid.NewString(), Action: "like", TargetType: "product",
		TargetID: "demo:en-" + uuid.NewString(), Metadata: map[string]string{"placement": "preview"}}
}

// writer is one way to append: it runs one command and returns when that is durable.
type writer struct {
	name  string
	write func(ctx context.Context) error
}

// yardsticks are our appender and what it is measured against, on one server.
func yardsticks(ctx context.Context, url string) (writers []writer, batchMean func() float64, cleanup func(), err error) {
	types, err := eventstore.NewTypes(domain.Type[noted]("bench.noted.v1"))
	if err != nil {
		return nil, nil, nil, err
	}
	pool, err := newPool(ctx, url, 32)
	if err != nil {
		return nil, nil, nil, err
	}
	var commands, batches atomic.Int64
	ours := eventstore.Open(pool, types, eventstore.Options{Committed: func(n, _ int, _ time.Duration) {
		commands.Add(int64(n))
		batches.Add(1)
	}})
	stock, err := stockPublisher(pool)
	if err != nil {
		return nil, nil, nil, err
	}
	if _, err := pool.Exec(ctx, `CREATE TABLE bench_raw (id bigserial PRIMARY KEY, event_id uuid NOT NULL, payload json NOT NULL)`); err != nil {
		return nil, nil, nil, err
	}
	writers = []writer{
		{"commands", command(ours)},
		{"raw_insert", func(ctx context.Context) error {
			payload, err := json.Marshal(newNoted())
			if err == nil {
				_, err = pool.Exec(ctx, `INSERT INTO bench_raw (event_id, payload) VALUES ($1, $2)`, uuid.New(), payload)
			}
			return err
		}},
		{"stock_watermill", func(context.Context) error {
			payload, err := json.Marshal(newNoted())
			if err != nil {
				return err
			}
			return stock.Publish("bench", message.NewMessage(watermill.NewUUID(), payload))
		}},
		{"naive", naive(pool)},
	}
	mean := func() float64 { return float64(commands.Load()) / max(1, float64(batches.Load())) }
	return writers, mean, func() { ours.Close(); pool.Close() }, nil
}

// command is one complete command: a new aggregate's stream, an expected version, an idempotency
// key and a stored result.
func command(store *eventstore.Store) func(context.Context) error {
	return func(ctx context.Context) error {
		e := newNoted()
		id := uuid.Must(uuid.NewV7())
		_, err := store.Append(ctx, domain.Append{CommandID: id, RequestHash: id[:], Result: []byte(`{"id":"` + e.SessionID + `"}`),
			Origin: domain.Origin{Actor: "giver:bench"},
			Writes: []domain.Write{{Stream: "interaction-" + id.String(), Expect: domain.NoStream, Events: []any{e}}}})
		return err
	}
}

func stockPublisher(pool *pgxpool.Pool) (*sql.Publisher, error) {
	db := stdlib.OpenDBFromPool(pool)
	publisher, err := sql.NewPublisher(db, sql.PublisherConfig{SchemaAdapter: sql.DefaultPostgreSQLSchema{}, AutoInitializeSchema: true}, watermill.NopLogger{})
	if err != nil {
		return nil, err
	}
	// The first message creates the table, which several callers at once can't do.
	return publisher, publisher.Publish("bench", message.NewMessage(watermill.NewUUID(), []byte("{}")))
}

func benchAppend(ctx context.Context, env environment) error {
	for _, callers := range []int{128, 512, 8} {
		if err := appendRounds(ctx, env, callers); err != nil {
			return err
		}
	}
	return nil
}

const (
	rounds    = 5
	roundTime = 2 * time.Second
)

// appendRounds runs the writers in turn, several rounds, and prints medians and the medians of
// the rounds' ratios.
func appendRounds(ctx context.Context, env environment, callers int) error {
	url, drop, err := env.database(ctx)
	if err != nil {
		return err
	}
	defer drop()
	writers, batchMean, cleanup, err := yardsticks(ctx, url)
	if err != nil {
		return err
	}
	defer cleanup()
	rates := map[string][]float64{}
	var p99 []float64
	for range rounds {
		for _, w := range writers {
			rate, latencies, err := drive(ctx, callers, roundTime, w.write)
			if err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			rates[w.name] = append(rates[w.name], rate)
			if w.name == "commands" {
				p99 = append(p99, percentile(latencies, 0.99))
			}
		}
	}
	group := "append"
	if callers != 128 {
		group = fmt.Sprint("append", callers)
	}
	for _, w := range writers {
		print(group+"."+w.name+"_per_s", median(rates[w.name]), "commands/s")
	}
	for name, yardstick := range map[string]string{"ratio_raw": "raw_insert", "ratio_watermill": "stock_watermill", "ratio_naive": "naive"} {
		print(group+"."+name, medianRatio(rates["commands"], rates[yardstick]), "x")
	}
	print(group+".p99_ms", median(p99), "ms")
	print(group+".batch_mean", batchMean(), "commands")
	return nil
}

// drive has callers call write back to back for a while. It returns calls a second and every
// call's latency in milliseconds.
func drive(ctx context.Context, callers int, d time.Duration, write func(context.Context) error) (float64, []float64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	all := make([][]float64, callers)
	began := time.Now()
	end := began.Add(d)
	for i := range callers {
		wg.Go(func() {
			for now := time.Now(); now.Before(end) && ctx.Err() == nil; {
				if err := write(ctx); err != nil {
					cancel(err)
					return
				}
				done := time.Now()
				all[i] = append(all[i], float64(done.Sub(now).Microseconds())/1000)
				now = done
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return 0, nil, err
	}
	latencies := slices.Concat(all...)
	return float64(len(latencies)) / time.Since(began).Seconds(), latencies, nil
}
