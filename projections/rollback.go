package projections

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"gifty/domain"
)

const (
	tableKnown = `SELECT EXISTS (SELECT FROM checkpoints WHERE read_table = $1)`
	// readWayBack is, beside the version that serves and its former table's place, the version that a
	// rollback has left and the next older one; 0: none.
	readWayBack = `SELECT a.version, CASE WHEN to_regclass($2 || '.' || quote_ident(a.read_table || '_v' || a.version)) IS NOT NULL THEN a.previous END,
			coalesce(max(c.version) FILTER (WHERE c.version > a.version AND c.by_hand), 0), coalesce(max(c.version) FILTER (WHERE c.version < a.version), 0)
		FROM checkpoints a LEFT JOIN checkpoints c ON c.read_table = a.read_table AND c.state IN ('live', 'stopped')
			AND to_regclass(quote_ident(c.read_table || '_v' || c.version)) IS NOT NULL
		WHERE a.read_table = $1 AND a.active GROUP BY a.read_table, a.version`
	movePrevious = `UPDATE checkpoints SET previous = $3 WHERE read_table = $1 AND version = $2`
	leave        = `UPDATE checkpoints SET by_hand = true WHERE read_table = $1 AND version > $2`
)

// Rollback goes back to what served before the last switch: this version's former table, or, when
// there is none, the version before. Once more goes forward again. Nothing stale is ever served: the
// former table is caught up with the log first, and another version must be followed by a running
// program, or it would stand still (conflict, nobody_follows). A version that was left this way is
// not switched to again by itself; Rebuild or another Rollback does it.
func (e *Engine) Rollback(ctx context.Context, name string, opt RebuildOptions) (err error) {
	var known bool
	if err := e.pool.QueryRow(ctx, tableKnown, name).Scan(&known); err != nil {
		return err
	}
	if !known {
		return e.noTable(name)
	}
	if _, err := e.wayBack(ctx, name); err != nil {
		return err // before a job is made of it
	}
	j, ctx, err := e.startJob(ctx, "rollback", "reading", []string{name}, e.effort(opt))
	if err != nil {
		return err
	}
	defer func() { j.end(ctx, &err) }()
	s, err := e.wayBack(ctx, name)
	if err != nil {
		return err
	}
	j.phase("catching_up")
	if err := e.serve(ctx, j, []*successor{s}); err != nil {
		return err
	}
	var why *domain.Error
	if errors.As(s.err(), &why) {
		return why
	}
	return s.err()
}

func (e *Engine) wayBack(ctx context.Context, name string) (*successor, error) {
	var version, left, older int
	var previous *int64
	err := e.pool.QueryRow(ctx, readWayBack, name, formerSchema).Scan(&version, &previous, &left, &older)
	switch {
	case errors.Is(err, pgx.ErrNoRows), err == nil && previous == nil && left+older == 0:
		return nil, domain.NotFound("nothing_to_roll_back", "nothing is kept of %s that could serve instead", name)
	case err != nil:
		return nil, err
	case left > 0:
		return e.otherVersion(name, left), nil
	case previous == nil:
		return e.otherVersion(name, older), nil
	}
	t := e.definition(name, version)
	if t == nil {
		return nil, domain.Conflict("version_unknown", "version %d of %s is not known to this program, so it can't bring its former table up to date; use the program that has it", version, name)
	}
	s := anew(newBuilding(t, formerSchema, ""))
	s.position, s.moved = domain.Position(*previous), movePrevious
	return s, nil
}

// otherVersion is one that a running program follows. Its definition need not be known here: what is
// known of it is enough to point a view at.
func (e *Engine) otherVersion(name string, version int) *successor {
	t := &table{name: name, version: version}
	if own := e.tables[name]; own != nil {
		t.doc = own.doc
	}
	return &successor{building: &building{table: t, serving: t}, followed: true, put: func(ctx context.Context, tx pgx.Tx, places []served, head domain.Position) error {
		for _, p := range places {
			switch {
			case p.version != version:
			case p.state == "stopped":
				return domain.Conflict("version_stopped", "version %d of %s has stopped at event %d, so it can't serve", version, name, p.position+1)
			case p.followers == 0:
				return domain.Conflict("nobody_follows", "no running program keeps version %d of %s up to date; start the program that has it, and roll back then", version, name)
			case p.position+domain.Position(e.opt.BatchSize) < head:
				return errNotYet
			}
		}
		if err := switchTo(ctx, tx, t); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, leave, name, version)
		return err
	}}
}

func (e *Engine) definition(name string, version int) *table {
	for _, p := range e.projectors {
		if p.table.name == name && p.table.version == version {
			return p.table
		}
	}
	return nil
}
