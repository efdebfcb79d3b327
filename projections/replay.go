package projections

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"gifty/domain"
	"gifty/eventstore"
)

// Replay is a reading of the log for an answer, as a job: events of some types come out of it in
// stretches, are decoded on all CPUs, and folded in the log's order.
type Replay[B any] struct {
	Kind  string   // the job's
	Names []string // what it is about, for whoever lists jobs
	// AtOnce is for what the product asks by itself, one thing at a time: it does not queue.
	AtOnce      bool
	After, UpTo domain.Position
	Types       []string // stored names
	// Decoder makes a function for one goroutine that decodes a stretch. What it returns may refer to
	// the events until it was folded.
	Decoder func() func(context.Context, []eventstore.RawEvent) (B, error)
	Fold    func(B) error
	// Held is about how many bytes folding holds by now; nil: few. A job that would need more than its memory
	// ends with replay_too_large. Counting, at the end, takes as much again, so that half of it is for folding.
	Held    func() int64
	Release func(B) // when it was folded; nil: nothing to do
	Result  func() (any, error)
}

// How many events travel together.
const (
	leastStretch = 64
	mostStretch  = 1024
)

// Of a replay's memory a quarter may be on its way to the fold. Decoded, an event takes about two kilobytes; as
// it was read, twice its size, as buffers grow by doubling.
const (
	readAheadShare = 4
	decodedSize    = 2 << 10
	mostRoom       = 2 << 20 // more is slower: fresh memory costs more than asking Postgres again
)

// pace is how much of the log travels together: as much as the events read last let fit.
type pace struct {
	room     int64        // bytes of a stretch
	perEvent atomic.Int64 // bytes as they were read
}

// readAhead is how many stretches are on their way at most, and their pace.
func readAhead(opt RebuildOptions) (stretches int, p *pace) {
	stretches = 3*opt.Workers + 2
	return stretches, &pace{room: min(opt.Memory/readAheadShare/int64(stretches), mostRoom)}
}

// events is how many the next stretch has.
func (p *pace) events() domain.Position {
	return domain.Position(min(max(p.room/(decodedSize+2*p.perEvent.Load()), leastStretch), mostStretch))
}

// read notes how large a stretch was. What follows large events is thought to be large for a while.
func (p *pace) read(bytes int, events domain.Position) {
	p.perEvent.Store(max(int64(bytes)/int64(events), p.perEvent.Load()*9/10))
}

// RunReplay runs the job, keeps its result as JSON with the job, and returns it. The order of work is
// that of a rebuild: connections fetch and decode ahead of the one that folds.
func RunReplay[B any](ctx context.Context, e *Engine, r Replay[B], opt RebuildOptions) (result json.RawMessage, err error) {
	opt = e.effort(opt)
	mine := &turn{has: true}
	phase := "reading"
	if !r.AtOnce {
		if mine, err = e.replays.join(); err != nil {
			return nil, err
		}
		defer mine.leave()
		if !mine.has {
			phase = stateQueued
		}
	}
	j, ctx, err := e.startJob(ctx, r.Kind, phase, r.Names, opt)
	if err != nil {
		return nil, err
	}
	defer func() { j.end(ctx, &err) }()
	j.total(int64(r.UpTo - r.After))
	if !mine.has {
		if err := mine.wait(ctx); err != nil {
			return nil, err
		}
		j.phase("reading")
	}
	if err := r.run(ctx, j, opt); err != nil {
		return nil, err
	}
	j.phase("counting")
	answer, err := r.Result()
	if err != nil {
		return nil, err
	}
	if result, err = json.Marshal(answer); err == nil {
		err = j.keepResult(ctx, e.types.Keys(), result)
	}
	return result, err
}

const (
	keepResult = `UPDATE rebuilds SET result = $2 WHERE id = $1`
	readResult = `SELECT result FROM rebuilds WHERE id = $1 AND result IS NOT NULL`
)

// keepResult stores an answer sealed: somebody may have asked about people.
func (j *job) keepResult(ctx context.Context, keys *eventstore.Keys, result []byte) error {
	if keys != nil {
		sealed, err := keys.SealOwn(result)
		if err != nil {
			return err
		}
		if result, err = json.Marshal(string(sealed)); err != nil {
			return err
		}
	}
	_, err := j.pool.Exec(ctx, keepResult, j.id, result) // the job's own connection is telling how far it is
	return err
}

