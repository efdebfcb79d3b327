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
const readPlaces = `SELECT c.read_table, c.version, c.position, c.state, c.version <> own.version AND ` + followers + ` = 0 AS still,
		EXISTS (SELECT FROM checkpoints b WHERE b.read_table = c.read_table AND b.version > c.version AND b.state = 'building' AND NOT b.by_hand) AS building, CASE
		WHEN c.position >= $4 THEN false
		WHEN c.version <> own.version OR $4 - c.position > $5 THEN true
		ELSE NOT EXISTS (SELECT FROM events WHERE position = $4) OR EXISTS (SELECT FROM events
			WHERE position > c.position AND position <= $4 AND type = ANY(string_to_array(own.types, ',')))
		END AS behind
	FROM unnest($1::text[], $2::int[], $3::text[]) AS own(name, version, types)
	JOIN checkpoints c ON c.read_table = own.name AND c.active`

type place struct {
	Table    string          `json:"read_table"`
	Version  int             `json:"version"` // that serves
	Position domain.Position `json:"position"`
	State    string          `json:"state"`
	Still    bool            `json:"still"`    // another version than this process knows, and nobody keeps it up to date
	Building bool            `json:"building"` // a newer one is
	Behind   bool            `json:"behind"`
}

// Wait returns when what queries see of the tables holds everything up to position, or with an
// error (unavailable, projection_behind) when ctx ends first, or one of them has stopped before it
// or stands still because no running program has the version that serves.
func (e *Engine) Wait(ctx context.Context, position domain.Position, tables ...string) error {
	if position <= 0 || len(tables) == 0 {
		return nil
	}
	began := time.Now()
	var behind []place
	coming := func() bool { return e.coming(position, tables) }
	err := e.await(ctx, coming, func() (done bool, err error) {
		found, err := e.behind(ctx, position, tables)
		if err != nil {
			return false, err // what was known before is told when the time is up
		}
		behind = found
		for _, p := range behind {
			switch {
			case p.State == "stopped":
				return false, behindError("the read table %s has stopped at event %d; its operator must look", p.Table, p.Position+1)
			case p.State == "failed":
				return false, behindError("the read table %s could not be built; its operator must look", p.Table)
			case p.Still && !p.Building && time.Since(began) > followerGrace:
				return false, behindError("version %d of the read table %s serves, and no running program keeps it up to date; its operator must start one that has it, or rebuild the table", p.Version, p.Table)
			}
		}
		return len(behind) == 0, err
	})
	if errors.Is(err, errEnded) {
		if head, known := e.endOfLog(ctx); known && head < position {
			return behindError("the log has positions up to %d; %d does not exist yet: ask with a min_position that a command has answered", head, position)
		}
		for _, p := range behind {
			if p.Still || p.State == "empty" {
				return behindError("the read table %s is being built anew, and shows no news before that is done; retry later, or ask without min_position", p.Table)
			}
		}
		return behindError("the answer does not include position %d yet (waiting for %s); retry in a moment", position, names(behind))
	}
	return err
}

// endOfLog is the log's head for who has waited in vain, in the moment that is left for an answer.
func (e *Engine) endOfLog(ctx context.Context) (head domain.Position, known bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	head, err := e.Head(ctx)
	return head, err == nil
}

// followerGrace is how long a program may take, at its start or when its connection was lost, to say
// which versions it follows.
const followerGrace = 2 * time.Second

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

// readUnserved counts the tables that don't serve in these versions or newer ones, and says of one
// why it never will by itself.
const readUnserved = `SELECT count(*), min(format('version %s of the read table %s could not be built: %s', c.version, c.read_table, c.build_error)) FILTER (WHERE c.state = 'failed')
	FROM unnest($1::text[], $2::int[]) AS own(read_table, version) LEFT JOIN checkpoints c USING (read_table, version)
	WHERE c.by_hand IS NOT TRUE AND NOT EXISTS (SELECT FROM checkpoints a
		WHERE a.active AND a.read_table = own.read_table AND a.version >= own.version AND a.state IN ('live', 'stopped'))`

// CatchUp returns when every table of this engine, in this engine's version or a newer one, serves
// all that the log held when it was called. What an operator has left on purpose counts as it is.
// Errors are Wait's, and projection_failed for a version that could not be built.
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
		var failed *string
		err := e.pool.QueryRow(ctx, readUnserved, tables, versions).Scan(&waiting, &failed)
		if failed != nil {
			return false, domain.Unavailable("projection_failed", "%s", *failed)
		}
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
