// Package reaction does what follows from events outside of the commands that recorded them: slow
// things, and things that other machines do. What is to be done is a read table, one row an item, which
// goes when the outcome is in the log. So it survives whatever happens to who is at it, and a rebuild
// leaves what is still to be done, and no more. Who is at an item, and how often it went wrong, is kept
// in the table reactions beside it.
//
// Doing must be a command that is refused, or changes nothing, once its outcome is there: an item may
// be tried again when nobody knows what became of the try before.
package reaction

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"gifty/domain"
	"gifty/eventstore"
)

// Item is one thing to do: a row of the reaction's read table.
type Item struct {
	ID            uuid.UUID `json:"id"`
	Subject       uuid.UUID `json:"subject"`
	EventID       uuid.UUID `json:"event_id"` // that asked for it
	CorrelationID uuid.UUID `json:"correlation_id"`
	Attempts      int       `json:"attempts"` // this one counted
	Trace         string    `json:"-"`        // of the event, as domain.Origin has it
}

// Reaction does what a read table says is to be done. The table must have the columns of Item but
// attempts and Trace, and a place by which it is ordered: the event's position.
type Reaction struct {
	Table string
	// Do does it, and returns when its outcome is in the log. After an error it is tried again later,
	// and parked after too many; after a domain.Error other than unavailable and limited, at once.
	Do func(ctx context.Context, item Item) error
	// Park, when set, is told that an item is given up until somebody replays it.
	Park func(ctx context.Context, item Item, reason string) error
}

// Options tune a Worker. The zero value is a sane default.
type Options struct {
	Workers  int           // items at once; 8 when zero
	Attempts int           // until an item is parked; 8 when zero
	First    time.Duration // the first wait after a failure, which doubles; 500 ms when zero
	Longest  time.Duration // of these waits; 2 minutes when zero
	// Lease is for how long nobody else tries an item; who is at it renews it in time. So long it takes
	// until the items of a process that was killed go on. 5 seconds when zero.
	Lease  time.Duration
	Renew  time.Duration                     // how often a lease is renewed; a third of it when zero
	Poll   time.Duration                     // how often to look without a reason; 1 second when zero
	Jitter func(time.Duration) time.Duration // of waits; nil: none
	Logger *slog.Logger
	// Keys seal what went wrong, which may quote what somebody said; nil: it is kept as it is.
	Keys *eventstore.Keys
	// Moved is closed when read tables may hold something new; nil: only Poll.
	Moved func() <-chan struct{}
	// Done, when set, is told of every try: how long it took, and its error.
	Done func(table string, took time.Duration, err error)
	// Tracing is told of every try, in the trace of the command that asked for it; nil: nobody is.
	Tracing trace.TracerProvider
}

func (o Options) withDefaults() Options {
	set := func(d *time.Duration, to time.Duration) {
		if *d <= 0 {
			*d = to
		}
	}
	if o.Workers <= 0 {
		o.Workers = 8
	}
	if o.Attempts <= 0 {
		o.Attempts = 8
	}
	set(&o.First, 500*time.Millisecond)
	set(&o.Longest, 2*time.Minute)
	set(&o.Lease, 5*time.Second)
	set(&o.Renew, o.Lease/3)
	set(&o.Poll, time.Second)
	if o.Jitter == nil {
		o.Jitter = func(d time.Duration) time.Duration { return d }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Moved == nil {
		o.Moved = func() <-chan struct{} { return nil }
	}
	if o.Tracing == nil {
		o.Tracing = noop.NewTracerProvider()
	}
	if o.Done == nil {
		o.Done = func(string, time.Duration, error) {}
	}
	return o
}

// Worker does the items of reactions. Several, in several processes, share them.
type Worker struct {
	db        *pgxpool.Pool
	reactions []Reaction
	opt       Options
	places    chan struct{} // one value an item at work
	ended     chan struct{} // some item has ended
}

// NewWorker makes a worker for these reactions; Run makes it work.
func NewWorker(db *pgxpool.Pool, reactions []Reaction, opt Options) *Worker {
	opt = opt.withDefaults()
	return &Worker{db: db, reactions: reactions, opt: opt, places: make(chan struct{}, opt.Workers), ended: make(chan struct{}, 1)}
}

// Run works until ctx ends; what is under way then is cut short and left to whoever comes next.
func (w *Worker) Run(ctx context.Context) {
	var working sync.WaitGroup
	defer working.Wait()
	poll, tidy := time.NewTicker(w.opt.Poll), time.NewTicker(tidying)
	defer poll.Stop()
	defer tidy.Stop()
	outage := false
	for {
		moved := w.opt.Moved()
		more, err := w.claimAll(ctx, &working)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !outage:
			w.opt.Logger.Warn("reactions wait for the database", "error", err)
		}
		outage = err != nil
		if more {
			moved = nil // nothing more can be begun before something has ended
		}
		if outage {
			moved = nil // at the pace of poll
		}
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
		case <-w.ended:
		case <-moved:
		case <-tidy.C:
			if err := w.tidy(ctx); err != nil && ctx.Err() == nil {
				w.opt.Logger.Warn("cannot tidy up after reactions", "error", err)
			}
		}
	}
}

