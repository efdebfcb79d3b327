package analytics

import (
	"bytes"
	"context"
	"math"
	"time"

	"gifty/domain"
	"gifty/domain/analytics"
	"gifty/eventstore"
	"gifty/projections"
)

// follower keeps the answers of a plan's funnels, and brings them up to date when somebody asks: the first
// one has the log replayed, later ones what was appended since. So they are always what a replay says, and
// following the log costs nothing while nobody looks. Once somebody was erased all is counted anew, because
// what they told may be among what is held.
type follower struct {
	engine *projections.Engine
	plan   *analytics.Plan
	names  []string  // of the jobs that read the log
	from   time.Time // only what occurred then or later counts; zero: all
	free   chan *batch
	turn   chan struct{} // holds one token: whose turn it is to fold
	short  domain.Position
	after  domain.Position // where it begins

	fold   *analytics.Fold
	upTo   domain.Position // folded so far
	last   int64           // microseconds: the latest event's
	answer *Answer         // as of upTo; nil: not counted yet
}

// newFollower keeps a plan's answers of what comes after a position and occurred from a moment on.
func newFollower(e *projections.Engine, p *analytics.Plan, name string, after domain.Position, from time.Time) *follower {
	l := &follower{
		engine: e, plan: p, names: []string{name}, from: from, free: make(chan *batch, 256), turn: make(chan struct{}, 1), short: shortTail,
		after: after,
	}
	l.begin()
	l.turn <- struct{}{}
	return l
}

// Answer is the funnels' answers as of the log's end.
func (l *follower) Answer(ctx context.Context) (Answer, error) {
	select {
	case <-l.turn:
		defer func() { l.turn <- struct{}{} }()
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	}
	head, err := l.engine.Head(ctx)
	if err == nil {
		err = l.forgetErased(ctx, head)
	}
	if err != nil {
		return Answer{}, err
	}
	if head > l.upTo {
		l.answer = nil
		if head-l.upTo > l.short {
			err = l.replay(ctx, head)
		} else {
			err = l.catchUp(ctx, head)
		}
		if err != nil {
			return Answer{}, err
		}
	}
	if l.answer == nil {
		l.answer = &Answer{UpTo: l.upTo, Reports: l.fold.Reports(time.UnixMicro(l.last))}
	}
	return *l.answer, nil
}

// begin forgets all that was folded.
func (l *follower) begin() {
	l.fold, l.upTo, l.last, l.answer = analytics.NewFold(l.plan), l.after, 0, nil
}

// forgetErased begins anew when somebody was erased after what was folded, or when that is no more in the log,
// which was restored to an earlier state.
func (l *follower) forgetErased(ctx context.Context, head domain.Position) error {
	anew := head < l.upTo
	if head > l.upTo && l.upTo > l.after {
		var err error
		if anew, err = l.engine.Holds(ctx, l.upTo, head, erasing(l.engine.Types())); err != nil {
			return err
		}
	}
	if anew {
		l.begin()
	}
	return nil
}

// shortTail is how many events are read at once, without a job.
const shortTail = 50_000

func (l *follower) decoder() *decoder {
	from := int64(math.MinInt64)
	if !l.from.IsZero() {
		from = l.from.UnixMicro()
	}
	return newDecoder(l.engine.Types(), l.plan, l.free, from, math.MaxInt64)
}

func (l *follower) add(b *batch) {
	for i := range b.n {
		if b.early[i] {
			l.fold.Learn(&b.events[i])
			continue
		}
		l.fold.Add(&b.events[i])
	}
	l.last = max(l.last, b.last)
	select {
	case l.free <- b:
	default:
	}
}

// replay reads on by a job. One that breaks off has folded who knows how much: then all begins anew.
func (l *follower) replay(ctx context.Context, head domain.Position) error {
	_, err := projections.RunReplay(ctx, l.engine, projections.Replay[*batch]{
		Kind: "funnel", Names: l.names, AtOnce: true, After: l.upTo, UpTo: head, Types: l.plan.Types(),
		Decoder: func() func(context.Context, []eventstore.RawEvent) (*batch, error) { return l.decoder().decode },
		Fold: func(b *batch) error {
			l.add(b)
			return nil
		},
		Held:   l.fold.Held,
		Result: func() (any, error) { return nil, nil },
	}, projections.RebuildOptions{})
	if err != nil {
		l.begin()
		return err
	}
	l.upTo = head
	return nil
}

// liveStretch is how many events are read together.
const liveStretch = 10_000

func (l *follower) catchUp(ctx context.Context, head domain.Position) error {
	decoder := l.decoder()
	var buffer bytes.Buffer
	for l.upTo < head {
		upTo := min(l.upTo+liveStretch, head)
		raw, err := l.engine.ReadRun(ctx, &buffer, l.upTo, upTo, l.plan.Types())
		if err != nil {
			return err
		}
		b, err := decoder.decode(ctx, raw)
		if err != nil {
			return err
		}
		l.add(b)
		l.upTo = upTo
	}
	return nil
}
