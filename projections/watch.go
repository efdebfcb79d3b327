package projections

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
)

// idleMove is how long after the last look a table may keep its checkpoint back when nothing that
// it folds has happened. Wait knows of this; only Status shows it.
const idleMove = 250 * time.Millisecond

// farBehind is from when on it is no use asking what happened: wake everyone.
const farBehind = 10_000

// unknown is before the watch has found the log's head for the first time.
const unknown domain.Position = -1

const newTypes = `SELECT type, max(position) FROM events WHERE position > $1 GROUP BY type`

// watch wakes projectors. One query a wake-up, for the whole process, finds which tables the new
// events concern; waking all of them to find that out costs three round trips a table.
func (e *Engine) watch(ctx context.Context, pool *pgxpool.Pool) {
	poll := time.NewTicker(e.opt.Poll)
	defer poll.Stop()
	idle := time.NewTimer(0)
	defer idle.Stop()
	seen := unknown
	for {
		head, announced := e.signal.Next()
		if now := e.look(ctx, pool, seen, head); now > seen {
			seen = now
			idle.Reset(idleMove)
		}
		select {
		case <-announced:
		case <-idle.C:
			for _, p := range e.projectors {
				p.alarm.want(seen)
			}
		case <-poll.C:
			e.wakeAll()
		case <-ctx.Done():
			return
		}
	}
}

// look wakes the projectors that fold what happened after seen, and returns the log's head.
func (e *Engine) look(ctx context.Context, pool *pgxpool.Pool, seen, head domain.Position) domain.Position {
	if seen == unknown {
		if err := pool.QueryRow(ctx, logHead).Scan(&seen); err != nil {
			return unknown
		}
		e.wakeAll()
		return seen
	}
	if head > seen+farBehind {
		e.wakeAll()
		return head
	}
	newest := map[string]domain.Position{}
	rows, err := pool.Query(ctx, newTypes, seen)
	if err == nil {
		var name string
		var position domain.Position
		_, err = pgx.ForEachRow(rows, []any{&name, &position}, func() error {
			newest[name] = position
			seen = max(seen, position)
			return nil
		})
	}
	if err != nil {
		e.wakeAll()
		return seen
	}
	for _, p := range e.projectors {
		for name, position := range newest {
			if _, folds := slices.BinarySearch(p.table.types, name); folds {
				p.alarm.want(position)
			}
		}
	}
	return seen
}

func (e *Engine) wakeAll() {
	for _, p := range e.projectors {
		p.alarm.force()
	}
}