// tidying is how often notes that nobody needs are dropped.
const tidying = 10 * time.Minute

// claimAll begins what is due, and tells whether all places are taken.
func (w *Worker) claimAll(ctx context.Context, working *sync.WaitGroup) (full bool, err error) {
	for _, r := range w.reactions {
		room := cap(w.places) - len(w.places)
		if room == 0 {
			return true, nil
		}
		items, err := w.claim(ctx, r.Table, room)
		if err != nil {
			return false, err
		}
		for _, item := range items {
			w.places <- struct{}{}
			working.Go(func() {
				w.do(ctx, r, item)
				<-w.places
				select {
				case w.ended <- struct{}{}:
				default:
				}
			})
		}
	}
	return len(w.places) == cap(w.places), nil
}

// claimDue takes the first due items that nobody is at. due_at is set ahead, so others leave them alone.
const claimDue = `WITH due AS (
		SELECT t.id, t.subject, t.event_id, t.correlation_id, t.place
		FROM {table} t LEFT JOIN reactions r ON r.read_table = $1 AND r.item = t.id
		WHERE r.item IS NULL OR r.done_at IS NULL AND r.parked_at IS NULL AND r.due_at <= now()
		ORDER BY t.place LIMIT $2
	), claimed AS (
		INSERT INTO reactions AS r (read_table, item, due_at) SELECT $1, id, now() + $3::interval FROM due
		ON CONFLICT (read_table, item) DO UPDATE SET attempts = r.attempts + 1, due_at = excluded.due_at
			WHERE r.done_at IS NULL AND r.parked_at IS NULL AND r.due_at <= now()
		RETURNING item, attempts
	)
	SELECT due.id, due.subject, due.event_id, due.correlation_id, claimed.attempts,
		coalesce((SELECT e.metadata ->> 'traceparent' FROM events e WHERE e.position = due.place), '') FROM claimed JOIN due ON due.id = claimed.item ORDER BY due.place`

func (w *Worker) claim(ctx context.Context, table string, most int) ([]Item, error) {
	rows, err := w.db.Query(ctx, in(claimDue, table), table, most, w.opt.Lease)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Item])
}

// do does one item and notes what became of it. A process that is told to stop gives the item back.
func (w *Worker) do(ctx context.Context, r Reaction, item Item) {
	began := time.Now()
	err := w.try(ctx, r, item)
	if ctx.Err() != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if err == nil {
			w.note(ctx, setDone, r.Table, item.ID)
		} else {
			w.note(ctx, giveBack, r.Table, item.ID)
		}
		return
	}
	w.opt.Done(r.Table, time.Since(began), err)
	switch {
	case err == nil:
		w.note(ctx, setDone, r.Table, item.ID)
	case item.Attempts >= w.opt.Attempts || hopeless(err):
		w.park(ctx, r, item, err)
	default:
		wait := w.opt.Jitter(min(w.opt.First<<min(item.Attempts-1, 16), w.opt.Longest))
		w.opt.Logger.Warn("a reaction has failed; trying again", "table", r.Table, "item", item.ID, "attempt", item.Attempts, "wait", wait, "error", kindOf(err))
		w.note(ctx, setFailed, r.Table, item.ID, wait, w.told(err))
	}
}

