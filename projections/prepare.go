package projections

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"gifty/domain"
)

// layoutLock is the advisory lock under which read tables and their views are made and switched:
// ASCII "gifty", version 1.
const layoutLock = `SELECT pg_advisory_xact_lock(x'676966747901'::bit(48)::bigint)`

const (
	logHead = `SELECT coalesce(max(position), 0) FROM events`

	readCheckpoint = `SELECT shape, active, to_regclass($3) IS NOT NULL FROM checkpoints WHERE read_table = $1 AND version = $2`
	dropCheckpoint = `DELETE FROM checkpoints WHERE read_table = $1 AND version = $2`
	readActive     = `SELECT coalesce(max(version) FILTER (WHERE active), 0) FROM checkpoints WHERE read_table = $1`
	newCheckpoint  = `INSERT INTO checkpoints (read_table, version, active, state, shape)
		VALUES ($1, $2, $3, CASE WHEN $3 THEN 'live' ELSE 'building' END, $4)`
	retireOthers = `UPDATE checkpoints SET active = false WHERE read_table = $1 AND active AND version <> $2`
	activate     = `UPDATE checkpoints SET active = true, state = CASE state WHEN 'building' THEN 'live' ELSE state END
		WHERE read_table = $1 AND version = $2`
	hasCaughtUp = `SELECT position + $3 >= (` + logHead + `) FROM checkpoints WHERE read_table = $1 AND version = $2`
)

// Prepare makes what the tables need and does not exist yet: the physical table of this version,
// its checkpoint, and, for a table's first version, the stable view. A newer version than the
// active one is built beside it by Run, and switched to when it has caught up. Several processes
// may do this at once. A shape that changed under an unchanged version is an error.
func (e *Engine) Prepare(ctx context.Context) error {
	return pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, layoutLock); err != nil {
			return fmt.Errorf("prepare read tables: %w", err)
		}
		for _, p := range e.projectors {
			building, err := prepare(ctx, tx, p.table)
			if err != nil {
				return fmt.Errorf("read table %q, version %d: %w", p.table.name, p.table.version, err)
			}
			p.building.Store(building)
		}
		return nil
	})
}

// prepare tells whether this version is one to switch to later.
func prepare(ctx context.Context, tx pgx.Tx, t *table) (building bool, err error) {
	var shape string
	var active, there bool
	err = tx.QueryRow(ctx, readCheckpoint, t.name, t.version, t.physical()).Scan(&shape, &active, &there)
	known := err == nil
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return false, err
	}
	if known && there && shape != t.fingerprint() {
		return false, errors.New("its columns, set-up or indexes have changed; raise its Version, so that it is built anew")
	}
	if !known || !there {
		if err := makeTable(ctx, tx, t); err != nil {
			return false, err
		}
	}
	var serving int
	if err := tx.QueryRow(ctx, readActive, t.name).Scan(&serving); err != nil {
		return false, err
	}
	if serving == 0 {
		return false, switchTo(ctx, tx, t)
	}
	return serving < t.version, nil
}

// makeTable starts a version from nothing. What is left of one without a checkpoint, or of a
// checkpoint without its table, is of unknown content and goes.
func makeTable(ctx context.Context, tx pgx.Tx, t *table) error {
	statements := append([]string{"DROP TABLE IF EXISTS " + quote(t.physical()) + " CASCADE"}, t.sql.create...)
	for _, statement := range append(statements, t.sql.indexes...) {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%w\n%s", err, statement)
		}
	}
	if _, err := tx.Exec(ctx, dropCheckpoint, t.name, t.version); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, newCheckpoint, t.name, t.version, false, t.fingerprint())
	return err
}

// switchTo points the stable view at this version. Callers hold the layout lock.
func switchTo(ctx context.Context, tx pgx.Tx, t *table) error {
	view, definition := quote(t.name), "SELECT * FROM "+quote(t.physical())
	err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error { // a savepoint
		_, err := tx.Exec(ctx, "CREATE OR REPLACE VIEW "+view+" AS "+definition)
		return err
	})
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42P16" { // the new columns do not merely extend the old ones
		if _, err = tx.Exec(ctx, "DROP VIEW "+view); err == nil {
			_, err = tx.Exec(ctx, "CREATE VIEW "+view+" AS "+definition)
		}
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "COMMENT ON VIEW "+view+" IS '"+strings.ReplaceAll(t.doc, "'", "''")+"'"); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, retireOthers, t.name, t.version); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, activate, t.name, t.version)
	return err
}

// switchPatience is how long the switch waits for the view's lock. While it waits, new queries
// wait behind it; so it gives up soon and tries again when the long query before it may be done.
const switchPatience = 100 * time.Millisecond

// switchAgain is how long it then leaves the queries alone.
const switchAgain = 3 * time.Second

// promote switches to a version that has caught up. When it can't yet, a later call tries again.
func (e *Engine) promote(p *projector) {
	if time.Since(p.switchFailed) < switchAgain {
		return
	}
	t := p.table
	ctx, cancel := context.WithTimeout(e.hard, time.Minute)
	defer cancel()
	done := false
	err := pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, layoutLock); err != nil {
			return err
		}
		var ready bool
		if err := tx.QueryRow(ctx, hasCaughtUp, t.name, t.version, e.opt.BatchSize).Scan(&ready); err != nil || !ready {
			return err
		}
		var serving int
		if err := tx.QueryRow(ctx, readActive, t.name).Scan(&serving); err != nil {
			return err
		}
		if serving < t.version {
			if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL lock_timeout = %d", switchPatience.Milliseconds())); err != nil {
				return err
			}
			if err := switchTo(ctx, tx, t); err != nil {
				return err
			}
		}
		done = true
		return nil
	})
	switch {
	case err != nil:
		p.switchFailed = time.Now()
		p.logger.Warn("the new version of a read table has caught up but can't be switched to yet; trying again", "error", err)
	case done:
		p.building.Store(false)
		p.logger.Info("switched to the new version of a read table")
		e.moved.announce()
	}
}

// Status is where one version of one table stands.
type Status struct {
	Table      string          `json:"table"`
	Version    int             `json:"version"`
	Active     bool            `json:"active"` // what queries see
	Position   domain.Position `json:"position"`
	LagEvents  int64           `json:"lag_events"`  // events after Position
	LagSeconds float64         `json:"lag_seconds"` // age of the first of them
	State      string          `json:"state"`       // building, live or stopped
	FailedAt   *int64          `json:"failed_at,omitempty"`
	Error      *string         `json:"error,omitempty"`
	UpdatedAt  time.Time       `json:"updated_at"`
}

const readStatus = `SELECT c.read_table AS table, c.version, c.active, c.position, c.state, c.failed_at, c.error, c.updated_at,
		greatest(h.head - c.position, 0) AS lag_events,
		coalesce(extract(epoch FROM greatest(now() - e.occurred_at, interval '0')), 0)::float8 AS lag_seconds
	FROM (` + logHead + `) AS h(head), checkpoints c LEFT JOIN events e ON e.position = c.position + 1
	ORDER BY c.read_table, c.version`

// Status lists every version of every table that this database knows, also those of other
// programs' definitions.
func (e *Engine) Status(ctx context.Context) ([]Status, error) {
	return Select[Status](ctx, e.pool, readStatus)
}
