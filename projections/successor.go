package projections

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	"gifty/eventstore"
)

// switchPatience is how long a switch waits for the view's lock. While it waits, new queries wait
// behind it; so it gives up soon and tries again when the long query before it may be done.
const switchPatience = 100 * time.Millisecond

// It then leaves the queries alone, for longer each time.
const (
	switchAgain     = 250 * time.Millisecond
	switchAgainLast = 3 * time.Second
)

// batchPatience is how long a switch waits for a projector's batch; nobody waits behind it.
const batchPatience = 10 * time.Second

// successor is a table that is to be served instead of the one that is.
type successor struct {
	*building
	followed bool // by a running program, which brings it up to date
	// moved writes its place down ($1 name, $2 version, $3 position), when others know of the table:
	// what is applied to it must not be applied again by whoever takes over.
	moved string
	// put makes it the served one in a transaction that has brought it to the log's head.
	put func(ctx context.Context, tx pgx.Tx, places []served, head domain.Position) error
}

// errNotYet says that a table is not as far as it must be to be switched to.
var errNotYet = errors.New("its program has not brought it up to date yet")

// errRefused rolls back events that the table can't apply; the table knows why.
var errRefused = errors.New("refused")

// serve brings tables up to date and switches to each, going round until it has: one whose view is
// in use keeps no other one out. What a table can't apply, and what keeps it from being switched to
// for good, is noted in it.
func (e *Engine) serve(ctx context.Context, j *job, waiting []*successor) error {
	for pause := switchAgain; ; pause = min(2*pause, switchAgainLast) {
		var again []*successor
		for _, s := range waiting {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err := e.trySuccessor(ctx, j, s); err != nil {
				return err
			}
			if !s.serves && s.err() == nil {
				again = append(again, s)
			}
		}
		if waiting = again; len(waiting) == 0 {
			return nil
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// trySuccessor finishes what it has begun when ctx ends, or it would not be known how far the table is.
func (e *Engine) trySuccessor(ctx context.Context, j *job, s *successor) error {
	there, err := s.isThere(ctx, j.pool)
	if err != nil || there {
		s.serves = there
		return err
	}
	for head := s.position + 1; !s.followed && head > s.position; { // what came while it caught up, too
		if err := j.pool.QueryRow(ctx, logHead).Scan(&head); err != nil {
			return err
		}
		head -= domain.Position(e.opt.BatchSize)
		if err := e.catchUp(ctx, j, s, head); err != nil || s.err() != nil {
			return err
		}
	}
	err = e.trySwitch(j.hard, j, s)
	var known *domain.Error
	switch {
	case err == nil:
		s.serves = true
		return nil
	case errors.Is(err, errTakeCare):
		s.careful = true
		return e.trySuccessor(ctx, j, s)
	case errors.Is(err, errRefused):
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errNotYet), eventstore.IsOutage(err):
		e.opt.Logger.Warn("a read table can't be switched to yet; trying again", "table", s.serving.name, "error", err)
		return nil
	case errors.As(err, &known):
		s.refuse(known)
		return nil
	}
	return s.blame(err)
}

// catchUp applies the events up to a position, in transactions of its own.
func (e *Engine) catchUp(ctx context.Context, j *job, s *successor, upTo domain.Position) error {
	for s.position < upTo && ctx.Err() == nil {
		next := min(upTo, s.position+domain.Position(e.opt.BatchSize))
		err := pgx.BeginFunc(j.hard, j.pool, func(tx pgx.Tx) error { return e.advance(j.hard, tx, s, next) })
		switch {
		case err == nil:
			s.position = next
		case errors.Is(err, errTakeCare):
			s.careful = true
		case errors.Is(err, errRefused):
			return nil
		default:
			return err
		}
	}
	return ctx.Err()
}

// advance applies the events up to a position, and writes down that they are; the caller commits.
func (e *Engine) advance(ctx context.Context, tx pgx.Tx, s *successor, upTo domain.Position) error {
	if s.followed {
		return nil
	}
	if err := e.extend(ctx, tx, s.building, upTo); err != nil {
		return err
	}
	if s.err() != nil {
		return errRefused
	}
	if s.moved == "" {
		return nil
	}
	_, err := tx.Exec(ctx, s.moved, s.serving.name, s.serving.version, upTo)
	return err
}

// extend applies the events after b's position up to another, as the live path does.
func (e *Engine) extend(ctx context.Context, tx pgx.Tx, b *building, upTo domain.Position) error {
	raw, err := eventstore.ReadRun(ctx, tx.Conn(), &bytes.Buffer{}, b.position, upTo, b.table.types)
	if err != nil {
		return err
	}
	run := batch{table: b.table, types: e.types, tx: pgxSession{tx}, careful: b.careful}
	applied, refused, err := run.apply(ctx, raw)
	if err != nil {
		return err
	}
	if refused != nil {
		b.fail(raw[applied].Meta, refused.cause)
	}
	return nil
}

const stillOurs = `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = $1 AND classid = ` + tableLock + `::oid AND granted)`

// trySwitch puts a table that has nearly caught up into service: the rest of the events, the view,
// the table's place and the checkpoint in one transaction, which is on disk when this returns. It
// waits for nobody for long, so its error may be a timeout; then it has done nothing, and may be
// tried again.
func (e *Engine) trySwitch(ctx context.Context, j *job, s *successor) error {
	var head domain.Position
	err := pgx.BeginFunc(ctx, j.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL synchronous_commit = on"); err != nil {
			return err
		}
		places, err := lockServed(ctx, tx, s.building)
		if err != nil {
			return err
		}
		var ours bool
		if err := tx.QueryRow(ctx, stillOurs, j.pid).Scan(&ours); err != nil || !ours {
			return errors.Join(err, errors.New("the job's locks are lost"))
		}
		if err := tx.QueryRow(ctx, logHead).Scan(&head); err != nil {
			return err
		}
		if err := e.advance(ctx, tx, s, head); err != nil {
			return err
		}
		if err := patience(ctx, tx, switchPatience); err != nil {
			return err
		}
		return s.put(ctx, tx, places, head)
	})
	if err != nil {
		return err
	}
	s.position = head
	e.opt.Logger.Info("switched to another build of a read table", "table", s.serving.name, "version", s.serving.version, "position", head)
	e.moved.announce()
	return nil
}

