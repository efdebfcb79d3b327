package eventstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"gifty/domain"
)

// Query narrows a read of the log. The zero value reads everything.
type Query struct {
	After  domain.Position // exclusive
	UpTo   domain.Position // inclusive; 0: up to the head
	Stream string          // one stream only
	Types  []string        // stored names
}

// page is how many events one round trip fetches.
const page = 2000

const (
	columns     = `position, stream, version, type, event_id, occurred_at, payload, metadata`
	readStreams = `SELECT ` + columns + ` FROM events WHERE stream = ANY($1) ORDER BY stream, version`
	readLog     = `SELECT ` + columns + ` FROM events
		WHERE position > $1 AND position <= $2 AND ($3 = '' OR stream = $3) AND ($4::text[] IS NULL OR type = ANY($4))
		ORDER BY position LIMIT $5`
	readHead = `SELECT position FROM log_head`
)

// Streams returns the events of each named stream, in order.
func (s *Store) Streams(ctx context.Context, names ...string) (map[string][]domain.Recorded, error) {
	rows, err := s.own.Query(ctx, readStreams, names)
	if err != nil {
		return nil, s.unanswered(err)
	}
	events, err := s.collect(ctx, rows)
	if err != nil {
		return nil, s.unanswered(err)
	}
	streams := make(map[string][]domain.Recorded, len(names))
	for _, e := range events {
		streams[e.Stream] = append(streams[e.Stream], e)
	}
	return streams, nil
}

// Read yields events in the log's order, a page a round trip, each page decoded before the first
// of it is yielded. It stops at the first error, which it yields.
func (s *Store) Read(ctx context.Context, q Query) iter.Seq2[domain.Recorded, error] {
	return func(yield func(domain.Recorded, error) bool) {
		upTo := q.UpTo
		if upTo == 0 {
			head, err := s.Head(ctx)
			if err != nil {
				yield(domain.Recorded{}, err)
				return
			}
			upTo = head
		}
		var types []string // NULL when empty
		if len(q.Types) > 0 {
			types = q.Types
		}
		for after := q.After; after < upTo; {
			rows, err := s.pool.Query(ctx, readLog, after, upTo, q.Stream, types, page)
			var events []domain.Recorded
			if err == nil {
				events, err = s.collect(ctx, rows)
			}
			if err != nil {
				yield(domain.Recorded{}, s.unanswered(err))
				return
			}
			for _, e := range events {
				if !yield(e, nil) {
					return
				}
			}
			if len(events) < page {
				return
			}
			after = events[len(events)-1].Position
		}
	}
}

// Head is the position of the last committed event, 0 for an empty log.
func (s *Store) Head(ctx context.Context) (head domain.Position, err error) {
	if err := s.pool.QueryRow(ctx, readHead).Scan(&head); err != nil {
		return 0, s.unanswered(err)
	}
	return head, nil
}

// Command returns what is stored for a command id.
func (s *Store) Command(ctx context.Context, id uuid.UUID) (domain.StoredCommand, bool, error) {
	rows, err := s.own.Query(ctx, knownCommands, [][16]byte{id})
	if err != nil {
		return domain.StoredCommand{}, false, s.unanswered(err)
	}
	known, err := s.scanCommands(rows)
	if err != nil {
		return domain.StoredCommand{}, false, s.unanswered(err)
	}
	c, ok := known[id]
	if ok {
		c.Result, err = s.openResult(ctx, id, c.Result)
	}
	return c, ok, s.unanswered(err)
}

func errNoBlob(sha256 []byte) error {
	return domain.NotFound("blob_not_found", "there is no blob %x", sha256)
}

// stored is an event as it is read, before it is decoded.
type stored struct {
	domain.Recorded
	payload []byte
}

func (s *Store) collect(ctx context.Context, rows pgx.Rows) ([]domain.Recorded, error) {
	read, err := pgx.CollectRows(rows, scanStored)
	if err != nil {
		return nil, err
	}
	keys, err := s.types.keysFor(ctx, func(yield func(string, []byte) bool) {
		for _, e := range read {
			if !yield(e.Type, e.payload) {
				return
			}
		}
	})
	if err != nil {
		return nil, err
	}
	events := make([]domain.Recorded, len(read))
	for i, e := range read {
		payload, err := s.types.opened(e.Type, e.payload, keys)
		if err == nil {
			e.Event, err = s.types.decodeOpened(e.Type, payload)
		}
		if err != nil {
			return nil, fmt.Errorf("event %d: %w", e.Position, err)
		}
		events[i] = e.Recorded
	}
	return events, nil
}

func scanStored(row pgx.CollectableRow) (e stored, err error) {
	var metadata []byte
	err = row.Scan(&e.Position, &e.Stream, &e.Version, &e.Type, &e.EventID, &e.OccurredAt, &e.payload, &metadata)
	if err != nil {
		return e, err
	}
	e.OccurredAt = e.OccurredAt.UTC()
	if err := json.Unmarshal(metadata, &e.Origin); err != nil {
		return e, fmt.Errorf("event %d: metadata: %w", e.Position, err)
	}
	return e, nil
}

// unanswered marks an outage as such, and what fails because the store is closed, and leaves other
// errors, and nil, alone.
func (s *Store) unanswered(err error) error {
	var known *domain.Error
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case isOutage(err):
		return domain.Unavailable("log_unavailable", "the log's database does not answer; retry in a moment").Because(err)
	case s.stopped.Err() != nil:
		return errClosed.Because(err)
	}
	return err
}
