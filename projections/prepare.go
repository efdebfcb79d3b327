package projections

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// layoutLock is the advisory lock under which read tables and their views are made and switched:
// ASCII "gifty", version 1.
const layoutLock = `SELECT pg_advisory_xact_lock(x'676966747901'::bit(48)::bigint)`

const (
	logHead = `SELECT coalesce(max(position), 0) FROM events`

	readCheckpoint = `SELECT shape, to_regclass($3) IS NOT NULL FROM checkpoints WHERE read_table = $1 AND version = $2`
	dropCheckpoint = `DELETE FROM checkpoints WHERE read_table = $1 AND version = $2`
	readActive     = `SELECT coalesce(max(version) FILTER (WHERE active), 0) FROM checkpoints WHERE read_table = $1`
	newCheckpoint  = `INSERT INTO checkpoints (read_table, version, state, shape) VALUES ($1, $2, 'building', $3)`
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
	var there bool
	err = tx.QueryRow(ctx, readCheckpoint, t.name, t.version, t.physical()).Scan(&shape, &there)
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
	_, err := tx.Exec(ctx, newCheckpoint, t.name, t.version, t.fingerprint())
	return err
}
