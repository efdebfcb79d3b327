package projections

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"gifty/domain"
)

// layoutLock is the advisory lock under which read tables and their views are made and switched:
// ASCII "gifty", version 1.
const layoutLock = `SELECT pg_advisory_xact_lock(x'676966747901'::bit(48)::bigint)`

const (
	logHead = `SELECT coalesce(max(position), 0) FROM events`

	readCheckpoint = `SELECT shape, state IN ('live', 'stopped'), by_hand, to_regclass($3) IS NOT NULL FROM checkpoints WHERE read_table = $1 AND version = $2`
	dropCheckpoint = `DELETE FROM checkpoints WHERE read_table = $1 AND version = $2`
	readActive     = `SELECT coalesce(max(version), 0), (` + logHead + `) FROM checkpoints WHERE read_table = $1 AND active`
	leaveToBuild   = `UPDATE checkpoints SET state = 'empty' WHERE read_table = $1 AND version = $2`
	newCheckpoint  = `INSERT INTO checkpoints (read_table, version, state, shape) VALUES ($1, $2, 'building', $3)`
)

// longLog is from how many events on a table that is new is made by a rebuild, which reads the log
// many times faster than projectors follow it.
const longLog = 50_000

// Prepare makes what the tables need and does not exist yet: for a name's first version the
// physical table, its checkpoint and the stable view. Of a newer version than the active one it
// notes that it is to be built, which Run does. Several processes may do this at once. A shape that
// changed under an unchanged version is an error.
func (e *Engine) Prepare(ctx context.Context) error {
	var unbuilt []string
	err := pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, layoutLock); err != nil {
			return fmt.Errorf("prepare read tables: %w", err)
		}
		for _, p := range e.projectors { // of one name, the newest first
			build, err := prepare(ctx, tx, p.table)
			if err != nil {
				return fmt.Errorf("read table %q, version %d: %w", p.table.name, p.table.version, err)
			}
			if build {
				unbuilt = append(unbuilt, p.table.name)
			}
		}
		return nil
	})
	if err == nil {
		e.unbuilt = unbuilt
	}
	return err
}

// prepare tells whether this version is to be built from the whole log.
func prepare(ctx context.Context, tx pgx.Tx, t *table) (build bool, err error) {
	var place struct {
		shape                string
		known, byHand, there bool
	}
	err = tx.QueryRow(ctx, readCheckpoint, t.name, t.version, t.physical()).Scan(&place.shape, &place.known, &place.byHand, &place.there)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return false, err
	}
	if place.known && place.there && place.shape != t.fingerprint() {
		return false, errors.New("its columns, set-up or indexes have changed; raise its Version, so that it is built anew")
	}
	var serving int
	var head domain.Position
	if err := tx.QueryRow(ctx, readActive, t.name).Scan(&serving, &head); err != nil {
		return false, err
	}
	switch {
	case serving > t.version, serving == t.version && place.there && (place.known || place.byHand), serving != 0 && serving != t.version && place.byHand:
		return false, nil
	case serving == 0, serving == t.version && !place.there:
		if err := makeTable(ctx, tx, t); err != nil {
			return false, err
		}
		if err := switchTo(ctx, tx, t); err != nil || head < longLog {
			return false, err
		}
		_, err := tx.Exec(ctx, leaveToBuild, t.name, t.version)
		return true, err
	}
	_, err = tx.Exec(ctx, markBuilding, t.name, t.version, t.fingerprint())
	return true, err
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
