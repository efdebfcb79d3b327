package eventstore

import (
	"bytes"
	stdsql "database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-sql/v3/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"

	"gifty/domain"
)

// Consumer is one reader's place in the log, kept in table checkpoints, and Watermill's SchemaAdapter
// and OffsetsAdapter through which a Subscriber reads on from there. One message is a batch: the run of consecutive
// events after the checkpoint. The handler works in the transaction of the message
// (sql.TxFromContext); the checkpoint moves in the same one.
//
// The subscriber must be made by NewSubscriber, and a handler must never nack: Watermill would send
// the message again inside the same transaction, whatever was done in it.
type Consumer struct {
	Name    string   // checkpoints.read_table
	Version int      // checkpoints.version
	Types   []string // stored names of the events it wants; the others only count
	// Limit is how many events a batch spans at most. It may change between batches.
	Limit func() int

	batch *Batch // the one under way
}

// Batch is a run of consecutive events.
type Batch struct {
	After, Last domain.Position // the checkpoint it starts from, and the last event it spans
	Count       int             // events in it; Last-After unless the log has a gap
	Events      []RawEvent      // those of the wanted types, in order

	// What the acknowledgement writes. The handler may lower UpTo and say why.
	UpTo     domain.Position
	FailedAt domain.Position // the event that can't be applied; 0: none
	Failure  string
}

// RawEvent is an event that is not decoded yet: its Origin is still empty.
type RawEvent struct {
	domain.Meta
	origin, payload []byte
}

// DecodeRaw turns a raw event into the registered struct.
func (t *Types) DecodeRaw(r RawEvent) (e domain.Recorded, err error) {
	e.Meta = r.Meta
	if err := json.Unmarshal(r.origin, &e.Origin); err != nil {
		return e, fmt.Errorf("metadata: %w", err)
	}
	e.Event, err = t.Decode(r.Type, r.payload)
	return e, err
}

// Batch is the one that the handler was called for; nil when the last look found nothing to do.
func (c *Consumer) Batch() *Batch { return c.batch }

// noDeadline stands for "none": when an AckDeadline passes Watermill commits whatever the handler
// has done by then, without moving the checkpoint.
const noDeadline = 365 * 24 * time.Hour

// NewSubscriber makes the Watermill subscriber for c. after is called when a batch's transaction has
// ended, or there was nothing to do; it may block until there is, and returns how long to wait then.
func NewSubscriber(db sql.Beginner, c *Consumer, after sql.BackoffManager, logger watermill.LoggerAdapter) (*sql.Subscriber, error) {
	deadline := noDeadline
	return sql.NewSubscriber(db, sql.SubscriberConfig{
		ConsumerGroup:  fmt.Sprintf("%s_v%d", c.Name, c.Version),
		AckDeadline:    &deadline,
		BackoffManager: after,
		SchemaAdapter:  c,
		OffsetsAdapter: c,
	}, logger)
}

// nextBatch locks the checkpoint, unless another process has it, a rebuild is making the table or
// there is nothing new, and returns the next run as one row. Events travel as one text of records: JSON has no control
// characters, so two of them can separate.
//
// Positions are dense, so a range of positions is a run of events, and a row fewer than the range
// is proof of a gap. max(position) is read before the lock is had; when the lock comes late the
// position has moved on, and the row drops out or the range comes up empty at the end of the log.
const nextBatch = `WITH place AS MATERIALIZED (
		SELECT position FROM checkpoints
		WHERE read_table = $1 AND version = $2 AND state IN ('live', 'stopped') AND position < (SELECT max(position) FROM events)
		FOR UPDATE SKIP LOCKED
	)
	SELECT place.position, coalesce(run.last, place.position), run.count, coalesce(run.wanted, '')
	FROM place, LATERAL (
		SELECT max(position) AS last, count(*) AS count,
			string_agg(concat_ws(E'\x1f', position, version, type, event_id,
				round(date_part('epoch', occurred_at) * 1000000)::bigint, to_json(stream), metadata, payload), E'\x1e' ORDER BY position)
				FILTER (WHERE type = ANY($3)) AS wanted
		FROM events WHERE position > place.position AND position <= place.position + $4
	) AS run`

