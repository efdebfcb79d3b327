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

const (
	retireOthers = `UPDATE checkpoints SET active = false WHERE read_table = $1 AND active AND version <> $2`
	activate     = `UPDATE checkpoints SET active = true, by_hand = false, state = CASE state WHEN 'stopped' THEN state ELSE 'live' END
		WHERE read_table = $1 AND version = $2`
)

// show points the stable view at this version's table, wherever that is. Callers hold the layout lock.
func show(ctx context.Context, tx pgx.Tx, t *table) error {
	view, definition := quote(t.name), "SELECT * FROM "+t.quoted()
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
	_, err = tx.Exec(ctx, "COMMENT ON VIEW "+view+" IS '"+strings.ReplaceAll(t.doc, "'", "''")+"'")
	return err
}

// switchTo makes a version the one that queries see.
func switchTo(ctx context.Context, tx pgx.Tx, t *table) error {
	if err := show(ctx, tx, t); err != nil {
		return err
	}
	return activated(ctx, tx, t)
}

// switchPatience is how long the switch waits for the view's lock. While it waits, new queries
// wait behind it; so it gives up soon and tries again when the long query before it may be done.
const switchPatience = 100 * time.Millisecond

// switchAgain is how long it then leaves the queries alone.
const switchAgain = 3 * time.Second

// batchPatience is how long the switch waits for a projector's batch; nobody waits behind it.
const batchPatience = 10 * time.Second

const (
	stillOurs = `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = $1 AND classid = ` + tableLock + `::oid AND granted)`
	// lockPlaces stops the live projectors of every version of the table.
	lockPlaces = `SELECT version, position, active, state FROM checkpoints WHERE read_table = $1 ORDER BY version FOR UPDATE`
	putPlace   = `INSERT INTO checkpoints (read_table, version, position, state, shape) VALUES ($1, $2, $3, 'live', $4)
		ON CONFLICT (read_table, version) DO UPDATE SET position = excluded.position, state = 'live', shape = excluded.shape,
			failed_at = NULL, error = NULL, build_failed_at = NULL, build_error = NULL, previous = $5, updated_at = now()`
)

// served is a version that has a checkpoint.
type served struct {
	version  int
	position domain.Position
	active   bool
	state    string
}

func lockServed(ctx context.Context, tx pgx.Tx, name string) (list []served, err error) {
	if _, err := tx.Exec(ctx, layoutLock); err != nil {
		return nil, err
	}
	if err := patience(ctx, tx, batchPatience); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, lockPlaces, name)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (s served, err error) {
		return s, row.Scan(&s.version, &s.position, &s.active, &s.state)
	})
}

func patience(ctx context.Context, tx pgx.Tx, d time.Duration) error {
	_, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL lock_timeout = %d", d.Milliseconds()))
	return err
}

// trySwitch puts a table that has nearly caught up into service: the rest of the events, the view,
// the table's place and the checkpoint in one transaction. While it waits for nobody for long, its
// error may be a timeout; then it has done nothing, and may be tried again.
func (e *Engine) trySwitch(ctx context.Context, j *job, b *building) error {
	t := b.serving
	var head domain.Position
	err := pgx.BeginFunc(ctx, j.pool, func(tx pgx.Tx) error {
		versions, err := lockServed(ctx, tx, t.name)
		if err != nil {
			return err
		}
		var former *int64 // place of the table that this one takes the name of
		for _, v := range versions {
			switch {
			case v.active && v.version > t.version:
				return newerServes(t, v.version)
			case v.version == t.version && (v.state == "live" || v.state == "stopped"):
				former = new(int64(v.position))
			}
		}
		var ours bool
		if err := tx.QueryRow(ctx, stillOurs, j.pid).Scan(&ours); err != nil || !ours {
			return errors.Join(err, errors.New("the job's locks are lost"))
		}
		if err := tx.QueryRow(ctx, logHead).Scan(&head); err != nil {
			return err
		}
		if err := e.extend(ctx, tx, b, head); err != nil {
			return err
		}
		if b.err() != nil {
			return errRefused
		}
		if err := patience(ctx, tx, switchPatience); err != nil {
			return err
		}
		if err := show(ctx, tx, b.table); err != nil {
			return err
		}
		if err := install(ctx, tx, b, former != nil); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, putPlace, t.name, t.version, head, t.fingerprint(), former); err != nil {
			return err
		}
		return activated(ctx, tx, t)
	})
	if errors.Is(err, errRefused) {
		return nil
	}
	if err != nil {
		return err
	}
	b.position = head
	e.opt.Logger.Info("switched to a rebuilt read table", "table", t.name, "version", t.version, "position", head)
	e.moved.announce()
	return nil
}

// errRefused rolls a switch back whose last events the table can't apply; the table knows why.
var errRefused = errors.New("refused")

// activated marks a version as the one that queries see.
func activated(ctx context.Context, tx pgx.Tx, t *table) error {
	if _, err := tx.Exec(ctx, retireOthers, t.name, t.version); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, activate, t.name, t.version)
	return err
}

// formerSchema keeps, of each version, the table that the last rebuild replaced.
const formerSchema = "gifty_previous"

const here = `SELECT current_schema(), to_regclass($1) IS NOT NULL`

// install moves a table that was made elsewhere to where its version's table belongs, and what was
// there to formerSchema, or away when it was nothing that served.
func install(ctx context.Context, tx pgx.Tx, b *building, keep bool) error {
	name := quote(b.serving.physical())
	var schema string
	var there bool
	if err := tx.QueryRow(ctx, here, b.serving.physical()).Scan(&schema, &there); err != nil {
		return err
	}
	var statements []string
	if there && !keep {
		statements = append(statements, "DROP TABLE "+name+" CASCADE")
		there = false
	}
	if there {
		statements = append(statements, "CREATE SCHEMA IF NOT EXISTS "+formerSchema, "CREATE SCHEMA gifty_switch", "ALTER TABLE "+name+" SET SCHEMA gifty_switch")
	}
	statements = append(statements, "ALTER TABLE "+b.table.quoted()+" SET SCHEMA "+quote(schema))
	if there {
		statements = append(statements, "DROP TABLE IF EXISTS "+formerSchema+"."+name,
			"ALTER TABLE gifty_switch."+name+" SET SCHEMA "+formerSchema, "DROP SCHEMA gifty_switch")
	}
	for _, statement := range statements {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%w\n%s", err, statement)
		}
	}
	return nil
}
