package projections

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"gifty/domain"
	"gifty/eventstore"
)

// batch applies one run of events to a table, inside the transaction that moves its checkpoint.
type batch struct {
	table *table
	types *eventstore.Types
	tx    session
	// careful works under a savepoint, so that a refused run can be taken apart. It costs a round
	// trip, so the first attempt goes without.
	careful bool
}

// errTakeCare asks for the batch once more, carefully: the database has refused something, and the
// transaction is lost.
var errTakeCare = errors.New("the database refused a batch")

// refusal is an event that a table can't apply. It stops the table; an outage does not.
type refusal struct {
	index int // of the event in the run; unknownEvent when the database refused the run as a whole
	cause error
}

const unknownEvent = -1

func (r *refusal) Error() string { return r.cause.Error() }
func (r *refusal) Unwrap() error { return r.cause }

// apply applies as many events as it can, in order, and tells how many. When that is not all of
// them, refused says why the next one was not. An error is an outage or errTakeCare: roll back.
func (b *batch) apply(ctx context.Context, raw []eventstore.RawEvent) (applied int, refused *refusal, err error) {
	decoder := eventstore.Decoder{Types: b.types}
	if err := decoder.Load(ctx, raw); err != nil {
		return 0, nil, err
	}
	events, refused := decode(&decoder, raw)
	if len(events) == 0 {
		return 0, refused, nil
	}
	if b.careful {
		if err := b.tx.exec(ctx, "SAVEPOINT batch"); err != nil {
			return 0, nil, err
		}
	}
	for {
		err := b.attempt(ctx, events)
		var r *refusal
		switch {
		case err == nil:
			return len(events), refused, nil
		case !errors.As(err, &r):
			return 0, nil, err
		case r.index == unknownEvent && !b.careful:
			return 0, nil, errTakeCare
		case r.index == unknownEvent:
			return b.bisect(ctx, events, r)
		}
		events, refused = events[:r.index], r // nothing was written yet
	}
}

// bisect finds the event that makes the database refuse the run, and applies those before it.
func (b *batch) bisect(ctx context.Context, events []domain.Recorded, refused *refusal) (int, *refusal, error) {
	good := 0
	for bad := len(events); bad-good > 1; {
		middle := (good + bad) / 2
		err := b.attemptAgain(ctx, events[:middle])
		var r *refusal
		switch {
		case err == nil:
			good = middle
		case errors.As(err, &r):
			bad, refused = middle, r
		default:
			return 0, nil, err
		}
	}
	// The longest run that works may have been undone by a later attempt.
	if err := b.attemptAgain(ctx, events[:good]); err != nil {
		return 0, nil, fmt.Errorf("events that were applied a moment ago are refused: %w", err)
	}
	return good, refused, nil
}

func (b *batch) attemptAgain(ctx context.Context, events []domain.Recorded) error {
	if err := b.tx.exec(ctx, "ROLLBACK TO SAVEPOINT batch"); err != nil {
		return err
	}
	return b.attempt(ctx, events)
}

// attempt loads what the events change, folds, and stores. Its error is a refusal or an outage.
func (b *batch) attempt(ctx context.Context, events []domain.Recorded) error {
	if len(events) == 0 {
		return nil
	}
	f := b.table.begin()
	for i, e := range events {
		if err := guard(i, func() error { f.need(e); return nil }); err != nil {
			return err
		}
	}
	if err := b.load(ctx, f); err != nil {
		return classify(err)
	}
	for i, e := range events {
		if err := guard(i, func() error { return f.fold(e) }); err != nil {
			return err
		}
	}
	c, err := f.changes()
	if err != nil {
		return &refusal{unknownEvent, err}
	}
	return classify(b.store(ctx, c))
}

// decode stops at the first event that can't be decoded.
func decode(decoder *eventstore.Decoder, raw []eventstore.RawEvent) (events []domain.Recorded, refused *refusal) {
	events = make([]domain.Recorded, 0, len(raw))
	for i, r := range raw {
		err := guard(i, func() error {
			e, err := decoder.Decode(r)
			events = append(events, e)
			return err
		})
		if errors.As(err, &refused) {
			return events[:i], refused
		}
	}
	return events, nil
}

// guard makes an error or panic of one event's rules its refusal.
func guard(index int, rule func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &refusal{index, fmt.Errorf("panic: %v", p)}
		}
	}()
	if err := rule(); err != nil {
		return &refusal{index, err}
	}
	return nil
}

func (b *batch) load(ctx context.Context, f folding) error {
	n, err := f.needs()
	if err != nil {
		return &refusal{unknownEvent, err}
	}
	if n.keys != nil {
		if err := b.loadRows(ctx, f, b.table.sql.loadKeys, n.keys); err != nil {
			return err
		}
	}
	for column, values := range n.values {
		j, err := json.Marshal(values)
		if err != nil {
			return &refusal{unknownEvent, err}
		}
		if err := b.loadRows(ctx, f, b.table.sql.loadHaving[column], j); err != nil {
			return err
		}
	}
	if len(n.blobs) > 0 {
		return b.loadBlobs(ctx, f, n.blobs)
	}
	return nil
}

func (b *batch) loadRows(ctx context.Context, f folding, query string, arg []byte) error {
	found, err := b.tx.text(ctx, query, arg)
	if err != nil {
		return err
	}
	if err := f.load(ctx, []byte(found)); err != nil {
		return &refusal{unknownEvent, err}
	}
	return nil
}

const readBlobs = `SELECT sha256, bytes FROM blobs WHERE sha256 = ANY($1)`

func (b *batch) loadBlobs(ctx context.Context, f folding, shas [][]byte) error {
	return b.tx.pairs(ctx, f.loadBlob, readBlobs, shas)
}

// store writes what changed. Rows go before others come, so that a unique value may change hands.
func (b *batch) store(ctx context.Context, c changes) error {
	if c.removes != nil {
		if err := b.tx.exec(ctx, b.table.sql.remove, c.removes); err != nil {
			return err
		}
	}
	if c.upserts != nil {
		if err := b.tx.exec(ctx, b.table.sql.upsert, c.upserts); err != nil {
			return err
		}
	}
	return nil
}

// classify makes a refusal of what the database will say again however often it is asked.
func classify(err error) error {
	var r *refusal
	var pg *pgconn.PgError
	switch {
	case err == nil, errors.As(err, &r), !errors.As(err, &pg), eventstore.IsOutage(err), passing(pg):
		return err
	}
	return &refusal{unknownEvent, err}
}

// passing are errors of the session rather than of the data: a plan or statement that is gone, a
// lock or the connection's transaction timing out.
func passing(e *pgconn.PgError) bool {
	switch {
	case strings.HasPrefix(e.Code, "25"), strings.HasPrefix(e.Code, "26"), strings.HasPrefix(e.Code, "55"):
		return true
	}
	return planChanged(e)
}