// kindOf is what is logged of an error. Its text may hold what somebody told: that is kept sealed, see told.
func kindOf(err error) string {
	var known *domain.Error
	if errors.As(err, &known) {
		return known.Code
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return fmt.Sprintf("%T", err)
}

// told is an error as it is kept.
func (w *Worker) told(err error) string {
	sealed, failed := w.opt.Keys.SealOwn([]byte(err.Error()))
	if failed != nil {
		w.opt.Logger.Error("cannot keep what went wrong with a reaction", "error", failed)
	}
	return string(sealed)
}

func (w *Worker) park(ctx context.Context, r Reaction, item Item, cause error) {
	w.opt.Logger.Error("a reaction is given up; `gifty reactions` says why", "table", r.Table, "item", item.ID, "attempts", item.Attempts, "error", kindOf(cause))
	if r.Park != nil {
		if err := r.Park(ctx, item, cause.Error()); err != nil {
			w.opt.Logger.Error("cannot record that a reaction is given up", "table", r.Table, "item", item.ID, "error", err)
		}
	}
	w.note(ctx, setParked, r.Table, item.ID, w.told(cause))
}

// traced begins the span of a try.
func (w *Worker) traced(ctx context.Context, table string, item Item) (context.Context, trace.Span) {
	return w.opt.Tracing.Tracer("gifty/projections/reaction").Start(eventstore.WithTrace(ctx, item.Trace), "react "+table, trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithAttributes(eventstore.CorrelationAttribute(domain.OriginFrom(ctx)), attribute.String("gifty.item", item.ID.String()), attribute.Int("gifty.attempt", item.Attempts)))
}

// try renews the lease while the item is done, and makes a panic an error.
func (w *Worker) try(ctx context.Context, r Reaction, item Item) (err error) {
	ctx, span := w.traced(domain.WithCorrelation(ctx, item.CorrelationID, item.EventID), r.Table, item)
	defer func() { eventstore.EndSpan(span, err) }()
	ctx, stop := context.WithCancel(ctx)
	var renewing sync.WaitGroup
	renewing.Go(func() {
		tick := time.NewTicker(w.opt.Renew)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				w.note(ctx, renew, r.Table, item.ID, w.opt.Lease)
			case <-ctx.Done():
				return
			}
		}
	})
	defer renewing.Wait()
	defer stop()
	return guarded(func() error { return r.Do(ctx, item) })
}

const (
	setDone   = `UPDATE reactions SET done_at = now(), error = NULL WHERE read_table = $1 AND item = $2`
	giveBack  = `UPDATE reactions SET due_at = now(), attempts = attempts - 1 WHERE read_table = $1 AND item = $2`
	renew     = `UPDATE reactions SET due_at = now() + $3::interval WHERE read_table = $1 AND item = $2 AND done_at IS NULL`
	setFailed = `UPDATE reactions SET due_at = now() + $3::interval, error = $4 WHERE read_table = $1 AND item = $2`
	setParked = `UPDATE reactions SET parked_at = now(), error = $3 WHERE read_table = $1 AND item = $2`
)

// note keeps what became of a try. That it can't is only logged: the lease ends, and the item is tried
// again.
func (w *Worker) note(ctx context.Context, sql, table string, item uuid.UUID, args ...any) {
	if _, err := w.db.Exec(ctx, sql, append([]any{table, item}, args...)...); err != nil && ctx.Err() == nil {
		w.opt.Logger.Warn("cannot note what became of a reaction", "table", table, "item", item, "error", err)
	}
}
