package projections

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gifty/domain"
)

// Waiting looks at the checkpoints after these times: in this process a move is announced, in
// another it is not.
const (
	firstLook = 2 * time.Millisecond
	slowLook  = 20 * time.Millisecond
)

// readPlaces tells which tables lack something up to position $4. A checkpoint that lags only by
// events that the table does not fold is as good as there; for that, $2 and $3 are the version and
// event types that this process knows the table by. The log must have the position.
const readPlaces = `SELECT c.read_table, c.position, c.state, CASE
		WHEN c.position >= $4 THEN false
		WHEN c.version <> own.version OR $4 - c.position > $5 THEN true
		ELSE NOT EXISTS (SELECT FROM events WHERE position = $4) OR EXISTS (SELECT FROM events
			WHERE position > c.position AND position <= $4 AND type = ANY(string_to_array(own.types, ',')))
		END AS behind
	FROM unnest($1::text[], $2::int[], $3::text[]) AS own(name, version, types)
	JOIN checkpoints c ON c.read_table = own.name AND c.active`

type place struct {
	Table    string          `json:"read_table"`
	Position domain.Position `json:"position"`
	State    string          `json:"state"`
	Behind   bool            `json:"behind"`
}

// Wait returns when what queries see of the tables holds everything up to position, or with an
// error (unavailable, projection_behind) when ctx ends first or one of them has stopped before it.
func (e *Engine) Wait(ctx context.Context, position domain.Position, tables ...string) error {
	if position <= 0 || len(tables) == 0 {
		return nil
	}
	var behind []place
	coming := func() bool { return e.coming(position, tables) }
	err := e.await(ctx, coming, func() (done bool, err error) {
		behind, err = e.behind(ctx, position, tables)
		for _, p := range behind {
			if p.State == "stopped" {
				return false, behindError("the read table %s has stopped at event %d; its operator must look", p.Table, p.Position+1)
			}
		}
		return len(behind) == 0, err
	})
	if errors.Is(err, errEnded) {
		return behindError("the answer does not include position %d yet (waiting for %s); retry in a moment", position, names(behind))
	}
	return err
}

var errEnded = errors.New("the wait has ended")

// await looks until done, an error, or the end of ctx (errEnded): whenever a table of this process
// has moved, unless more is known to be coming, and now and then in any case.
func (e *Engine) await(ctx context.Context, coming func() bool, look func() (done bool, err error)) error {
	pause := firstLook
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for due := false; ; {
		moved := e.moved.wait()
		if due || !coming() {
			done, err := look()
			if err != nil && ctx.Err() == nil || err == nil && done {
				return err
			}
		}
		select {
		case <-moved:
			due = false
		case <-timer.C:
			due, pause = true, min(2*pause, slowLook)
			timer.Reset(pause)
		case <-ctx.Done():
			return errEnded
		}
	}
}

func behindError(format string, args ...any) error {
	e := domain.Unavailable("projection_behind", format, args...)
	e.RetryAfter = time.Second
	return e
}

func names(places []place) string {
	if len(places) == 0 {
		return "the database"
	}
	list := make([]string, len(places))
	for i, p := range places {
		list[i] = p.Table
	}
	return strings.Join(list, ", ")
}

// behind lists the tables that lack something up to position.
func (e *Engine) behind(ctx context.Context, position domain.Position, tables []string) ([]place, error) {
	versions, types := make([]int, len(tables)), make([]string, len(tables))
	for i, name := range tables {
		if t := e.tables[name]; t != nil {
			versions[i], types[i] = t.version, strings.Join(t.types, ",")
		}
	}
	places, err := Select[place](ctx, e.pool, readPlaces, tables, versions, types, position, farBehind)
	if err != nil {
		return nil, err
	}
	if len(places) < len(tables) {
		return nil, fmt.Errorf("of the read tables %v some do not exist", tables)
	}
	return slices.DeleteFunc(places, func(p place) bool { return !p.Behind }), nil
}

// coming tells that this process's own projectors know of something up to position that they have
// not come to; then it is no use asking the database.
func (e *Engine) coming(position domain.Position, tables []string) bool {
	return slices.ContainsFunc(e.projectors, func(p *projector) bool {
		return slices.Contains(tables, p.table.name) && p.alarm.seen.Load() < min(p.alarm.wanted.Load(), int64(position))
	})
}

const unserved = `SELECT count(*) FROM unnest($1::text[], $2::int[]) AS own(read_table, version)
	WHERE NOT EXISTS (SELECT FROM checkpoints c WHERE c.read_table = own.read_table
		AND (c.active AND c.version >= own.version AND c.state <> 'building' OR c.version = own.version AND c.rolled_back))`

// CatchUp returns when every table of this engine, in this engine's version or a newer one, serves
// all that the log held when it was called. Errors are Wait's.
func (e *Engine) CatchUp(ctx context.Context) error {
	var head domain.Position
	if err := e.pool.QueryRow(ctx, logHead).Scan(&head); err != nil {
		return fmt.Errorf("read the log's head: %w", err)
	}
	var tables []string
	var versions []int
	for name, t := range e.tables {
		tables, versions = append(tables, name), append(versions, t.version)
	}
	never := func() bool { return false }
	err := e.await(ctx, never, func() (bool, error) {
		var waiting int
		err := e.pool.QueryRow(ctx, unserved, tables, versions).Scan(&waiting)
		return waiting == 0, err
	})
	if errors.Is(err, errEnded) {
		return behindError("a new version of a read table is still being built; retry in a moment")
	}
	if err != nil {
		return err
	}
	return e.Wait(ctx, head, tables...)
}
