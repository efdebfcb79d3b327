package events

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	"gifty/eventstore"
)

// Filter is which events are wanted.
type Filter = eventstore.Filter

// Entry is an event as it is stored, in today's shape.
type Entry = eventstore.Entry

// Request is which events are wanted, and how.
type Request struct {
	Filter
	// Follow goes on with what is appended later, until the context ends. It is not for Newest or UpTo.
	Follow bool
	// Personal shows personal fields as they are.
	Personal bool
}

// Browser looks at the log.
type Browser struct {
	pool   *pgxpool.Pool
	types  *eventstore.Types
	masks  *Masks
	signal *eventstore.Signal
}

// NewBrowser makes a browser. Following needs a signal that runs; without one it only looks now and
// then.
func NewBrowser(pool *pgxpool.Pool, types *eventstore.Types, signal *eventstore.Signal) *Browser {
	return &Browser{pool: pool, types: types, masks: NewMasks(types), signal: signal}
}

// Types lists the stored names of all events that there can be, in their order.
func (b *Browser) Types() (names []string) {
	for _, event := range b.types.All() {
		names = append(names, b.types.Names(event)...)
	}
	slices.Sort(names)
	return names
}

// Fields is what an event of this stored name can say; nothing when there is no such event.
func (b *Browser) Fields(name string) []Field {
	for _, event := range b.types.All() {
		if slices.Contains(b.types.Names(event), name) {
			return Fields(event)
		}
	}
	return nil
}

// lookAgain is how long a follower waits at most before it looks whether it has missed an announcement.
const lookAgain = 2 * time.Second

// Events yields what is asked for. What can't be answered is refused first: unknown types, an empty
// range.
func (b *Browser) Events(ctx context.Context, r Request) (iter.Seq2[Entry, error], error) {
	if err := b.check(r); err != nil {
		return nil, err
	}
	return func(yield func(Entry, error) bool) {
		if r.Follow {
			b.follow(ctx, r, yield)
			return
		}
		for e, err := range eventstore.Browse(ctx, b.pool, r.Filter) {
			if !b.hand(e, err, r.Personal, yield) {
				return
			}
		}
	}, nil
}

func (b *Browser) hand(e Entry, err error, personal bool, yield func(Entry, error) bool) bool {
	if err == nil && !personal {
		e.Payload, err = b.masks.Mask(e.Type, e.Payload)
	} else if err == nil {
		e.Payload, err = b.types.Current(e.Type, e.Payload)
	}
	return yield(e, err) && err == nil
}

// follow reads to the head, and on from there whenever it has moved.
func (b *Browser) follow(ctx context.Context, r Request, yield func(Entry, error) bool) {
	f, left := r.Filter, r.Limit
	for {
		var grown <-chan struct{}
		if b.signal != nil {
			_, grown = b.signal.Next() // before the look, so that nothing is missed
		}
		if err := b.pool.QueryRow(ctx, "SELECT position FROM log_head").Scan(&f.UpTo); err != nil {
			yield(Entry{}, err)
			return
		}
		f.Limit = left
		for e, err := range eventstore.Browse(ctx, b.pool, f) {
			if !b.hand(e, err, r.Personal, yield) {
				return
			}
			if left--; left == 0 {
				return
			}
		}
		f.After = max(f.After, f.UpTo)
		timer := time.NewTimer(lookAgain)
		select {
		case <-grown:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		timer.Stop()
	}
}

func (b *Browser) check(r Request) error {
	bad := domain.Invalid("events_filter_invalid", "these events cannot be looked for; correct what is listed")
	known := map[string]bool{}
	for _, event := range b.types.All() {
		for _, name := range b.types.Names(event) {
			known[name] = true
		}
	}
	for _, name := range r.Types {
		if !known[name] {
			bad = bad.On("type", "%q is no type of event; there are %s", name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
	}
	if !r.From.IsZero() && !r.To.IsZero() && !r.From.Before(r.To) {
		bad = bad.On("to", "must be later than from")
	}
	if r.After < 0 {
		bad = bad.On("after", "must not be negative")
	} else if r.UpTo < 0 || r.UpTo > 0 && r.UpTo <= r.After {
		bad = bad.On("up_to", "must be more than after")
	}
	if r.Follow && (r.Newest || r.UpTo > 0 || !r.To.IsZero()) {
		bad = bad.On("follow", "goes on for ever, so it goes with neither up_to, to nor newest")
	}
	bad = b.checkField(r, bad)
	if r.Limit < 0 {
		bad = bad.On("limit", "must not be negative")
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

// checkField refuses to look for what no wanted event says, or for what may not be seen: who finds
// events by a personal field has learnt what it holds.
func (b *Browser) checkField(r Request, bad *domain.Error) *domain.Error {
	if r.Field == "" {
		return bad
	}
	names, found := r.Types, false
	if len(names) == 0 {
		names = b.Types()
	}
	for _, name := range names {
		for _, f := range b.Fields(name) {
			if f.Path != r.Field {
				continue
			}
			if found = true; len(f.Personal) > 0 && !r.Personal {
				return bad.On("field", "%s is personal in %s; whoever may see personal fields must say so", r.Field, name)
			}
		}
	}
	if !found {
		return bad.On("field", "none of these events has the field %q", r.Field)
	}
	return bad
}
