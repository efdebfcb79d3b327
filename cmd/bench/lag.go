package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-sql/v3/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"gifty/domain"
	"gifty/domain/recipient"
	"gifty/eventstore"
	readrecipient "gifty/projections/recipient"
)

// kernel is the log and every read table on a database of its own, followed.
type kernel struct {
	*past
	store *eventstore.Store
	close func()
}

func newKernel(ctx context.Context, env environment) (*kernel, error) {
	p, err := newPast(ctx, env, 0)
	if err != nil {
		return nil, err
	}
	store := eventstore.Open(p.pool, p.types, eventstore.Options{Logger: p.logger})
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- p.engine.Run(running) }()
	return &kernel{past: p, store: store, close: func() {
		stop()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			p.logger.Error("the projectors ended with an error", "error", err)
		}
		store.Close()
		p.close()
	}}, nil
}

const (
	lagRate = 500 // commands a second
	lagTime = 10 * time.Second
	warmUp  = 2 * time.Second // connections open, statements are prepared: measured by nobody's clock
)

// benchLag issues commands at a steady rate and measures, for each, the time from its answer until
// a query that waits for it has the row.
func benchLag(ctx context.Context, env environment) error {
	k, err := newKernel(ctx, env)
	if err != nil {
		return err
	}
	defer k.close()
	commands := recipient.Commands{Log: k.store, Env: domain.Environment{
		Now: time.Now, NewID: func() uuid.UUID { return uuid.Must(uuid.NewV7()) },
	}}
	ctx = domain.WithPrincipal(ctx, domain.LocalGiver)
	age := 40
	ours, err := atRate(ctx, func(ctx context.Context) (float64, error) {
		out, err := commands.Create(ctx, recipient.CreateRecipient{Profile: recipient.Profile{Name: "Bench", Age: &age, Interests: []string{"fishing"}}})
		if err != nil {
			return 0, err
		}
		answered := time.Now()
		waiting, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		if err := k.engine.Wait(waiting, out.Position, readrecipient.Recipients.Name); err != nil {
			return 0, err
		}
		_, err = readrecipient.Get(ctx, k.pool, domain.LocalGiver.Giver, out.Result.RecipientID)
		return float64(time.Since(answered).Microseconds()) / 1000, err
	})
	if err != nil {
		return err
	}
	stock, err := stockLag(ctx, k.pool)
	if err != nil {
		return err
	}
	print("lag.p50_ms", median(ours), "ms")
	print("lag.p99_ms", percentile(ours, 0.99), "ms")
	print("lag.stock_p50_ms", median(stock), "ms")
	return nil
}

// atRate calls measure at lagRate for a warm-up and lagTime, each call in a goroutine of its own,
// and returns what the calls after the warm-up measured.
func atRate(ctx context.Context, measure func(context.Context) (float64, error)) ([]float64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	var ms []float64
	var wg sync.WaitGroup
	tick := time.NewTicker(time.Second / lagRate)
	defer tick.Stop()
	counted := time.Now().Add(warmUp)
	for now := time.Now(); now.Before(counted.Add(lagTime)) && ctx.Err() == nil; now = <-tick.C {
		wg.Go(func() {
			v, err := measure(ctx)
			if err != nil {
				cancel(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if now.After(counted) {
				ms = append(ms, v)
			}
		})
	}
	wg.Wait()
	return ms, context.Cause(ctx)
}

// stockLag is the same with watermill-sql as it comes: its schema, its subscriber with default
// settings, a handler that writes a row a message in the message's transaction. It runs a short
// while, because a backlog at the same rate would only grow.
func stockLag(ctx context.Context, pool *pgxpool.Pool) ([]float64, error) {
	publisher, err := stockPublisher(pool)
	if err != nil {
		return nil, err
	}
	if _, err := pool.Exec(ctx, `CREATE TABLE stock_rows (id uuid PRIMARY KEY, payload json NOT NULL)`); err != nil {
		return nil, err
	}
	subscriber, err := sql.NewSubscriber(stdlib.OpenDBFromPool(pool), sql.SubscriberConfig{
		SchemaAdapter: sql.DefaultPostgreSQLSchema{}, OffsetsAdapter: sql.DefaultPostgreSQLOffsetsAdapter{}, InitializeSchema: true,
	}, watermill.NopLogger{})
	if err != nil {
		return nil, err
	}
	messages, err := subscriber.Subscribe(ctx, "bench")
	if err != nil {
		return nil, err
	}
	defer subscriber.Close()
	var sent sync.Map // message id → when its publishing was answered
	shown := make(chan float64, 2*stockCount)
	go showStock(messages, &sent, shown)
	tick := time.NewTicker(time.Second / lagRate)
	defer tick.Stop()
	for range stockCount {
		<-tick.C
		payload, err := json.Marshal(newNoted())
		if err != nil {
			return nil, err
		}
		m := message.NewMessage(watermill.NewUUID(), payload)
		if err := publisher.Publish("bench", m); err != nil {
			return nil, err
		}
		sent.Store(m.UUID, time.Now())
	}
	return collectStock(shown)
}

const (
	stockCount   = 2 * lagRate
	stockTimeout = 30 * time.Second
)

// showStock writes a row a message and tells how long after its publishing the row was there.
func showStock(messages <-chan *message.Message, sent *sync.Map, shown chan<- float64) {
	for m := range messages {
		tx, ok := sql.TxFromContext(m.Context())
		if !ok {
			return
		}
		if _, err := tx.ExecContext(m.Context(), `INSERT INTO stock_rows VALUES ($1, $2) ON CONFLICT DO NOTHING`, m.UUID, string(m.Payload)); err != nil {
			return
		}
		m.Ack()
		if at, ok := sent.Load(m.UUID); ok {
			shown <- float64(time.Since(at.(time.Time)).Microseconds()) / 1000
		}
	}
}

// collectStock waits for half of the messages: the first may have been shown before their
// publishing was answered.
func collectStock(shown <-chan float64) ([]float64, error) {
	var ms []float64
	deadline := time.After(stockTimeout)
	for len(ms) < stockCount/2 {
		select {
		case v := <-shown:
			ms = append(ms, v)
		case <-deadline:
			return nil, fmt.Errorf("stock watermill showed %d of %d messages in %s", len(ms), stockCount, stockTimeout)
		}
	}
	return ms, nil
}
