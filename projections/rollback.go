package projections

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"gifty/domain"
)

const (
	readFormer = `SELECT version, previous, to_regclass($2 || '.' || quote_ident(read_table || '_v' || version)) IS NOT NULL
		FROM checkpoints WHERE read_table = $1 AND active`
	readOlder = `SELECT coalesce(max(c.version), 0) FROM checkpoints c JOIN checkpoints a ON a.read_table = c.read_table AND a.active
		WHERE c.read_table = $1 AND c.version < a.version AND to_regclass(quote_ident(c.read_table || '_v' || c.version)) IS NOT NULL`
	leave = `UPDATE checkpoints SET by_hand = true WHERE read_table = $1 AND version > $2`
)

// Rollback goes back to what served before the last switch: this version's former table, caught up
// with the log first; or, when there is none, the version before, which was kept up to date only if
// some running program still declares it. Once more goes forward again in the first case. A version
// that was left this way is not switched to again by itself; Rebuild does it.
func (e *Engine) Rollback(ctx context.Context, name string) (err error) {
	opt := RebuildOptions{}.withDefaults()
	j, ctx, err := e.startJob(ctx, "rollback", []string{name}, opt)
	if err != nil {
		return err
	}
	defer func() { j.end(ctx, &err) }()
	var version int
	var previous *int64
	var kept bool
	if err := j.pool.QueryRow(ctx, readFormer, name, formerSchema).Scan(&version, &previous, &kept); err != nil {
		return nothingFormer(name)
	}
	if previous == nil || !kept {
		return e.rollBackVersion(ctx, j, name)
	}
	t := e.definition(name, version)
	if t == nil {
		return domain.Conflict("version_unknown", "version %d of %s is not known to this program, so it can't bring its former table up to date; use the program that has it", version, name)
	}
	b := newBuilding(t, formerSchema, "")
	b.position = domain.Position(*previous)
	j.phase("catching_up")
	if err := e.finish(ctx, j, b); err != nil {
		return err
	}
	return b.err()
}

func nothingFormer(name string) error {
	return domain.NotFound("nothing_to_roll_back", "nothing is kept of %s that could serve instead", name)
}

func (e *Engine) definition(name string, version int) *table {
	for _, p := range e.projectors {
		if p.table.name == name && p.table.version == version {
			return p.table
		}
	}
	return nil
}

func (e *Engine) rollBackVersion(ctx context.Context, j *job, name string) error {
	return pgx.BeginFunc(ctx, j.pool, func(tx pgx.Tx) error {
		if _, err := lockServed(ctx, tx, name); err != nil {
			return err
		}
		var older int
		if err := tx.QueryRow(ctx, readOlder, name).Scan(&older); err != nil {
			return err
		}
		if older == 0 {
			return nothingFormer(name)
		}
		t := e.definition(name, older)
		if t == nil { // enough of it to point a view at
			t = &table{name: name, version: older, doc: e.tables[name].docOrEmpty()}
		}
		if err := patience(ctx, tx, batchPatience); err != nil {
			return err
		}
		if err := switchTo(ctx, tx, t); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, leave, name, older)
		return err
	})
}

func (t *table) docOrEmpty() string {
	if t == nil {
		return ""
	}
	return t.doc
}

const (
	pruned    = `DELETE FROM checkpoints WHERE read_table = $1 AND version = $2`
	forgotten = `UPDATE checkpoints SET previous = NULL WHERE read_table = $1`
)

// Prune drops what is kept to go back to: older versions than the active one, and versions' former
// tables. It returns the dropped tables' names. With no names it does so for every read table.
func (e *Engine) Prune(ctx context.Context, names ...string) (dropped []string, err error) {
	if len(names) == 0 {
		rows, err := e.pool.Query(ctx, `SELECT DISTINCT read_table FROM checkpoints ORDER BY 1`)
		if err != nil {
			return nil, err
		}
		if names, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			return nil, err
		}
	}
	for _, name := range names {
		err := pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
			gone, err := prune(ctx, tx, name)
			dropped = append(dropped, gone...)
			return err
		})
		if err != nil {
			return dropped, fmt.Errorf("prune %s: %w", name, err)
		}
	}
	return dropped, nil
}

func prune(ctx context.Context, tx pgx.Tx, name string) (dropped []string, err error) {
	versions, err := lockServed(ctx, tx, name)
	if err != nil {
		return nil, err
	}
	active := slices.IndexFunc(versions, func(s served) bool { return s.active })
	if active < 0 {
		return nil, nil
	}
	drop := func(table string) error {
		var there bool
		if err := tx.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, table).Scan(&there); err != nil || !there {
			return err
		}
		dropped = append(dropped, table)
		_, err := tx.Exec(ctx, "DROP TABLE "+table)
		return err
	}
	for _, v := range versions {
		t := &table{name: name, version: v.version}
		if err := drop(formerSchema + "." + t.physical()); err != nil {
			return nil, err
		}
		if v.version >= versions[active].version {
			continue
		}
		if err := drop(t.physical()); err != nil {
			return nil, err
		}
		if _, err := tx.Exec(ctx, pruned, name, v.version); err != nil {
			return nil, err
		}
	}
	_, err = tx.Exec(ctx, forgotten, name)
	return dropped, err
}
