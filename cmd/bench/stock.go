package main

import (
	"context"
	stdsql "database/sql"
	"fmt"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-sql/v3/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// stockTables are read tables as one writes them by hand; the yardstick's statements keep them.
const stockTables = `
	CREATE TABLE stock_recipients (id text PRIMARY KEY, row jsonb NOT NULL);
	CREATE TABLE stock_products (id text PRIMARY KEY, row jsonb NOT NULL);
	CREATE TABLE stock_hypotheses (id text PRIMARY KEY, row jsonb NOT NULL, shown boolean NOT NULL DEFAULT false, reaction text);
	CREATE TABLE stock_links (hypothesis_id text, gift_id text, row jsonb NOT NULL, shown boolean NOT NULL DEFAULT false, clicked boolean NOT NULL DEFAULT false, PRIMARY KEY (hypothesis_id, gift_id));
	CREATE TABLE stock_interactions (id text PRIMARY KEY, row jsonb NOT NULL);
	CREATE TABLE stock_search_logs (id text PRIMARY KEY, row jsonb NOT NULL)`

// stockFolds is what one message does; $1 is its payload and $2 its id.
var stockFolds = map[string][]string{
	"recipient.created.v1":               {`INSERT INTO stock_recipients VALUES ($1::jsonb ->> 'recipient_id', $1)`},
	"recipient.deleted.v1":               {`DELETE FROM stock_recipients WHERE id = $1::jsonb ->> 'recipient_id'`},
	"catalogue.product_listed.v1":        {`INSERT INTO stock_products VALUES ($1::jsonb ->> 'gift_id', $1)`},
	"catalogue.product_price_changed.v1": {`UPDATE stock_products SET row = row || $1::jsonb WHERE id = $1::jsonb ->> 'gift_id'`},
	"discovery.hypothesis_generated.v1":  {`INSERT INTO stock_hypotheses VALUES ($1::jsonb ->> 'hypothesis_id', $1)`},
	"discovery.hypothesis_shown.v1":      {`UPDATE stock_hypotheses SET shown = true WHERE id = $1::jsonb ->> 'hypothesis_id'`},
	"discovery.products_linked.v1":       {`INSERT INTO stock_links SELECT $1::jsonb ->> 'hypothesis_id', l ->> 'gift_id', l FROM jsonb_array_elements($1::jsonb -> 'links') AS l`},
	"discovery.product_shown.v1":         {`UPDATE stock_links SET shown = true WHERE hypothesis_id = $1::jsonb ->> 'hypothesis_id' AND gift_id = $1::jsonb ->> 'gift_id'`},
	"discovery.product_clicked.v1":       {`UPDATE stock_links SET clicked = true WHERE hypothesis_id = $1::jsonb ->> 'hypothesis_id' AND gift_id = $1::jsonb ->> 'gift_id'`},
	"discovery.hypothesis_liked.v1":      {`UPDATE stock_hypotheses SET reaction = 'like' WHERE id = $1::jsonb ->> 'hypothesis_id'`, `INSERT INTO stock_interactions VALUES ($2, $1::jsonb)`},
	"discovery.interaction_recorded.v1":  {`INSERT INTO stock_interactions VALUES ($1::jsonb ->> 'interaction_id', $1)`},
	"discovery.catalogue_searched.v1":    {`INSERT INTO stock_search_logs VALUES ($1::jsonb ->> 'search_id', $1)`},
}

const (
	stockBacklog = 20_000
	stockTime    = 10 * time.Second // it slows down as the backlog grows; this is its better side
)

// stockFold gives watermill-sql as it comes, but for batches of 1000, a backlog of the history's
// latest events, and counts how many a second a handler gets through that writes what each says.
func stockFold(ctx context.Context, pool *pgxpool.Pool) (float64, error) {
	if _, err := pool.Exec(ctx, stockTables); err != nil {
		return 0, err
	}
	publisher, err := stockPublisher(pool)
	if err != nil {
		return 0, err
	}
	rows, err := pool.Query(ctx, `SELECT event_id::text, type, payload::text FROM events WHERE position > (SELECT position - $1 FROM log_head) ORDER BY position`, stockBacklog)
	if err != nil {
		return 0, err
	}
	var messages message.Messages
	for rows.Next() {
		var id, name, payload string
		if err := rows.Scan(&id, &name, &payload); err != nil {
			return 0, err
		}
		m := message.NewMessage(id, []byte(payload))
		m.Metadata.Set("type", name)
		messages = append(messages, m)
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	for len(messages) > 0 {
		n := min(1000, len(messages))
		if err := publisher.Publish("bench", messages[:n]...); err != nil {
			return 0, err
		}
		messages = messages[n:]
	}
	return drainStock(ctx, pool)
}

func drainStock(ctx context.Context, pool *pgxpool.Pool) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, stockTime)
	defer cancel()
	subscriber, err := sql.NewSubscriber(stdlib.OpenDBFromPool(pool), sql.SubscriberConfig{
		SchemaAdapter: sql.DefaultPostgreSQLSchema{SubscribeBatchSize: 1000}, OffsetsAdapter: sql.DefaultPostgreSQLOffsetsAdapter{}, InitializeSchema: true,
	}, watermill.NopLogger{})
	if err != nil {
		return 0, err
	}
	defer subscriber.Close()
	incoming, err := subscriber.Subscribe(ctx, "bench")
	if err != nil {
		return 0, err
	}
	began, count := time.Now(), 0
	for count < stockBacklog {
		select {
		case m, ok := <-incoming:
			if !ok {
				return float64(count) / time.Since(began).Seconds(), nil
			}
			tx, ok := sql.TxFromContext(m.Context())
			if !ok {
				return 0, fmt.Errorf("the message came without a transaction")
			}
			if err := stockHandle(m, tx); err != nil && ctx.Err() == nil {
				return 0, err
			}
			m.Ack()
			count++
		case <-ctx.Done():
			return float64(count) / time.Since(began).Seconds(), nil
		}
	}
	return float64(count) / time.Since(began).Seconds(), nil
}

func stockHandle(m *message.Message, tx *stdsql.Tx) error {
	for i, statement := range stockFolds[m.Metadata.Get("type")] {
		args := []any{string(m.Payload)}
		if i > 0 {
			args = append(args, m.UUID)
		}
		if _, err := tx.ExecContext(m.Context(), statement, args...); err != nil {
			return err
		}
	}
	return nil
}
