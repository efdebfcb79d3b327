package projections

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"gifty/domain"
)

// VerifyOptions say how thoroughly to look.
type VerifyOptions struct {
	// Deep compares every served table with a fresh fold of the log, too.
	Deep bool
	RebuildOptions
}

// Verification is what Verify has looked at, and found.
type Verification struct {
	Events   int64     `json:"events"`
	Tables   []string  `json:"tables" doc:"compared with a fresh fold of the log"`
	Findings []Finding `json:"findings" doc:"empty when all is well"`
}

// Finding is something that is not as it must be; of each kind, and of each table, the first.
type Finding struct {
	Check   string `json:"check" enum:"positions,versions,checkpoints,views,tables"`
	Table   string `json:"table,omitempty"`
	Key     string `json:"key,omitempty"`    // of the row
	Column  string `json:"column,omitempty"` // that differs; empty when the row as a whole is missing or too many
	Message string `json:"message"`
}

const (
	countEvents = `SELECT count(*), coalesce(max(position), 0), (SELECT position FROM log_head) FROM events`
	firstGap    = `SELECT n FROM (SELECT position, row_number() OVER (ORDER BY position) AS n FROM events) e WHERE position <> n LIMIT 1`
	firstSkip   = `SELECT stream, version, n FROM (SELECT stream, version, row_number() OVER (PARTITION BY stream ORDER BY position) AS n FROM events) e
		WHERE version <> n LIMIT 1`
	placesAhead = `SELECT read_table, version, position FROM checkpoints WHERE position > $1 OR previous > $1 ORDER BY 1, 2`
	// placesLeft are the versions that should serve, or do, and don't go on.
	placesLeft = `SELECT c.read_table, c.version, CASE c.state WHEN 'empty' THEN 'is still to be built' WHEN 'failed' THEN 'could not be built: ' || c.build_error
			ELSE 'has stopped: ' || c.error END
		FROM checkpoints c LEFT JOIN checkpoints a ON a.read_table = c.read_table AND a.active
		WHERE c.version >= coalesce(a.version, 0) AND c.state IN ('stopped', 'failed', 'empty') ORDER BY 1, 2`
	// viewsAstray are the views that do not show the version that serves. A table that is gone is found elsewhere. Names
	// are looked up in the catalogue as the transaction sees it: to_regclass knows of switches made since.
	viewsAstray = `SELECT c.read_table, c.version
		FROM checkpoints c JOIN pg_class t ON t.relname = c.read_table || '_v' || c.version AND t.relnamespace = current_schema()::regnamespace
		WHERE c.active AND NOT EXISTS (SELECT FROM pg_class v JOIN pg_rewrite r ON r.ev_class = v.oid
			JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
			WHERE v.relname = c.read_table AND v.relnamespace = t.relnamespace AND d.refobjid = t.oid) ORDER BY 1`
	placesServed = `SELECT read_table, version, position, state FROM checkpoints WHERE active AND state IN ('live', 'stopped') ORDER BY 1`
	// holdTable comes before the first look, so that the table's name leads all along to the rows of one
	// moment: a rebuild may not put another one in its place between the two.
	holdTable = `LOCK TABLE %s IN ACCESS SHARE MODE`
	placeOf   = `SELECT position FROM checkpoints WHERE read_table = $1 AND version = $2`
)

// Verify proves that the log is whole: positions and every stream's versions without a gap, no
// table ahead of the log, none stopped; and, when Deep, that every served table is exactly the fold
// of the log up to where the table is. It waits for no table to catch up. Reading, writing, projecting
// and rebuilding go on meanwhile; each comparison is of one moment.
func (e *Engine) Verify(ctx context.Context, opt VerifyOptions) (v Verification, err error) {
	v = Verification{Tables: []string{}, Findings: []Finding{}}
	err = pgx.BeginTxFunc(ctx, e.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		return v.log(ctx, tx)
	})
	if err == nil && opt.Deep {
		opt.RebuildOptions = e.effort(opt.RebuildOptions)
		err = e.verifyTables(ctx, &v, opt)
	}
	return v, err
}

func (v *Verification) find(check, format string, args ...any) {
	v.Findings = append(v.Findings, Finding{Check: check, Message: fmt.Sprintf(format, args...)})
}

