package projections

import (
	"bytes"
	"context"
	"runtime"
	"runtime/metrics"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"gifty/domain"
	"gifty/eventstore"
)

// pass is the reading of the log into rows. Connections fetch stretches of it ahead, each decoded
// and shared out where it was fetched; then workers, each with slices of its own, fold every stretch
// in the log's order. So a row sees its events in order, and nothing waits. When memory runs short
// the workers give up a quarter of the slices that they still hold, and spill them from there on.
type pass struct {
	*build
	to    atomic.Int32 // slices from here on are, or are about to be, spilled
	hold  [][]sliced   // by worker and table
	mines []sliceSet   // by worker

	held     int             // slices at first
	planned  domain.Position // up to where stretches were made
	whole    bool            // all rows are as of b.read
	shedding atomic.Int32    // workers that have yet to let go of the slices given up
	perEvent atomic.Int64    // bytes, of late
}

// stretch is a run of the log on its way through a pass.
type stretch struct {
	to      int // slices from here on are in spilled
	events  []domain.Recorded
	reads   [][]any // by table, by event: what the splitter has read of it; nil where none has
	blobs   map[string][]byte
	work    [][]item // by worker, in the log's order
	spilled [sliceCount]records
}

// item says that an event (its index) concerns a table (its index).
type item struct{ table, event int32 }

// records are events for a spilled slice.
type records struct {
	bytes []byte
	count int64
}

type task struct {
	after, upTo domain.Position
	to          int // slices held
	reply       chan stretch
}

