package projections

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"gifty/domain"
	"gifty/eventstore"
)

// memoryPerByte is about how much memory the rows of a spilled byte take, with what is on its way.
const memoryPerByte = 2

// writeSpilled makes the rows of the spilled slices, several at once as far as memory allows, and
// stores them.
func (b *build) writeSpilled(ctx context.Context) error {
	room := semaphore.NewWeighted(b.memory)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(b.workers)
	for slice, f := range b.spill.slices {
		if f == nil {
			continue
		}
		need := min(f.size*memoryPerByte, b.memory)
		if err := room.Acquire(ctx, need); err != nil {
			break // the group knows why
		}
		group.Go(func() error {
			defer room.Release(need)
			return b.writeSlice(ctx, slice, f)
		})
	}
	return group.Wait()
}

// writeSlice makes and stores the rows of one slice.
func (b *build) writeSlice(ctx context.Context, slice int, f *spillFile) error {
	r := refolding{build: b, slice: slice, decoder: eventstore.Decoder{Types: b.engine.types}}
	for _, t := range b.tables {
		r.hold = append(r.hold, t.table.hold(1<<slice, warmRows(b.memory)))
	}
	if err := r.read(ctx, f); err != nil {
		return err
	}
	for i, t := range b.tables {
		if err := b.storeSlice(ctx, t, r.hold[i], slice); err != nil {
			return err
		}
	}
	return b.spill.drop(slice)
}

// refolding makes a slice's rows from its file.
type refolding struct {
	*build
	slice   int
	decoder eventstore.Decoder
	hold    []sliced // by table
	waiting []waitingEvent
}

type waitingEvent struct {
	eventstore.RawEvent
	tables uint64
}

func (r *refolding) read(ctx context.Context, f *spillFile) error {
	if err := f.out.Flush(); err != nil {
		return err
	}
	if _, err := f.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	in := bufio.NewReaderSize(f.file, 1<<20)
	for {
		kind, err := in.ReadByte()
		if errors.Is(err, io.EOF) {
			return r.flush(ctx)
		}
		if err == nil && kind == rowsRecord {
			err = r.rows(in)
		} else if err == nil {
			err = r.event(ctx, in)
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", f.file.Name(), err)
		}
	}
}

func (r *refolding) rows(in *bufio.Reader) error {
	table, err := binary.ReadUvarint(in)
	if err != nil {
		return err
	}
	rest, err := record(in)
	for err == nil && len(rest) > 0 {
		size, n := binary.Uvarint(rest)
		if n <= 0 || size > uint64(len(rest)-n) {
			return io.ErrUnexpectedEOF
		}
		err = r.hold[table].load(r.slice, rest[n:n+int(size)])
		rest = rest[n+int(size):]
	}
	return err
}

func record(in *bufio.Reader) ([]byte, error) {
	size, err := binary.ReadUvarint(in)
	if err != nil {
		return nil, err
	}
	bytes := make([]byte, size)
	_, err = io.ReadFull(in, bytes)
	return bytes, err
}

func (r *refolding) event(ctx context.Context, in *bufio.Reader) error {
	var tables [8]byte
	if _, err := io.ReadFull(in, tables[:]); err != nil {
		return err
	}
	bytes, err := record(in)
	if err != nil {
		return err
	}
	raw, _, err := eventstore.CutRaw(bytes)
	if err != nil {
		return err
	}
	r.waiting = append(r.waiting, waitingEvent{raw, binary.LittleEndian.Uint64(tables[:])})
	if len(r.waiting) == blobStretch {
		return r.flush(ctx)
	}
	return nil
}

// flush folds the events that wait for their keys and blobs.
func (r *refolding) flush(ctx context.Context) error {
	events, err := r.decode(ctx)
	if err != nil {
		return err
	}
	var shas [][]byte
	for n, e := range r.waiting {
		for i, t := range r.tables {
			if t.table.readsBlobs && e.tables&(1<<i) != 0 {
				shas = r.hold[i].blobs(shas, events[n])
			}
		}
	}
	blobs := make(map[string][]byte, len(shas))
	if len(shas) > 0 {
		if err := loadBlobs(ctx, r.job.pool, blobs, shas); err != nil {
			return err
		}
	}
	for n, e := range r.waiting {
		for i, t := range r.tables {
			if e.tables&(1<<i) != 0 {
				t.fold(r.hold[i], events[n], nil, blobs)
			}
		}
	}
	r.job.advance(int64(len(r.waiting)))
	r.waiting = r.waiting[:0]
	return ctx.Err()
}

func (r *refolding) decode(ctx context.Context) ([]domain.Recorded, error) {
	raw := make([]eventstore.RawEvent, len(r.waiting))
	for i, e := range r.waiting {
		raw[i] = e.RawEvent
	}
	if err := r.decoder.Load(ctx, raw); err != nil {
		return nil, err
	}
	events := make([]domain.Recorded, len(raw))
	for i := range raw {
		var err error
		if events[i], err = r.decoder.Decode(raw[i]); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// fold applies an event to a table's rows, unless the table has failed by then.
func (b *building) fold(rows sliced, e domain.Recorded, read any, blobs map[string][]byte) {
	if at := b.failedAt.Load(); at != 0 && int64(e.Position) > at {
		return
	}
	if err := guard(0, func() error { return rows.fold(e, read, blobs) }); err != nil {
		b.fail(e.Meta, err)
	}
}
