package main

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// naive gives our guarantees the plain way: a command is a transaction, its statements pipelined
// into two round trips, the head locked from the first to the commit.
func naive(pool *pgxpool.Pool) func(context.Context) error {
	return func(ctx context.Context) error {
		e := newNoted()
		payload, err := json.Marshal(e)
		if err != nil {
			return err
		}
		tx, err := pool.Begin(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback(ctx) }() // after a commit it does nothing
		id := uuid.Must(uuid.NewV7())
		stream := "interaction-" + id.String()
		var head int64
		var version, known int
		ask := &pgx.Batch{}
		ask.Queue(`SELECT position FROM log_head FOR UPDATE`).QueryRow(func(row pgx.Row) error { return row.Scan(&head) })
		ask.Queue(`SELECT coalesce(max(version), 0) FROM events WHERE stream = $1`, stream).QueryRow(func(row pgx.Row) error { return row.Scan(&version) })
		ask.Queue(`SELECT count(*) FROM commands WHERE command_id = $1`, id).QueryRow(func(row pgx.Row) error { return row.Scan(&known) })
		if err := tx.SendBatch(ctx, ask).Close(); err != nil {
			return err
		}
		write := &pgx.Batch{}
		write.Queue(`INSERT INTO events (position, stream, version, type, event_id, occurred_at, payload, metadata)
			VALUES ($1, $2, $3, 'bench.noted.v1', $4, now(), $5, '{"actor":"giver:bench"}')`, head+1, stream, version+1, uuid.New(), payload)
		write.Queue(`INSERT INTO commands (command_id, request_hash, first_position, last_position, result) VALUES ($1, $2, $3, $3, 'null')`, id, id[:], head+1)
		write.Queue(`UPDATE log_head SET position = $1 RETURNING pg_notify('gifty_log', position::text)`, head+1)
		if err := tx.SendBatch(ctx, write).Close(); err != nil {
			return err
		}
		return tx.Commit(ctx)
	}
}
