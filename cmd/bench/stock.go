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

// stockTables are the read tables of the yardstick: columns, defaults and indexes are those of ours.
const stockTables = `DO $$ DECLARE t record; BEGIN
	CREATE SCHEMA stock;
	FOR t IN SELECT read_table, version FROM checkpoints LOOP
		EXECUTE format('CREATE TABLE stock.%I (LIKE %I INCLUDING ALL)', t.read_table, t.read_table || '_v' || t.version);
	END LOOP;
END $$`

// stockFolds is what one message does to each table that folds its event, as one writes it by hand: the
// message is m, with its payload p, its id, when it was, and its position n.
var stockFolds = map[string][]string{
	"recipient.created.v1": {
		`INSERT INTO stock.recipients (id, user_id, name, relation, age, interests, version, created_at, updated_at)
			SELECT (p ->> 'recipient_id')::uuid, (p ->> 'giver_id')::uuid, p ->> 'name', p ->> 'relation', (p ->> 'age')::int, p -> 'interests', 1, at, at FROM m`,
		`INSERT INTO stock.recipient_history (place, recipient_id, what, fields, created_at, updated_at) SELECT n, (p ->> 'recipient_id')::uuid, 'created', '[]', at, at FROM m`},
	"recipient.deleted.v1": {
		`DELETE FROM stock.recipients USING m WHERE recipients.id = (p ->> 'recipient_id')::uuid`,
		`DELETE FROM stock.recipient_history USING m WHERE recipient_id = (p ->> 'recipient_id')::uuid`,
		`DELETE FROM stock.hypotheses USING m WHERE recipient_id = (p ->> 'recipient_id')::uuid`,
		`DELETE FROM stock.hypothesis_product_links USING m WHERE recipient_id = (p ->> 'recipient_id')::uuid`,
		`DELETE FROM stock.interactions USING m WHERE recipient_id = (p ->> 'recipient_id')::uuid`,
		`DELETE FROM stock.search_logs USING m WHERE recipient_id = (p ->> 'recipient_id')::uuid`,
		`DELETE FROM stock.recipient_reactions USING m WHERE recipient_id = (p ->> 'recipient_id')::uuid`},
	"catalogue.product_listed.v1": {
		`INSERT INTO stock.products (gift_id, source, title, description, price, currency, product_url, merchant, category, is_active, content_text, content_hash, giftability, version, created_at, updated_at)
			SELECT p ->> 'gift_id', p ->> 'source', p ->> 'title', p ->> 'description', (p ->> 'price')::numeric, p ->> 'currency', p ->> 'product_url', p ->> 'merchant', p ->> 'category',
				true, concat_ws(' ', p ->> 'title', p ->> 'category', p ->> 'description'), md5(p ->> 'title'), 0.5, 1, at, at FROM m`,
		`INSERT INTO stock.category_maps (external_name, is_verified, source, created_at, updated_at) SELECT p ->> 'category', false, p ->> 'source', at, at FROM m
			ON CONFLICT DO NOTHING`},
	"catalogue.product_price_changed.v1": {
		`UPDATE stock.products SET price = (p ->> 'price')::numeric, currency = p ->> 'currency', version = version + 1, updated_at = at FROM m WHERE gift_id = p ->> 'gift_id'`},
	"discovery.started.v1": {
		`INSERT INTO stock.recipient_history (place, recipient_id, what, fields, session_id, created_at, updated_at)
			SELECT n, (p ->> 'recipient_id')::uuid, 'session', '[]', p ->> 'session_id', at, at FROM m`},
	"discovery.hypothesis_generated.v1": {
		`INSERT INTO stock.hypothesis_outcomes (hypothesis_id, model_name, prompt_version, is_shown, is_clicked, is_bought, created_at, updated_at)
			SELECT (p ->> 'hypothesis_id')::uuid, p ->> 'model', p ->> 'prompt_version', false, false, false, at, at FROM m`,
		stockWay("hypothesis"),
		`INSERT INTO stock.hypotheses (id, session_id, giver_id, recipient_id, track_title, title, description, reasoning, primary_gap, search_queries, is_shown, model_name, prompt_version, configuration, place, version, created_at, updated_at)
			SELECT (p ->> 'hypothesis_id')::uuid, p ->> 'session_id', (p ->> 'giver_id')::uuid, (p ->> 'recipient_id')::uuid, p ->> 'track', p ->> 'title', p ->> 'description', p ->> 'reasoning', p ->> 'gap',
				p -> 'search_queries', false, p ->> 'model', p ->> 'prompt_version', '{}', n, 1, at, at FROM m`,
		`INSERT INTO stock.recipient_history (place, recipient_id, what, fields, session_id, hypothesis_id, title, created_at, updated_at)
			SELECT n, (p ->> 'recipient_id')::uuid, 'hypothesis', '[]', p ->> 'session_id', (p ->> 'hypothesis_id')::uuid, p ->> 'title', at, at FROM m`},
	"discovery.hypothesis_shown.v1": {
		`UPDATE stock.hypothesis_outcomes SET is_shown = true, updated_at = at FROM m WHERE hypothesis_id = (p ->> 'hypothesis_id')::uuid`,
		stockWay("hypothesis"),
		`UPDATE stock.hypotheses SET is_shown = true, version = version + 1, updated_at = at FROM m WHERE hypotheses.id = (p ->> 'hypothesis_id')::uuid`},
	"discovery.products_linked.v1": {
		stockWay("hypothesis"),
		`INSERT INTO stock.hypothesis_product_links (hypothesis_id, gift_id, giver_id, recipient_id, similarity_score, score, rank_position, search_query, was_shown, was_clicked, created_at, updated_at)
			SELECT (p ->> 'hypothesis_id')::uuid, l ->> 'gift_id', (p ->> 'giver_id')::uuid, (p ->> 'recipient_id')::uuid, (l ->> 'similarity')::float8, (l ->> 'score')::float8, (l ->> 'rank')::int, l ->> 'query', false, false, at, at
			FROM m, jsonb_array_elements(p -> 'links') AS l`},
	"discovery.product_shown.v1": {
		`UPDATE stock.hypothesis_product_links SET was_shown = true, updated_at = at FROM m WHERE hypothesis_id = (p ->> 'hypothesis_id')::uuid AND gift_id = p ->> 'gift_id'`},
	"discovery.product_clicked.v1": {
		`UPDATE stock.hypothesis_outcomes SET is_clicked = true, updated_at = at FROM m WHERE hypothesis_id = (p ->> 'hypothesis_id')::uuid`,
		stockWay("hypothesis"),
		`UPDATE stock.hypothesis_product_links SET was_clicked = true, updated_at = at FROM m WHERE hypothesis_id = (p ->> 'hypothesis_id')::uuid AND gift_id = p ->> 'gift_id'`},
	"discovery.hypothesis_liked.v1": {
		`UPDATE stock.hypothesis_outcomes SET reaction = 'like', updated_at = at FROM m WHERE hypothesis_id = (p ->> 'hypothesis_id')::uuid`,
		`UPDATE stock.hypotheses SET user_reaction = 'like', version = version + 1, updated_at = at FROM m WHERE hypotheses.id = (p ->> 'hypothesis_id')::uuid`,
		`INSERT INTO stock.interactions (id, giver_id, recipient_id, session_id, action_type, target_type, target_id, hypothesis_id, place, created_at, updated_at)
			SELECT id, (p ->> 'giver_id')::uuid, (p ->> 'recipient_id')::uuid, p ->> 'session_id', 'like', 'hypothesis', p ->> 'hypothesis_id', (p ->> 'hypothesis_id')::uuid, n, at, at FROM m`,
		`INSERT INTO stock.recipient_history (place, recipient_id, what, fields, session_id, hypothesis_id, action_type, target_type, target_id, created_at, updated_at)
			SELECT n, (p ->> 'recipient_id')::uuid, 'reaction', '[]', p ->> 'session_id', (p ->> 'hypothesis_id')::uuid, 'like', 'hypothesis', p ->> 'hypothesis_id', at, at FROM m`},
	"discovery.interaction_recorded.v1": {
		`INSERT INTO stock.interactions (id, giver_id, recipient_id, session_id, action_type, target_type, target_id, hypothesis_id, metadata, place, created_at, updated_at)
			SELECT (p ->> 'interaction_id')::uuid, (p ->> 'giver_id')::uuid, (p ->> 'recipient_id')::uuid, p ->> 'session_id', p ->> 'action', p ->> 'target_type', p ->> 'target_id', (p ->> 'hypothesis_id')::uuid,
				p -> 'metadata', n, at, at FROM m`,
		`INSERT INTO stock.recipient_reactions (recipient_id, gift_id, giver_id, hypothesis_id, reaction, reacted_at, reacted_event, seen_count, clicked_count, values, created_at, updated_at)
			SELECT (p ->> 'recipient_id')::uuid, p ->> 'target_id', (p ->> 'giver_id')::uuid, (p ->> 'hypothesis_id')::uuid, p ->> 'action', at, id, 0, 0, '[]', at, at FROM m
			ON CONFLICT (recipient_id, gift_id) DO UPDATE SET reaction = excluded.reaction, reacted_at = excluded.reacted_at, reacted_event = excluded.reacted_event, updated_at = excluded.updated_at`,
		`INSERT INTO stock.recipient_history (place, recipient_id, what, fields, session_id, hypothesis_id, action_type, target_type, target_id, metadata, created_at, updated_at)
			SELECT n, (p ->> 'recipient_id')::uuid, 'interaction', '[]', p ->> 'session_id', (p ->> 'hypothesis_id')::uuid, p ->> 'action', p ->> 'target_type', p ->> 'target_id', p -> 'metadata', at, at FROM m`},
	"discovery.catalogue_searched.v1": {
		`INSERT INTO stock.search_logs (id, giver_id, recipient_id, session_id, hypothesis_id, track_title, hypothesis_title, search_context, llm_model, embedding_model, search_query, results_count,
				avg_similarity, top_similarity, top_gift_id, currency, execution_time_ms, engine_version, place, created_at, updated_at)
			SELECT (p ->> 'search_id')::uuid, (p ->> 'giver_id')::uuid, (p ->> 'recipient_id')::uuid, p ->> 'session_id', (p ->> 'hypothesis_id')::uuid, p ->> 'track_title', p ->> 'hypothesis_title',
				p ->> 'context', p ->> 'generator', p ->> 'embedding_model', p ->> 'query', (p ->> 'results_count')::int, (p ->> 'avg_similarity')::float8, (p ->> 'top_similarity')::float8,
				p ->> 'top_gift_id', p ->> 'currency', (p ->> 'execution_ms')::float8, p ->> 'engine_version', n, at, at FROM m`},
}