func (v *Verification) log(ctx context.Context, tx pgx.Tx) error {
	var last, head int64
	if err := tx.QueryRow(ctx, countEvents).Scan(&v.Events, &last, &head); err != nil {
		return err
	}
	if last != head {
		v.find("positions", "the last event is %d, and log_head says %d", last, head)
	}
	if v.Events != last {
		var missing int64
		if err := tx.QueryRow(ctx, firstGap).Scan(&missing); err != nil {
			return err
		}
		v.find("positions", "event %d is missing", missing)
	}
	var stream string
	var version, want int
	switch err := tx.QueryRow(ctx, firstSkip).Scan(&stream, &version, &want); {
	case err == nil:
		v.find("versions", "stream %s has version %d where %d belongs", stream, version, want)
	case !errors.Is(err, pgx.ErrNoRows):
		return err
	}
	return v.places(ctx, tx, head)
}

func (v *Verification) places(ctx context.Context, tx pgx.Tx, head int64) error {
	var name, why string
	var version int
	var position int64
	check := "checkpoints"
	found := func(format string, args ...any) error {
		v.Findings = append(v.Findings, Finding{Check: check, Table: name, Message: fmt.Sprintf(format, args...)})
		return nil
	}
	rows, err := tx.Query(ctx, placesAhead, head)
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, []any{&name, &version, &position}, func() error {
		return found("version %d is at position %d, after the log's end at %d", version, position, head)
	})
	if err != nil {
		return err
	}
	if rows, err = tx.Query(ctx, placesLeft); err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, []any{&name, &version, &why}, func() error { return found("version %d %s", version, why) })
	if err != nil {
		return err
	}
	if rows, err = tx.Query(ctx, viewsAstray); err != nil {
		return err
	}
	check = "views"
	_, err = pgx.ForEachRow(rows, []any{&name, &version}, func() error {
		return found("the view does not show version %d, which serves; rebuild the table", version)
	})
	return err
}

// together are tables that one fold of the log up to a position is compared with.
type together struct {
	tables []*building
	upTo   domain.Position
}

