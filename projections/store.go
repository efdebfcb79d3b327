package projections

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"
)

// write stores the rows that a pass holds, a slice a time on several connections, and lets go of
// them. The biggest tables come first, so that the work ends evenly.
func (p *pass) write(ctx context.Context) error {
	type part struct {
		table  int
		slice  int
		holder sliced
	}
	var parts []part
	rows := make([]int, len(p.tables))
	for w, hold := range p.hold {
		for t, h := range hold {
			for s := range p.mines[w].each {
				if n := h.size(s); n > 0 && p.tables[t].err() == nil {
					rows[t] += n
					parts = append(parts, part{t, s, h})
				}
			}
		}
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(rows[b.table], rows[a.table]) })
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(p.workers)
	for _, part := range parts {
		group.Go(func() error {
			return p.storeSlice(ctx, p.tables[part.table], part.holder, part.slice)
		})
	}
	return group.Wait()
}

// storeSlice stores a slice of a table, and lets go of it. What it has begun it finishes when ctx ends: if it
// were not known which rows are there, whoever goes on from here would store some twice.
func (b *build) storeSlice(ctx context.Context, t *building, rows sliced, slice int) error {
	if rows.size(slice) == 0 || t.err() != nil || t.has(slice) {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r, err := readSlice(rows, slice)
	if err == nil {
		err = b.store(b.job.hard, t.table, r)
	}
	if err := t.blame(err); err != nil {
		return err
	}
	rows.release(slice)
	t.note(slice)
	return nil
}

// countNow has Postgres count what this connection has stored now, and not only after ANALYZE has
// counted it too.
const countNow = `SELECT pg_stat_force_next_flush()`

func (b *build) store(ctx context.Context, t *table, rows *sliceReader) error {
	conn, err := b.job.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if t.shape.binary {
		if _, err = conn.Conn().PgConn().CopyFrom(ctx, rows, t.sql.copy); err != nil {
			return err
		}
	} else if err := insertAll(ctx, conn, t, rows); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, countNow)
	return err
}

// insertAll stores rows that are frozen as JSON.
func insertAll(ctx context.Context, conn *pgxpool.Conn, t *table, rows *sliceReader) error {
	for {
		array := jsonArray(slices.Collect(rows.upTo(portion)))
		if array == nil && rows.next == rows.size {
			return nil
		}
		if _, err := conn.Exec(ctx, t.sql.insert, array); err != nil {
			return err
		}
	}
}

// sliceReader reads a slice's rows. It is an io.Reader of COPY's binary format, if that is what
// the rows are frozen in.
type sliceReader struct {
	rows  sliced
	slice int
	size  int

	next    int // row
	started bool
	ended   bool
	buffer  []byte
	unread  []byte
}

// readSlice fails with a refusal when a row can't be frozen.
func readSlice(rows sliced, slice int) (*sliceReader, error) {
	r := &sliceReader{rows: rows, slice: slice, size: rows.size(slice)}
	if err := rows.freeze(slice); err != nil {
		return nil, &refusal{unknownEvent, err}
	}
	return r, nil
}

// portion is about how many bytes are handed over at once.
const portion = 64 << 10

func (r *sliceReader) Read(b []byte) (int, error) {
	if len(r.unread) == 0 {
		if r.ended {
			return 0, io.EOF
		}
		r.fill()
	}
	n := copy(b, r.unread)
	r.unread = r.unread[n:]
	return n, nil
}

func (r *sliceReader) fill() {
	dst := r.buffer[:0]
	if !r.started {
		r.started = true
		dst = append(dst, copyHeader...)
	}
	for row := range r.upTo(portion) {
		dst = append(dst, row...)
	}
	if r.next == r.size {
		r.ended = true
		dst = append(dst, copyTrailer...)
	}
	r.buffer, r.unread = dst, dst
}

// upTo yields the next rows until they have about so many bytes.
func (r *sliceReader) upTo(bytes int) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for taken := 0; r.next < r.size && taken < bytes; r.next++ {
			row := r.rows.frozen(r.slice, r.next)
			if taken += len(row); row != nil && !yield(row) {
				return
			}
		}
	}
}

// index makes every table's primary key and indexes, the longest work first, and has the planner
// look at the result.
func (b *build) index(ctx context.Context) error {
	type work struct {
		table     *building
		number    int
		statement string
	}
	var first, then []work
	for _, t := range b.left() {
		for i, statement := range slices.Concat(t.table.sql.key[:1], t.table.sql.indexes) {
			w := work{t, i, statement}
			if lower := strings.ToLower(statement); strings.Contains(lower, "hnsw") || strings.Contains(lower, "using gin") {
				first = append(first, w)
			} else {
				then = append(then, w)
			}
		}
	}
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(b.workers)
	for _, w := range slices.Concat(first, then) {
		group.Go(func() error { return w.table.blame(b.once(inner, w.table, w.number, w.statement)) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	group, inner = errgroup.WithContext(ctx)
	group.SetLimit(b.workers)
	for _, t := range b.left() {
		group.Go(func() error {
			last := 1 + len(t.table.sql.indexes)
			return t.blame(b.once(inner, t, last, t.table.sql.key[1], "ANALYZE "+t.table.quoted()))
		})
	}
	return group.Wait()
}

// once runs statements unless it is known that they were. ctx can end the statements, and not the commit, or
// that would not be known.
func (b *build) once(ctx context.Context, t *building, number int, statements ...string) error {
	if t.wasRun(number) {
		return nil
	}
	err := pgx.BeginFunc(b.job.hard, b.job.pool, func(tx pgx.Tx) error {
		for _, statement := range statements {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return fmt.Errorf("%w\n%s", err, statement)
			}
		}
		return ctx.Err()
	})
	if err == nil {
		t.ran(number)
	}
	return err
}

func (b *build) exec(ctx context.Context, statements ...string) error {
	for _, statement := range statements {
		if _, err := b.job.pool.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%w\n%s", err, statement)
		}
	}
	return nil
}
