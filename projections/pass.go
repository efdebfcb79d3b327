package projections

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"gifty/domain"
	"gifty/eventstore"
)

// pass is one reading of the log into the rows of a run of slices. Connections fetch stretches of
// it ahead, each decoded and shared out where it was fetched; then workers, each with slices of its
// own, fold every stretch in the log's order. So a row sees its events in order, and nothing waits.
type pass struct {
	*build
	from  int          // first slice
	to    atomic.Int32 // after the last; lowered when memory runs short
	hold  [][]sliced   // by worker and table
	mines []sliceSet   // by worker

	shedding atomic.Int32 // workers that have yet to let go of the slices given up
}

// stretch is a run of the log on its way through a pass.
type stretch struct {
	events []domain.Recorded
	blobs  map[string][]byte
	work   [][]item // by worker, in the log's order
}

// item says that an event (its index) concerns a table (its index).
type item struct{ table, event int32 }

type task struct {
	after, upTo domain.Position
	reply       chan stretch
}

// run reads the log. It returns the slice after the last that fitted into memory.
func (p *pass) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	tasks, ordered := make(chan task), make(chan task, 2*p.workers)
	group.Go(func() error {
		defer close(tasks)
		defer close(ordered)
		return p.plan(ctx, tasks, ordered)
	})
	for range min(p.workers, 1+int(p.upTo/p.stretch)) {
		group.Go(func() error { return p.fetchAll(ctx, tasks) })
	}
	folding := make([]chan stretch, p.workers)
	for w := range folding {
		folding[w] = make(chan stretch, 2)
		group.Go(func() error { return p.foldAll(ctx, w, folding[w]) })
	}
	group.Go(func() error {
		defer func() {
			for _, c := range folding {
				close(c)
			}
		}()
		return p.handOut(ctx, ordered, folding)
	})
	return group.Wait()
}

