package projections

import (
	"context"
	"errors"
	"fmt"
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

const readPlaces = `SELECT read_table, version, position, state FROM checkpoints WHERE active AND read_table = ANY($1)`

// concerned tells whether an event of these types lies after a checkpoint, up to a position that
// the log has.
const concerned = `SELECT EXISTS (SELECT FROM events WHERE position > $1 AND position <= $2 AND type = ANY($3))
	OR NOT EXISTS (SELECT FROM events WHERE position = $2) AS behind`

type place struct {
	Table    string          `json:"read_table"`
	Version  int             `json:"version"`
	Position domain.Position `json:"position"`
	State    string          `json:"state"`
}

// Wait returns when what queries see of the tables holds everything up to position, or with an
// error (unavailable, projection_behind) when ctx ends first or one of them has stopped before it.
func (e *Engine) Wait(ctx context.Context, position domain.Position, tables ...string) error {
	if position <= 0 || len(tables) == 0 {
		return nil
	}
	var behind []place
	err := e.await(ctx, func() (done bool, err error) {
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

// await looks until done, an error, or the end of ctx (errEnded).
func (e *Engine) await(ctx context.Context, look func() (done bool, err error)) error {
	for pause := firstLook; ; pause = min(2*pause, slowLook) {
		moved := e.moved.wait()
		done, err := look()
		if err != nil && ctx.Err() == nil || err == nil && done {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-moved:
			timer.Stop()
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
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

// behind lists the tables that lack something up to position. A checkpoint that lags only by
// events the table does not fold is as good as there.
func (e *Engine) behind(ctx context.Context, position domain.Position, tables []string) (behind []place, err error) {
	places, err := Select[place](ctx, e.pool, readPlaces, tables)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, p := range places {
		known[p.Table] = true
		if p.Position >= position {
			continue
		}
		t := e.tables[p.Table]
		if t != nil && t.version == p.Version && position-p.Position <= farBehind {
			var lacks bool
			if err := e.pool.QueryRow(ctx, concerned, p.Position, position, t.types).Scan(&lacks); err != nil {
				return nil, err
			}
			if !lacks {
				continue
			}
		}
		behind = append(behind, p)
	}
	for _, name := range tables {
		if !known[name] {
			return nil, fmt.Errorf("there is no read table %q", name)
		}
	}
	return behind, nil
}

const unserved = `SELECT count(*) FROM unnest($1::text[], $2::int[]) AS own(read_table, version)
	WHERE NOT EXISTS (SELECT FROM checkpoints c WHERE c.active AND c.read_table = own.read_table AND c.version >= own.version)`

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
	err := e.await(ctx, func() (bool, error) {
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
