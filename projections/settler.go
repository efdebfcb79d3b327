package projections

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
)

// settler puts a table's rows into its deferred indexes, behind the projector's back and a few at a
// time. Where several processes run, one of them does, mostly the one that follows the log.
type settler struct {
	engine *Engine
	table  *table
	logger *slog.Logger
	wake   chan struct{} // capacity 1: the projector has written rows
	failed string        // by what the last try did, as noted in the checkpoint
	size   int           // rows of the next batch
}

const (
	// settleTime is about how long a batch takes: a projector that is to change one of its rows, and a
	// switch, whose patience is twice that, wait so long.
	settleTime = switchPatience / 2
	// settleSize is how many rows a batch has at most. A vector takes 4 to 20 ms.
	settleSize = 64
	// settleLook is how often a settler looks by itself for rows that a dead process has left.
	settleLook = 5 * time.Second
	// settleRetry is the first wait after an error; it doubles up to 64 times that.
	settleRetry = 500 * time.Millisecond

	// settleLock is the class of advisory locks, "gif4", of tables whose rows are being put into indexes.
	settleLock = `x'67696634'::int`
	// maySettle is true when nobody else is at it. No row: the table is not there, or far behind.
	maySettle = `SELECT pg_try_advisory_xact_lock(` + settleLock + `, hashtext($1 || '_v' || $2::int)) FROM checkpoints
		WHERE read_table = $1 AND version = $2 AND state IN ('live', 'stopped') AND position >= (` + logHead + `) - $3`
	noteSettling = `UPDATE checkpoints SET index_error = nullif($3, '') WHERE read_table = $1 AND version = $2 AND index_error IS DISTINCT FROM nullif($3, '')`
)

// settlers are one for each table that has deferred indexes.
func (e *Engine) settlers() (list []*settler) {
	for _, p := range e.projectors {
		if p.settler != nil {
			list = append(list, p.settler)
		}
	}
	return list
}

func newSettler(e *Engine, t *table, logger *slog.Logger) *settler {
	return &settler{engine: e, table: t, logger: logger, wake: make(chan struct{}, 1), failed: "unknown", size: 1}
}

// rouse tells that there are new rows. It never waits.
func (s *settler) rouse() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run works until ctx ends, and lets go of a batch under way then.
func (s *settler) run(ctx context.Context, pool *pgxpool.Pool) {
	failures, busy := 0, false
	for ctx.Err() == nil {
		moved := s.engine.moved.wait()
		if s.engine.backlog() {
			pause(ctx, moved, settleLook)
			continue
		}
		settled, err := s.settle(ctx, pool)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.note(ctx, pool, err.Error())
			pause(ctx, nil, settleRetry<<min(failures, 6))
			failures++
		case settled > 0:
			busy = true
		default:
			s.note(ctx, pool, "")
			failures = 0
			if busy {
				busy = false
				s.engine.moved.announce()
			}
			pause(ctx, s.wake, settleLook)
		}
	}
}

// pause returns when one of these happens.
func pause(ctx context.Context, news <-chan struct{}, most time.Duration) {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-news:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// settle indexes some rows. It waits for no row, so it takes part in no deadlock.
func (s *settler) settle(ctx context.Context, pool *pgxpool.Pool) (settled int64, err error) {
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, maySettle, s.table.name, s.table.version, domain.Position(farBehind))
		if err != nil {
			return err
		}
		may, err := pgx.CollectRows(rows, pgx.RowTo[bool])
		if err != nil || !slices.Contains(may, true) {
			return err
		}
		began := time.Now()
		done, err := tx.Exec(ctx, s.table.sql.settle, s.size)
		settled = done.RowsAffected()
		if took := time.Since(began); took > settleTime {
			s.size = max(1, s.size/2)
		} else if took < settleTime/2 && err == nil {
			s.size = min(2*s.size, settleSize)
		}
		return err
	})
	return settled, err
}

// note makes known what keeps rows from the indexes, once; "": nothing any more.
func (s *settler) note(ctx context.Context, pool *pgxpool.Pool, failure string) {
	if failure == s.failed {
		return
	}
	if failure != "" {
		s.logger.Error("new rows can't be put into an index; queries compare them one by one", "error", failure)
	}
	if _, err := pool.Exec(ctx, noteSettling, s.table.name, s.table.version, failure); err == nil {
		s.failed = failure
	}
}

// Settle returns when no row that serves waits for its deferred indexes any more, or with an error
// (unavailable, rows_unindexed) when ctx ends first. Some process must run the projectors. Queries need
// not wait for it: they miss nothing meanwhile.
func (e *Engine) Settle(ctx context.Context) error {
	never := func() bool { return false }
	left, why := []string{}, "they are many"
	err := e.await(ctx, never, func() (done bool, err error) {
		list, err := e.Status(ctx)
		left = left[:0]
		for _, s := range list {
			if s.Active && s.Unindexed > 0 {
				left = append(left, s.Table)
				if s.IndexError != nil {
					why = *s.IndexError
				}
			}
		}
		return len(left) == 0, err
	})
	if errors.Is(err, errEnded) {
		return domain.Unavailable("rows_unindexed", "new rows of %v are not in their indexes yet: %s; searches find them all the same, and take longer", left, why)
	}
	return err
}

// backlog tells that a projector of this process has more to do than it could do at once.
func (e *Engine) backlog() bool {
	return slices.ContainsFunc(e.projectors, func(p *projector) bool { return p.backlog.Load() })
}