func (p *pass) plan(ctx context.Context, tasks, ordered chan<- task) error {
	for after := domain.Position(0); after < p.upTo && p.anyLeft(); after += p.stretch {
		t := task{after, min(after+p.stretch, p.upTo), make(chan stretch, 1)}
		for _, c := range []chan<- task{ordered, tasks} {
			select {
			case c <- t:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

// handOut gives each stretch, in the log's order, to every worker.
func (p *pass) handOut(ctx context.Context, ordered <-chan task, folding []chan stretch) error {
	for t := range ordered {
		select {
		case s := <-t.reply:
			for _, c := range folding {
				select {
				case c <- s:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		case <-ctx.Done():
			return ctx.Err()
		}
		p.job.advance(int64(t.upTo - t.after))
		if to := int(p.to.Load()); to-p.from > 1 && p.shedding.Load() == 0 && heapInUse() > p.memory/10*9 {
			p.shedding.Store(int32(p.workers))
			p.to.Store(int32(p.from + (to-p.from)/2))
			p.job.total(p.job.snapshot().Events + int64(p.upTo-t.upTo) + int64(p.upTo)*int64((sliceCount-1-p.from)/((to-p.from)/2)))
		}
	}
	return nil
}

func (p *pass) fetchAll(ctx context.Context, tasks <-chan task) error {
	conn, err := p.job.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	f := fetcher{pass: p, conn: conn.Conn(), decoder: eventstore.Decoder{Types: p.engine.types}}
	for _, b := range p.tables {
		f.splitters = append(f.splitters, b.table.split(p.seed))
	}
	for t := range tasks {
		s, err := f.fetch(ctx, t)
		if err != nil {
			return err
		}
		t.reply <- s
	}
	return nil
}

// fetcher is one connection's part of a pass.
type fetcher struct {
	*pass
	conn      *pgx.Conn
	buffer    bytes.Buffer
	decoder   eventstore.Decoder
	splitters []splitter
}

func (f *fetcher) fetch(ctx context.Context, t task) (s stretch, err error) {
	raw, err := eventstore.ReadRun(ctx, f.conn, &f.buffer, t.after, t.upTo, f.types)
	if err != nil {
		return s, err
	}
	s.events, s.work = make([]domain.Recorded, len(raw)), make([][]item, f.workers)
	var blobs [][]byte
	for i, r := range raw {
		tables := f.byType[r.Type]
		err := guard(i, func() (err error) {
			s.events[i], err = f.decoder.Decode(r)
			return err
		})
		for _, table := range tables {
			b := f.tables[table]
			if err == nil {
				err = guard(i, func() error {
					blobs = f.share(&s, int32(table), int32(i), blobs)
					return nil
				})
			}
			if err != nil {
				b.fail(r.Meta, err)
			}
		}
	}
	if len(blobs) > 0 {
		s.blobs = make(map[string][]byte, len(blobs))
		err = loadBlobs(ctx, f.conn, s.blobs, blobs)
	}
	return s, err
}

// share gives an event to the workers that hold rows it names, and collects the blobs it needs.
func (f *fetcher) share(s *stretch, table, event int32, blobs [][]byte) [][]byte {
	e := s.events[event]
	concerned := f.splitters[table].slices(e) & slicesFrom(f.from, int(f.to.Load()))
	if concerned == 0 {
		return blobs
	}
	for w, mine := range f.mines {
		if concerned&mine != 0 {
			s.work[w] = append(s.work[w], item{table, event})
		}
	}
	return f.splitters[table].blobs(blobs, e)
}

func (p *pass) foldAll(ctx context.Context, worker int, stretches <-chan stretch) error {
	hold := p.hold[worker]
	kept := sliceCount
	for s := range stretches {
		if to := int(p.to.Load()); to < kept {
			kept = to
			for _, h := range hold {
				h.keep(slicesFrom(p.from, to))
			}
			if p.shedding.Add(-1) == 0 {
				runtime.GC() // or the memory given up would be missing for as long as it took to fill
			}
		}
		for _, it := range s.work[worker] {
			e, b := s.events[it.event], p.tables[it.table]
			if at := b.failedAt.Load(); at != 0 && int64(e.Position) > at {
				continue
			}
			if err := guard(0, func() error { return hold[it.table].fold(e, s.blobs) }); err != nil {
				b.fail(e.Meta, err)
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// newPass prepares to hold the slices from one up to another.
func (b *build) newPass(from, to int) *pass {
	p := &pass{build: b, from: from, hold: make([][]sliced, b.workers), mines: make([]sliceSet, b.workers)}
	p.to.Store(int32(to))
	for w := range p.mines {
		for s := w; s < sliceCount; s += b.workers {
			p.mines[w] |= 1 << s
		}
		p.mines[w] &= slicesFrom(from, to)
		for _, t := range b.tables {
			p.hold[w] = append(p.hold[w], t.table.hold(b.seed, p.mines[w]))
		}
	}
	return p
}

// heapInUse is how many bytes this process's objects take, those included that are garbage.
func heapInUse() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// building is a table that is being made.
type building struct {
	table    *table          // where it is made
	serving  *table          // where it will serve
	position domain.Position // up to which it holds everything
	careful  bool            // batches work under a savepoint

	mu       sync.Mutex
	failedAt atomic.Int64 // the first event that it can't apply; 0: none
	failure  error
}

// fail notes an event that the table can't apply, unless an earlier one is known.
func (b *building) fail(m domain.Meta, cause error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if at := b.failedAt.Load(); at == 0 || int64(m.Position) < at {
		b.failure = fmt.Errorf("event %d (%s): %w", m.Position, m.Type, cause)
		b.failedAt.Store(int64(m.Position))
	}
}

// refuse notes that the table can't be made, for a reason that is no event's.
func (b *building) refuse(cause error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failure == nil {
		b.failure = cause
	}
}

func (b *building) err() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failure == nil {
		return nil
	}
	return fmt.Errorf("read table %s can't be built: %w", b.serving, b.failure)
}