const (
	readOID    = `SELECT coalesce(to_regclass($1)::oid, 0)`
	standsHere = `SELECT coalesce(to_regclass($1)::oid = $2, false)`
)

// isThere tells whether an earlier attempt has put the table where it serves: its commit may have gone
// through though the connection broke before the answer.
func (s *successor) isThere(ctx context.Context, pool *pgxpool.Pool) (there bool, err error) {
	switch {
	case s.followed:
	case s.oid == 0:
		err = pool.QueryRow(ctx, readOID, s.table.quoted()).Scan(&s.oid)
	default:
		err = pool.QueryRow(ctx, standsHere, quote(s.serving.physical()), s.oid).Scan(&there)
	}
	return there, err
}

// anew is a table that was built elsewhere, for the place of its version's table.
func anew(b *building) *successor {
	t := b.serving
	return &successor{building: b, put: func(ctx context.Context, tx pgx.Tx, places []served, head domain.Position) error {
		var former *int64 // place of the table that this one takes the name of
		for _, v := range places {
			switch {
			case v.active && v.version > t.version:
				return newerServes(t, v.version)
			case v.version == t.version && (v.state == "live" || v.state == "stopped"):
				former = new(int64(v.position))
			}
		}
		if err := show(ctx, tx, b.table); err != nil {
			return err
		}
		if err := install(ctx, tx, b, former != nil); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, putPlace, t.name, t.version, head, t.fingerprint(), former); err != nil {
			return err
		}
		return activated(ctx, tx, t)
	}}
}