// run reads the log. When ctx ends it finishes what is on its way, so that what it holds is all up to
// one position, b.read.
func (p *pass) run(stop context.Context) error {
	group, ctx := errgroup.WithContext(p.job.hard)
	tasks, ordered := make(chan task), make(chan task, 2*p.workers)
	group.Go(func() error {
		defer close(tasks)
		defer close(ordered)
		return p.plan(ctx, stop, tasks, ordered)
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
	if err := group.Wait(); err != nil {
		return err
	}
	p.read, p.whole = p.planned, true
	return stop.Err()
}

func (p *pass) plan(ctx, stop context.Context, tasks, ordered chan<- task) error {
	for after := p.read; after < p.upTo && p.anyLeft() && stop.Err() == nil; {
		t := task{after, min(after+p.nextStretch(), p.upTo), int(p.to.Load()), make(chan stretch, 1)}
		after = t.upTo
		p.planned = after
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

// nextStretch is how many events are to travel together, so that all that is on the way takes a
// small part of the memory.
func (p *pass) nextStretch() domain.Position {
	return max(1, min(p.stretch, domain.Position(p.memory/256/max(1, p.perEvent.Load()))))
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
		if to := p.to.Load(); to > 0 && p.shedding.Load() == 0 && liveHeap() > p.memory/5*2 {
			p.shedding.Store(int32(p.workers))
			p.to.Store(to - (to+3)/4)
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
		f.splitters = append(f.splitters, b.table.split())
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
	away      [sliceCount]uint64 // tables that an event concerns in spilled slices
	encoded   []byte
}

func (f *fetcher) fetch(ctx context.Context, t task) (s stretch, err error) {
	raw, err := eventstore.ReadRun(ctx, f.conn, &f.buffer, t.after, t.upTo, f.types)
	if err != nil {
		return s, err
	}
	if err := f.decoder.Load(ctx, raw); err != nil {
		return s, err
	}
	f.perEvent.Store(max(int64(f.buffer.Len())/int64(t.upTo-t.after), f.perEvent.Load()*9/10))
	s.to, s.events, s.work = t.to, make([]domain.Recorded, len(raw)), make([][]item, f.workers)
	s.reads = make([][]any, len(f.tables))
	var blobs [][]byte
	for i, r := range raw {
		err := guard(i, func() (err error) {
			s.events[i], err = f.decoder.Decode(r)
			return err
		})
		if err != nil {
			for _, table := range f.byType[r.Type] {
				f.tables[table].fail(r.Meta, err)
			}
			continue
		}
		blobs = f.share(&s, i, r, blobs)
	}
	if len(blobs) > 0 {
		s.blobs = make(map[string][]byte, len(blobs))
		err = loadBlobs(ctx, f.conn, s.blobs, blobs)
	}
	return s, err
}

// share gives an event to the workers that hold rows it names, and to the files of rows that nobody
// holds, and collects the blobs that the workers need.
func (f *fetcher) share(s *stretch, event int, raw eventstore.RawEvent, blobs [][]byte) [][]byte {
	e, held := s.events[event], slicesFrom(0, s.to)
	var away sliceSet
	for _, table := range f.byType[e.Type] {
		var concerned sliceSet
		err := guard(event, func() error {
			var read any
			if concerned, read = f.splitters[table].slices(e); concerned&held == 0 {
				return nil
			}
			if read != nil && s.reads[table] == nil {
				s.reads[table] = make([]any, len(s.events))
			}
			if read != nil {
				s.reads[table][event] = read
			}
			blobs = f.splitters[table].blobs(blobs, e)
			return nil
		})
		if err != nil {
			f.tables[table].fail(e.Meta, err)
			continue
		}
		for w, mine := range f.mines {
			if concerned&held&mine != 0 {
				s.work[w] = append(s.work[w], item{int32(table), int32(event)})
			}
		}
		away |= concerned &^ held
		for slice := range (concerned &^ held).each {
			f.away[slice] |= 1 << table
		}
	}
	if away != 0 {
		f.encoded = raw.AppendTo(f.encoded[:0])
	}
	for slice := range away.each {
		to := &s.spilled[slice]
		to.bytes, to.count = appendEvent(to.bytes, f.away[slice], f.encoded), to.count+1
		f.away[slice] = 0
	}
	return blobs
}

func (p *pass) foldAll(ctx context.Context, worker int, stretches <-chan stretch) error {
	kept := p.held
	for s := range stretches {
		if s.to < kept {
			if err := p.giveUp(worker, s.to, kept); err != nil {
				return err
			}
			kept = s.to
		}
		for _, it := range s.work[worker] {
			var read any
			if reads := s.reads[it.table]; reads != nil {
				read = reads[it.event]
			}
			p.tables[it.table].fold(p.hold[worker][it.table], s.events[it.event], read, s.blobs)
		}
		for slice := range (p.mines[worker] &^ slicesFrom(0, kept)).each {
			if r := s.spilled[slice]; r.count > 0 {
				if err := p.spill.add(slice, r.bytes, r.count); err != nil {
					return err
				}
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// giveUp spills the worker's rows of the slices from (inclusive) to (exclusive).
func (p *pass) giveUp(worker, from, to int) error {
	if err := p.spillRows(worker, slicesFrom(from, to)); err != nil {
		return err
	}
	for _, h := range p.hold[worker] {
		h.keep(slicesFrom(0, from))
	}
	if p.shedding.Add(-1) == 0 {
		runtime.GC() // or the memory given up would be missing for as long as it took to fill
	}
	return nil
}

func (p *pass) spillRows(worker int, slices sliceSet) error {
	for i, h := range p.hold[worker] {
		for slice := range (p.mines[worker] & slices).each {
			if h.size(slice) == 0 {
				continue
			}
			r, err := readSlice(h, slice)
			if err == nil {
				err = p.spill.addRows(slice, i, r)
			}
			if err := p.tables[i].blame(err); err != nil {
				return err
			}
		}
	}
	return nil
}

// spillAll spills whatever is still held.
func (p *pass) spillAll() error {
	for worker := range p.hold {
		if err := p.spillRows(worker, allSlices); err != nil {
			return err
		}
	}
	return nil
}

// newPass prepares to hold the first slices, the others being spilled already.
func (b *build) newPass(held int) *pass {
	p := &pass{build: b, held: held, planned: b.read, hold: make([][]sliced, b.workers), mines: make([]sliceSet, b.workers)}
	p.to.Store(int32(held))
	for w := range p.mines {
		for slice := w; slice < sliceCount; slice += b.workers {
			p.mines[w] |= 1 << slice
		}
		for _, t := range b.tables {
			p.hold[w] = append(p.hold[w], t.table.hold(p.mines[w]&slicesFrom(0, held), warmRows(b.memory)))
		}
	}
	return p
}

// liveHeap is how many bytes this process's objects took at the last collection. Before the next
// one it has, unless told otherwise, as much garbage again.
func liveHeap() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}
