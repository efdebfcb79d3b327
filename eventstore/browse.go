package eventstore

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
)

// Filter says which events somebody wants to look at. The zero value wants all.
type Filter struct {
	Types       []string        // stored names
	Stream      string          // one stream only
	Streams     []string        // these streams only; nil: all
	After       domain.Position // exclusive
	UpTo        domain.Position // inclusive; 0: up to the head
	From, To    time.Time       // when it occurred: from inclusive, to exclusive; zero: no bound
	Actor       string          // as Origin has it
	Correlation uuid.UUID
	Field       string            // JSON names in the payload with dots between; empty: whatever it says
	Is          []string          // what this field holds: one of these, as text
	Positions   []domain.Position // these events only; nil: all
	Newest      bool              // newest first
	Limit       int               // events at most; 0: all
}

// Entry is an event as it is stored: what it says is not decoded.
type Entry struct {
	domain.Meta
	Payload json.RawMessage
}

// browsePage is how many events one round trip fetches.
const browsePage = 1000

const browse = `SELECT ` + columns + ` FROM events
	WHERE position > $1 AND position <= $2 AND ($3::text[] IS NULL OR type = ANY($3)) AND ($4 = '' OR stream = $4)
		AND ($5::timestamptz IS NULL OR occurred_at >= $5) AND ($6::timestamptz IS NULL OR occurred_at < $6)
		AND ($7 = '' OR metadata->>'actor' = $7) AND ($8 = '' OR metadata->>'correlation_id' = $8)
		AND ($9::text[] IS NULL OR stream = ANY($9)) AND ($10 = '' OR payload #>> string_to_array($10, '.') = ANY($11))
		AND ($12::bigint[] IS NULL OR position = ANY($12))
	ORDER BY position `

// Browse yields the events that a filter wants, in the log's order or against it, as they are
// stored. Without an index on what is asked it looks through the log; ctx ends that.
func Browse(ctx context.Context, pool *pgxpool.Pool, f Filter) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if f.UpTo == 0 {
			if err := pool.QueryRow(ctx, readHead).Scan(&f.UpTo); err != nil {
				yield(Entry{}, away(err))
				return
			}
		}
		left := f.Limit
		for {
			f.Limit = browsePage
			if left > 0 {
				f.Limit = min(left, browsePage)
			}
			page, err := browseOnce(ctx, pool, f)
			if err != nil {
				yield(Entry{}, away(err))
				return
			}
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
			}
			if left -= len(page); len(page) < f.Limit || left == 0 {
				return
			}
			if last := page[len(page)-1].Position; f.Newest {
				f.UpTo = last - 1
			} else {
				f.After = last
			}
		}
	}
}

func browseOnce(ctx context.Context, pool *pgxpool.Pool, f Filter) ([]Entry, error) {
	order, correlation := "ASC", ""
	if f.Newest {
		order = "DESC"
	}
	if f.Correlation != uuid.Nil {
		correlation = f.Correlation.String()
	}
	var types []string // NULL when empty
	if len(f.Types) > 0 {
		types = f.Types
	}
	// Without a prepared plan the server plans for what is asked: one for all would not use the index on streams.
	rows, err := pool.Query(ctx, fmt.Sprintf("%s%s LIMIT %d", browse, order, f.Limit), pgx.QueryExecModeCacheDescribe,
		f.After, f.UpTo, types, f.Stream, moment(f.From), moment(f.To), f.Actor, correlation, f.Streams, f.Field, f.Is, f.Positions)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (e Entry, err error) {
		var payload, metadata []byte
		err = row.Scan(&e.Position, &e.Stream, &e.Version, &e.Type, &e.EventID, &e.OccurredAt, &payload, &metadata)
		e.Payload, e.OccurredAt = payload, e.OccurredAt.UTC()
		if err == nil {
			err = json.Unmarshal(metadata, &e.Origin)
		}
		return e, err
	})
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func away(err error) error {
	if isOutage(err) {
		return domain.Unavailable("log_unavailable", "the log's database does not answer; retry in a moment").Because(err)
	}
	return err
}

// Current is a payload in the shape that its event has today, with what was sealed in its place. One of
// an unknown type stays as it is.
func (t *Types) Current(name string, payload []byte) ([]byte, error) {
	payload, err := t.Opened(name, payload)
	if err != nil {
		return nil, err
	}
	for _, upcast := range t.byName[name].upcasts {
		if payload, err = upcast(payload); err != nil {
			return nil, fmt.Errorf("upcast %s: %w", name, err)
		}
	}
	return payload, nil
}

// Payload is what the event says, as it is stored: JSON, with what is personal sealed.
func (r RawEvent) Payload() []byte { return r.payload }

// Metadata is the event's Origin as it is stored: JSON.
func (r RawEvent) Metadata() []byte { return r.origin }