// JobResult is what a job has kept, or a not_found error.
func (e *Engine) JobResult(ctx context.Context, id int64) (json.RawMessage, error) {
	row, ok, err := First[struct {
		Result json.RawMessage `json:"result"`
	}](ctx, e.pool, readResult, id)
	if err == nil && !ok {
		err = domain.NotFound("job_result_not_found", "job %d has no result, or not yet; list-jobs tells how far it is", id)
	}
	var text string
	if err != nil || json.Unmarshal(row.Result, &text) != nil { // an answer that is not sealed is an object
		return row.Result, err
	}
	return e.types.Keys().OpenOwn([]byte(text))
}

// piece is a stretch on its way.
type piece[B any] struct {
	after, upTo domain.Position
	reply       chan B
	buffer      *bytes.Buffer
}

// fold takes in a stretch, as long as there is memory.
func (r Replay[B]) fold(b B, memory int64) error {
	if err := r.Fold(b); err != nil {
		return err
	}
	if r.Held != nil && r.Held() > memory/2 {
		return domain.Invalid("replay_too_large", "this asks about more than fits into %d MiB of memory; ask about less of the log, fewer things at a time or fewer breakdowns, or allow more memory", memory>>20)
	}
	return nil
}

func (r Replay[B]) run(ctx context.Context, j *job, opt RebuildOptions) error {
	workers := opt.Workers
	group, ctx := errgroup.WithContext(ctx)
	tasks, ordered := make(chan piece[B]), make(chan piece[B], 2*workers)
	stretches, speed := readAhead(opt)
	buffers := make(chan *bytes.Buffer, stretches)
	for range cap(buffers) {
		buffers <- &bytes.Buffer{}
	}
	group.Go(func() error {
		defer close(tasks)
		defer close(ordered)
		return r.plan(ctx, speed, buffers, tasks, ordered)
	})
	for range workers {
		group.Go(func() error { return r.fetch(ctx, j, speed, tasks) })
	}
	group.Go(func() error {
		for p := range ordered {
			select {
			case b := <-p.reply:
				if err := r.fold(b, opt.Memory); err != nil {
					return err
				}
				if r.Release != nil {
					r.Release(b)
				}
				if int64(p.buffer.Cap()) > speed.room { // as where large events begin
					p.buffer = &bytes.Buffer{}
				}
				buffers <- p.buffer
				j.advance(int64(p.upTo - p.after))
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	return group.Wait()
}

func (r Replay[B]) plan(ctx context.Context, speed *pace, buffers <-chan *bytes.Buffer, tasks, ordered chan<- piece[B]) error {
	for after := r.After; after < r.UpTo; {
		p := piece[B]{after: after, reply: make(chan B, 1)}
		select {
		case p.buffer = <-buffers:
		case <-ctx.Done():
			return ctx.Err()
		}
		p.upTo = min(after+speed.events(), r.UpTo)
		after = p.upTo
		for _, c := range []chan<- piece[B]{ordered, tasks} {
			select {
			case c <- p:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

func (r Replay[B]) fetch(ctx context.Context, j *job, speed *pace, tasks <-chan piece[B]) error {
	conn, err := j.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	decode := r.Decoder()
	for p := range tasks {
		raw, err := eventstore.ReadRun(ctx, conn.Conn(), p.buffer, p.after, p.upTo, r.Types)
		if err != nil {
			return err
		}
		speed.read(p.buffer.Len(), p.upTo-p.after)
		b, err := decode(ctx, raw)
		if err != nil {
			return fmt.Errorf("decode the log after %d: %w", p.after, err)
		}
		p.reply <- b
	}
	return nil
}

// ReadRun is eventstore.ReadRun on a connection of the engine's pool.
func (e *Engine) ReadRun(ctx context.Context, buffer *bytes.Buffer, after, upTo domain.Position, types []string) ([]eventstore.RawEvent, error) {
	conn, err := e.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	return eventstore.ReadRun(ctx, conn.Conn(), buffer, after, upTo, types)
}
