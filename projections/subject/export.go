// Package subject looks for what is kept of a person: all of it for the person, and whether anything is
// left for who has been erased.
package subject

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	"gifty/projections"
)

// Export is all that is known of somebody.
type Export struct {
	Subjects []uuid.UUID                  `json:"subjects" doc:"Whom it is of: recipients, and the giver's ids."`
	Events   []Event                      `json:"events" doc:"What happened, in order."`
	Tables   map[string][]json.RawMessage `json:"tables" doc:"Rows by read table."`
	Blobs    []Blob                       `json:"blobs" doc:"Pages as they were served, and replies of language models as they came."`
}

// Event is something that happened.
type Event struct {
	Position   domain.Position `json:"position"`
	Type       string          `json:"type"`
	OccurredAt time.Time       `json:"occurred_at"`
	Payload    json.RawMessage `json:"payload"`
}

// Blob is content that events name by its hash.
type Blob struct {
	SHA256  string `json:"sha256"`
	Content string `json:"content"`
}

// eventsOf looks through the whole log: who is named in an event, by whom it was caused, or whose stream it
// is in.
const eventsOf = `SELECT position, type, occurred_at, payload FROM events, unnest($1::text[]) AS id
	WHERE strpos(payload::text, id) > 0 OR metadata->>'actor' = 'giver:' || id OR right(stream, 36) = id
	GROUP BY position ORDER BY position`

// collect gathers what is known of these people.
func collect(ctx context.Context, engine *projections.Engine, pool *pgxpool.Pool, people []uuid.UUID) (e Export, err error) {
	e = Export{Subjects: people, Events: []Event{}, Tables: map[string][]json.RawMessage{}, Blobs: []Blob{}}
	if e.Tables, err = engine.RowsOf(ctx, people...); err != nil {
		return e, err
	}
	types := engine.Types()
	rows, err := pool.Query(ctx, eventsOf, texts(people))
	if err != nil {
		return e, err
	}
	if e.Events, err = pgx.CollectRows(rows, scanEvent); err != nil {
		return e, err
	}
	for i, v := range e.Events {
		if e.Events[i].Payload, err = types.Current(v.Type, v.Payload); err != nil {
			return e, err
		}
	}
	if types.Keys() == nil {
		return e, nil
	}
	for _, id := range people {
		err := types.Keys().Blobs(ctx, id, func(sum, content []byte) {
			e.Blobs = append(e.Blobs, Blob{hex.EncodeToString(sum), string(content)})
		})
		if err != nil {
			return e, err
		}
	}
	return e, nil
}

// scanEvent reads an event as it is stored.
func scanEvent(row pgx.CollectableRow) (e Event, err error) {
	var payload []byte
	err = row.Scan(&e.Position, &e.Type, &e.OccurredAt, &payload)
	e.OccurredAt, e.Payload = e.OccurredAt.UTC(), payload
	return e, err
}

func texts(ids []uuid.UUID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id.String()
	}
	return out
}