// verifyTables folds the log anew, once for the tables that are up to date, and once for each that
// has stopped on the way, and compares.
func (e *Engine) verifyTables(ctx context.Context, v *Verification, opt VerifyOptions) (err error) {
	groups, err := e.served(ctx, v)
	if err != nil || len(v.Tables) == 0 {
		return err
	}
	j, ctx, err := e.startJob(ctx, "verify", "reading", v.Tables, opt.RebuildOptions)
	if err != nil {
		return err
	}
	defer func() { j.end(ctx, &err) }()
	if err := j.makeSchema(ctx); err != nil {
		return err
	}
	for _, g := range groups {
		for _, b := range g.tables {
			b.table = b.serving.at(j.schema(), "")
		}
		b := e.newBuild(j, g.tables, g.upTo, opt.RebuildOptions)
		if err := b.runOnce(ctx); err != nil {
			return err
		}
		j.phase("comparing")
		for _, t := range g.tables {
			if err := e.compare(ctx, j, v, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// served lists what is to be compared, and finds what can't be. Tables of other programs are theirs.
func (e *Engine) served(ctx context.Context, v *Verification) (groups []together, err error) {
	rows, err := e.pool.Query(ctx, placesServed)
	if err != nil {
		return nil, err
	}
	var live together
	var name, state string
	var version int
	var position domain.Position
	_, err = pgx.ForEachRow(rows, []any{&name, &version, &position, &state}, func() error {
		t := e.definition(name, version)
		switch {
		case e.tables[name] == nil:
			return nil
		case t == nil:
			v.Findings = append(v.Findings, Finding{Check: "tables", Table: name,
				Message: fmt.Sprintf("version %d serves, which this program does not know and so can't compare; verify with one that does", version)})
			return nil
		case state == "stopped":
			groups = append(groups, together{[]*building{{serving: t}}, position})
		default:
			if len(live.tables) == 0 || position < live.upTo {
				live.upTo = position
			}
			live.tables = append(live.tables, &building{serving: t})
		}
		v.Tables = append(v.Tables, name)
		return nil
	})
	if len(live.tables) > 0 {
		groups = append(groups, live)
	}
	return groups, err
}

// compare brings a fresh table to where the served one is, and looks for the first difference, in
// one snapshot, which holds nobody up.
func (e *Engine) compare(ctx context.Context, j *job, v *Verification, b *building) error {
	finding := Finding{Check: "tables", Table: b.serving.name}
	fresh := &successor{building: b}
	if err := e.approach(ctx, j, fresh); err != nil {
		return err
	}
	err := pgx.BeginTxFunc(ctx, j.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, fmt.Sprintf(holdTable, b.serving.quoted())+"; SET LOCAL enable_seqscan = on"); err != nil {
			return err
		}
		var position domain.Position
		if err := tx.QueryRow(ctx, placeOf, b.serving.name, b.serving.version).Scan(&position); err != nil {
			return err
		}
		if b.err() == nil && position > b.position {
			if err := e.advance(ctx, tx, fresh, position); err != nil && !errors.Is(err, errRefused) {
				return err
			}
		}
		if err := b.err(); err != nil {
			finding.Message = err.Error()
			return nil
		}
		return finding.difference(ctx, tx, b)
	})
	switch {
	case errors.Is(err, errTakeCare):
		b.careful = true
		return e.compare(ctx, j, v, b)
	case hasState(err, "42P01"), errors.Is(err, pgx.ErrNoRows):
		return e.absent(ctx, v, b.serving)
	case err == nil && finding.Message != "":
		v.Findings = append(v.Findings, finding)
	}
	return err
}

// absent finds a table that is gone although its checkpoint is there. One without either was pruned
// meanwhile: nothing was compared.
func (e *Engine) absent(ctx context.Context, v *Verification, t *table) error {
	var position domain.Position
	err := e.pool.QueryRow(ctx, placeOf, t.name, t.version).Scan(&position)
	if errors.Is(err, pgx.ErrNoRows) {
		v.Tables = slices.DeleteFunc(v.Tables, func(name string) bool { return name == t.name })
		return nil
	}
	if err == nil {
		v.Findings = append(v.Findings, Finding{Check: "tables", Table: t.name, Message: "there is no table " + t.physical()})
	}
	return err
}

// approach brings a fresh table near to where the served one is, a batch at a time.
func (e *Engine) approach(ctx context.Context, j *job, fresh *successor) error {
	var position domain.Position
	err := j.pool.QueryRow(ctx, placeOf, fresh.serving.name, fresh.serving.version).Scan(&position)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return e.catchUp(ctx, j, fresh, position)
}

// difference fills f with the first row, by key, that is not the same in both tables.
func (f *Finding) difference(ctx context.Context, tx pgx.Tx, b *building) error {
	var on, order, served, fresh []string
	for _, c := range b.serving.shape.columns {
		q := quote(c.name)
		served, fresh = append(served, "l."+q+"::text"), append(fresh, "f."+q+"::text")
		if c.key {
			on, order = append(on, "l."+q+" = f."+q), append(order, "coalesce(l."+q+", f."+q+")")
		}
	}
	var missing, extra bool
	var has, wants []*string
	err := tx.QueryRow(ctx, fmt.Sprintf(`SELECT l.ctid IS NULL, f.ctid IS NULL, ARRAY[%[1]s], ARRAY[%[2]s] FROM %[3]s l FULL JOIN %[4]s f ON %[5]s
		WHERE l.ctid IS NULL OR f.ctid IS NULL OR ROW(%[1]s) IS DISTINCT FROM ROW(%[2]s) ORDER BY %[6]s LIMIT 1`,
		join(served), join(fresh), b.serving.quoted(), b.table.quoted(), strings.Join(on, " AND "), join(order))).Scan(&missing, &extra, &has, &wants)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	row := has
	if missing {
		row = wants
	}
	var key []string
	for i, c := range b.serving.shape.columns {
		if c.key && row[i] != nil {
			key = append(key, c.name+" = "+*row[i])
		}
	}
	f.Key = strings.Join(key, ", ")
	switch {
	case missing:
		f.Message = "the row is missing"
	case extra:
		f.Message = "the row should not be there"
	default:
		for i, c := range b.serving.shape.columns {
			if was, want := shown(has[i]), shown(wants[i]); was != want {
				f.Column, f.Message = c.name, fmt.Sprintf("it is %s and should be %s", was, want)
				break
			}
		}
	}
	return nil
}

func shown(value *string) string {
	if value == nil {
		return "NULL"
	}
	return fmt.Sprintf("%q", *value)
}
