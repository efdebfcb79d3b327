package eventstore

import (
	"context"
	stdsql "database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-sql/v3/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"

	"gifty/domain"
)

// Keys of a Watermill message's metadata: an event's columns besides id and payload.
const (
	metaPosition = "position"
	metaStream   = "stream"
	metaVersion  = "version"
	metaType     = "type"
	metaOrigin   = "origin"
)

func newMessage(e encodedEvent, position domain.Position, stream string, version int, origin []byte) *message.Message {
	m := message.NewMessage(e.id.String(), e.payload)
	m.Metadata = message.Metadata{
		metaPosition: strconv.FormatInt(int64(position), 10),
		metaStream:   stream,
		metaVersion:  strconv.Itoa(version),
		metaType:     e.typ,
		metaOrigin:   string(origin),
	}
	return m
}

func encodeOrigin(o domain.Origin) []byte {
	b, err := json.Marshal(o)
	if err != nil { // strings and UUIDs only
		panic(err)
	}
	return b
}

// queue takes a statement that is sent later.
type queue func(sql string, args ...any) error

// publish queues the messages' insert on the open transaction, through Watermill's Publisher.
func publish(q queue, messages message.Messages, now time.Time) error {
	config := sql.PublisherConfig{SchemaAdapter: insertAdapter{at: now.UTC().Truncate(time.Microsecond)}}
	p, err := sql.NewPublisher(executor{queue: q}, config, watermill.NopLogger{})
	if err != nil {
		return err
	}
	return p.Publish(topic, messages...)
}

// executor lets Watermill's Publisher write into a pipeline. A Publisher only ever uses
// ExecContext; the rest of the interface is not there.
type executor struct {
	sql.ContextExecutor
	queue queue
}

func (e executor) ExecContext(_ context.Context, query string, args ...any) (stdsql.Result, error) {
	return queued{}, e.queue(query, args...)
}

// queued is the result of a statement that has not run yet.
type queued struct{}

var errQueued = errors.New("the statement is queued; its result is not known yet")

func (queued) LastInsertId() (int64, error) { return 0, errQueued }
func (queued) RowsAffected() (int64, error) { return 0, errQueued }

// insertAdapter is Watermill's SchemaAdapter for appending.
type insertAdapter struct {
	sql.SchemaAdapter // what a Publisher without AutoInitializeSchema never asks for
	at                time.Time
}

const insertEvents = `INSERT INTO events (position, stream, version, type, event_id, occurred_at, payload, metadata)
	SELECT p, s, v, t, e, $1, d::json, m::json
	FROM unnest($2::bigint[], $3::text[], $4::int[], $5::text[], $6::uuid[], $7::text[], $8::text[]) AS x(p, s, v, t, e, d, m)`

// InsertQuery is one statement for any number of messages.
func (a insertAdapter) InsertQuery(_ string, messages message.Messages) (sql.Query, error) {
	n := len(messages)
	positions, versions := make([]int64, n), make([]int32, n)
	streams, types, ids := make([]string, n), make([]string, n), make([][16]byte, n)
	payloads, origins := make([]string, n), make([]string, n)
	for i, m := range messages {
		position, err := strconv.ParseInt(m.Metadata[metaPosition], 10, 64)
		if err != nil {
			return sql.Query{}, fmt.Errorf("message %s: %w", m.UUID, err)
		}
		version, err := strconv.ParseInt(m.Metadata[metaVersion], 10, 32)
		if err != nil {
			return sql.Query{}, fmt.Errorf("message %s: %w", m.UUID, err)
		}
		if ids[i], err = uuid.Parse(m.UUID); err != nil {
			return sql.Query{}, fmt.Errorf("message %s: %w", m.UUID, err)
		}
		positions[i], versions[i] = position, int32(version)
		streams[i], types[i] = m.Metadata[metaStream], m.Metadata[metaType]
		payloads[i], origins[i] = string(m.Payload), m.Metadata[metaOrigin]
	}
	return sql.Query{Query: insertEvents, Args: []any{a.at, positions, streams, versions, types, ids, payloads, origins}}, nil
}