// SelectQuery asks for the next batch.
func (c *Consumer) SelectQuery(string, string, sql.OffsetsAdapter) sql.Query {
	c.batch = nil
	return sql.Query{Query: nextBatch, Args: []any{c.Name, c.Version, c.Types, c.Limit()}}
}

// UnmarshalMessage reads the batch. What the handler needs is in Consumer.Batch.
func (c *Consumer) UnmarshalMessage(row sql.Scanner) (sql.Row, error) {
	b := &Batch{}
	var wanted string
	if err := row.Scan(&b.After, &b.Last, &b.Count, &wanted); err != nil {
		return sql.Row{}, err
	}
	b.UpTo = b.Last
	var err error
	if b.Events, err = splitEvents([]byte(wanted)); err != nil {
		return sql.Row{}, err
	}
	c.batch = b
	offset := int64(max(b.Last, 1)) // 0 would mean "no message"
	return sql.Row{Offset: offset, Msg: message.NewMessage(strconv.FormatInt(offset, 10), nil)}, nil
}

func splitEvents(wanted []byte) ([]RawEvent, error) {
	if len(wanted) == 0 {
		return nil, nil
	}
	events := make([]RawEvent, 0, bytes.Count(wanted, []byte{0x1e})+1)
	for record := range bytes.SplitSeq(wanted, []byte{0x1e}) {
		e, err := parseEvent(record)
		if err != nil {
			return nil, fmt.Errorf("event record %.60q: %w", record, err)
		}
		events = append(events, e)
	}
	return events, nil
}

func parseEvent(record []byte) (e RawEvent, err error) {
	var field [8][]byte
	for i := range field {
		field[i], record, _ = bytes.Cut(record, []byte{0x1f})
	}
	position, err := strconv.ParseInt(string(field[0]), 10, 64)
	if err != nil {
		return e, err
	}
	if e.Version, err = strconv.Atoi(string(field[1])); err != nil {
		return e, err
	}
	if e.EventID, err = uuid.ParseBytes(field[3]); err != nil {
		return e, err
	}
	micros, err := strconv.ParseInt(string(field[4]), 10, 64)
	if err != nil {
		return e, err
	}
	e.Position, e.Type = domain.Position(position), string(field[2])
	e.OccurredAt = time.UnixMicro(micros).UTC()
	if err := json.Unmarshal(field[5], &e.Stream); err != nil {
		return e, err
	}
	e.origin, e.payload = field[6], field[7]
	return e, nil
}

// InsertQuery is never asked for: a Consumer reads.
func (c *Consumer) InsertQuery(string, message.Messages) (sql.Query, error) {
	return sql.Query{}, fmt.Errorf("%s only reads", c.Name)
}

// SchemaInitializingQueries are none: migrations make the log.
func (c *Consumer) SchemaInitializingQueries(string) []sql.Query { return nil }

// SubscribeIsolationLevel must be READ COMMITTED: a lock that was waited for is only worth
// something when what is read next is newer.
func (c *Consumer) SubscribeIsolationLevel() stdsql.IsolationLevel { return stdsql.LevelReadCommitted }

const movePlace = `UPDATE checkpoints SET position = $3, failed_at = $4, error = $5, updated_at = now(),
		state = CASE WHEN $4::bigint IS NOT NULL THEN 'stopped' ELSE 'live' END
	WHERE read_table = $1 AND version = $2`

// AckMessageQuery moves the checkpoint to where the handler came.
func (c *Consumer) AckMessageQuery(string, sql.Row, string) sql.Query {
	b := c.batch
	var failedAt *int64
	var failure *string
	if b.FailedAt > 0 {
		failedAt, failure = (*int64)(&b.FailedAt), &b.Failure
	}
	return sql.Query{Query: movePlace, Args: []any{c.Name, c.Version, int64(b.UpTo), failedAt, failure}}
}

// ConsumedMessageQuery is none.
func (c *Consumer) ConsumedMessageQuery(string, sql.Row, string, []byte) sql.Query {
	return sql.Query{}
}

// NextOffsetQuery is part of SelectQuery's.
func (c *Consumer) NextOffsetQuery(string, string) sql.Query { return sql.Query{} }

// BeforeSubscribingQueries are none: whoever owns the checkpoint makes it.
func (c *Consumer) BeforeSubscribingQueries(string, string) []sql.Query { return nil }