// stockWay notes in the row of a funnels' entity that it has come a step further.
func stockWay(entity string) string {
	return fmt.Sprintf(`INSERT INTO stock.funnel_ways (kind, id, ways, told, place, until)
		SELECT '%[1]s', (p ->> '%[1]s_id')::uuid, jsonb_build_array(jsonb_build_object('events', 1, 'at', at)), '{}', n, at FROM m
		ON CONFLICT (kind, id) DO UPDATE SET ways = funnel_ways.ways || excluded.ways, place = excluded.place, until = excluded.until`, entity)
}

const stockMessage = `WITH m AS (SELECT $1::jsonb AS p, $2::uuid AS id, $3::timestamptz AS at, $4::bigint AS n) `

const (
	stockBacklog = 20_000
	stockTime    = 10 * time.Second // it slows down as the backlog grows; this is its better side
)

// stockFold gives watermill-sql as it comes, but for batches of 1000, a backlog of the history's
// latest events, and counts how many a second a handler gets through that does the same fold: what each
// says is written to all tables that show it, which have the same indexes as ours.
func stockFold(ctx context.Context, pool *pgxpool.Pool) (float64, error) {
	if _, err := pool.Exec(ctx, stockTables); err != nil {
		return 0, err
	}
	publisher, err := stockPublisher(pool)
	if err != nil {
		return 0, err
	}
	rows, err := pool.Query(ctx, `SELECT event_id::text, type, payload::text, occurred_at::text, position::text FROM events WHERE position > (SELECT position - $1 FROM log_head) ORDER BY position`, stockBacklog)
	if err != nil {
		return 0, err
	}
	var messages message.Messages
	for rows.Next() {
		var id, name, payload, at, position string
		if err := rows.Scan(&id, &name, &payload, &at, &position); err != nil {
			return 0, err
		}
		m := message.NewMessage(id, []byte(payload))
		m.Metadata.Set("type", name)
		m.Metadata.Set("at", at)
		m.Metadata.Set("position", position)
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
	for _, statement := range stockFolds[m.Metadata.Get("type")] {
		if _, err := tx.ExecContext(m.Context(), stockMessage+statement, string(m.Payload), m.UUID, m.Metadata.Get("at"), m.Metadata.Get("position")); err != nil {
			return fmt.Errorf("%s: %w", m.Metadata.Get("type"), err)
		}
	}
	return nil
}
