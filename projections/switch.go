package projections

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
)

const (
	retireOthers = `UPDATE checkpoints SET active = false WHERE read_table = $1 AND active AND version <> $2`
	activate     = `UPDATE checkpoints SET active = true, by_hand = false, state = CASE state WHEN 'stopped' THEN state ELSE 'live' END
		WHERE read_table = $1 AND version = $2`
)

// readGrants is who may do what with a view, as statements.
const readGrants = `SELECT coalesce(string_agg(format('GRANT %s ON %s TO %s', privilege_type, oid::regclass,
		CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END || CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END), '; '), '')
	FROM pg_class, aclexplode(relacl) WHERE oid = to_regclass($1) AND grantee <> relowner`

// readColumnGrants is the same of its columns, one by one.
const readColumnGrants = `SELECT a.attname, format('GRANT %s (%I) ON %s TO %s', privilege_type, a.attname, c.oid::regclass,
		CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END || CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped, aclexplode(a.attacl) WHERE c.oid = to_regclass($1)`

const readColumns = `SELECT attname FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`

// show points the stable view at this version's table, wherever that is. Callers hold the layout lock.
func show(ctx context.Context, tx pgx.Tx, t *table) error {
	view, definition := quote(t.name), "SELECT * FROM "+t.quoted()
	err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error { // a savepoint
		_, err := tx.Exec(ctx, "CREATE OR REPLACE VIEW "+view+" AS "+definition)
		return err
	})
	if hasState(err, "42P16") { // the new columns do not merely extend the old ones
		err = showAnew(ctx, tx, view, definition)
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "2BP01" {
		return domain.Conflict("view_in_use", "the columns of the view %s change, and views of your own stand on it: drop those, rebuild the table, and make them anew (%s)", t.name, strings.ReplaceAll(pg.Detail, "\n", "; "))
	}
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "COMMENT ON VIEW "+view+" IS '"+strings.ReplaceAll(t.doc, "'", "''")+"'")
	return err
}

// showAnew makes the view again, for whoever might use it before. Rights on a column go with the column.
func showAnew(ctx context.Context, tx pgx.Tx, view, definition string) error {
	var grants string
	if err := tx.QueryRow(ctx, readGrants, view).Scan(&grants); err != nil {
		return err
	}
	type grant struct{ column, statement string }
	rows, err := tx.Query(ctx, readColumnGrants, view)
	if err != nil {
		return err
	}
	ofColumns, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (g grant, err error) { return g, row.Scan(&g.column, &g.statement) })
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DROP VIEW "+view+"; CREATE VIEW "+view+" AS "+definition+"; "+grants); err != nil {
		return err
	}
	if rows, err = tx.Query(ctx, readColumns, view); err != nil {
		return err
	}
	columns, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, g := range ofColumns {
		if slices.Contains(columns, g.column) {
			if _, err := tx.Exec(ctx, g.statement); err != nil {
				return err
			}
		}
	}
	return nil
}

// hasState tells an error of the database by its SQLSTATE.
func hasState(err error, code string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == code
}

const readStands = `SELECT EXISTS (SELECT FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
	WHERE d.refobjid = to_regclass($1) AND r.ev_class <> d.refobjid)`

// errTried takes a trial back.
var errTried = errors.New("tried")

// tryView tells, before a table is built, whether its view can be pointed at it: when something
// stands on the view, and its columns change, it can't.
func tryView(ctx context.Context, pool *pgxpool.Pool, t *table) error {
	var stands bool
	if err := pool.QueryRow(ctx, readStands, quote(t.name)).Scan(&stands); err != nil || !stands {
		return err
	}
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if err := patience(ctx, tx, switchPatience); err != nil {
			return err
		}
		trial := t.at("gifty_trial", "")
		for _, statement := range append([]string{"CREATE SCHEMA gifty_trial"}, trial.sql.bare...) {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return fmt.Errorf("%w\n%s", err, statement)
			}
		}
		return errors.Join(show(ctx, tx, trial), errTried)
	})
	var known *domain.Error
	if errors.As(err, &known) {
		return known
	}
	return nil // what else there is, the switch will say
}

// switchTo makes a version the one that queries see.
func switchTo(ctx context.Context, tx pgx.Tx, t *table) error {
	if err := show(ctx, tx, t); err != nil {
		return err
	}
	return activated(ctx, tx, t)
}

const (
	// lockPlaces stops the live projectors of every version of the table.
	lockPlaces = `SELECT version, position, active, state, ` + followers + ` FROM checkpoints c WHERE read_table = $1 ORDER BY version FOR UPDATE`
	putPlace   = `INSERT INTO checkpoints (read_table, version, position, state, shape) VALUES ($1, $2, $3, 'live', $4)
		ON CONFLICT (read_table, version) DO UPDATE SET position = excluded.position, state = 'live', shape = excluded.shape,
			failed_at = NULL, error = NULL, build_failed_at = NULL, build_error = NULL, previous = $5, updated_at = now()`
)

// served is a version that has a checkpoint.
type served struct {
	version   int
	position  domain.Position
	active    bool
	state     string
	followers int
}

func lockServed(ctx context.Context, tx pgx.Tx, b *building) (list []served, err error) {
	if _, err := tx.Exec(ctx, layoutLock); err != nil {
		return nil, err
	}
	if err := patience(ctx, tx, batchPatience); err != nil {
		return nil, err
	}
	if err := keepVacuumOff(ctx, tx, b); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, lockPlaces, b.serving.name)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (s served, err error) {
		return s, row.Scan(&s.version, &s.position, &s.active, &s.state, &s.followers)
	})
}

const readMoved = `SELECT oid::regclass::text FROM pg_class WHERE oid IN (to_regclass($1), to_regclass($2), to_regclass($3)) ORDER BY oid`

// keepVacuumOff waits until autovacuum is done with the tables that a switch moves, which a second's
// wait makes it be, and keeps it away: else the switch would give up because of it with queries
// waiting behind. Nobody but those who vacuum, or change a table's shape, waits for this lock.
func keepVacuumOff(ctx context.Context, tx pgx.Tx, b *building) error {
	name := quote(b.serving.physical())
	rows, err := tx.Query(ctx, readMoved, name, quote(formerSchema)+"."+name, b.table.quoted())
	if err != nil {
		return err
	}
	moved, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, table := range moved {
		if err == nil {
			_, err = tx.Exec(ctx, "LOCK TABLE "+table+" IN SHARE UPDATE EXCLUSIVE MODE")
		}
	}
	return err
}

func patience(ctx context.Context, tx pgx.Tx, d time.Duration) error {
	_, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL lock_timeout = %d", d.Milliseconds()))
	return err
}

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
