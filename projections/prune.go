package projections

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"gifty/domain"
)

const (
	readNames     = `SELECT DISTINCT read_table FROM checkpoints ORDER BY 1`
	takeTableOnce = `SELECT pg_advisory_xact_lock(` + tableLock + `, hashtext($1))`
	// lockOlder stops the projectors of versions that go, and of no other.
	lockOlder = `SELECT version FROM checkpoints c WHERE read_table = $1
		AND version < (SELECT version FROM checkpoints a WHERE a.read_table = $1 AND a.active) FOR UPDATE`
	readKept = `SELECT kept.oid::regclass::text FROM checkpoints c, LATERAL (VALUES
			(to_regclass($2 || '.' || quote_ident(c.read_table || '_v' || c.version))),
			(CASE WHEN c.version = ANY($3) THEN to_regclass(quote_ident(c.read_table || '_v' || c.version)) END)) AS kept(oid)
		WHERE c.read_table = $1 AND kept.oid IS NOT NULL ORDER BY 1`
	pruned    = `DELETE FROM checkpoints WHERE read_table = $1 AND version = ANY($2)`
	forgotten = `UPDATE checkpoints SET previous = NULL WHERE read_table = $1 AND previous IS NOT NULL`
)

// Prune drops what is kept to go back to: older versions than the active one, and versions' former
// tables. It returns the dropped tables' names. With no names it does so for every read table. A
// table that somebody reads, or that views stand on, is kept, and is a conflict (table_in_use).
// Nothing that serves waits meanwhile.
func (e *Engine) Prune(ctx context.Context, names ...string) (dropped []string, err error) {
	rows, err := e.pool.Query(ctx, readNames)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if !slices.Contains(all, name) {
			return nil, e.noTable(name)
		}
	}
	if len(names) == 0 {
		names = all
	}
	for _, name := range names {
		var gone []string
		err := pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) (err error) {
			gone, err = prune(ctx, tx, name)
			return err
		})
		if err != nil {
			return dropped, inUse(name, err)
		}
		dropped = append(dropped, gone...)
	}
	return dropped, nil
}

// prune takes the locks of what serves last, and waits for nobody then.
func prune(ctx context.Context, tx pgx.Tx, name string) (dropped []string, err error) {
	if err := patience(ctx, tx, jobPatience); err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, takeTableOnce, name); err != nil {
		if timedOut(err) {
			err = errBusy
		}
		return nil, err
	}
	if err := patience(ctx, tx, batchPatience); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, lockOlder, name)
	if err != nil {
		return nil, err
	}
	older, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return nil, err
	}
	if rows, err = tx.Query(ctx, readKept, name, formerSchema, older); err != nil {
		return nil, err
	}
	if dropped, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return nil, err
	}
	for _, table := range dropped {
		if _, err := tx.Exec(ctx, "DROP TABLE "+table); err != nil {
			return nil, err
		}
	}
	if _, err := tx.Exec(ctx, pruned, name, older); err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, forgotten, name)
	return dropped, err
}

// inUse says in words why a table can't be dropped.
func inUse(name string, err error) error {
	var pg *pgconn.PgError
	switch {
	case timedOut(err):
		return domain.Conflict("table_in_use", "somebody is reading what was kept of %s, perhaps a dump; it stays, so try again when they are done", name)
	case errors.As(err, &pg) && pg.Code == "2BP01":
		return domain.Conflict("table_in_use", "views of your own stand on what was kept of %s; it stays until you drop them (%s)", name, strings.ReplaceAll(pg.Detail, "\n", "; "))
	}
	return err
}
