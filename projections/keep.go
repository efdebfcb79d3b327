package projections

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"gifty/domain"
)

// keptBuild is what a rebuild that was stopped leaves behind, so that the next one of the same tables
// goes on from there: its schema, on which this stands as a comment, and its folder of spilled rows
// and events. A process that is killed leaves no comment, and so nothing that is gone on from.
type keptBuild struct {
	Format int             `json:"format"` // of the folder's files: spillFormat
	Log    string          `json:"log"`    // logName
	Names  []string        `json:"names"`  // of all tables that were to be rebuilt
	Tables []keptTable     `json:"tables"` // those that are not in service yet
	Read   domain.Position `json:"read"`   // up to here everything is in the tables or spilled
	UpTo   domain.Position `json:"up_to"`
	Spill  string          `json:"spill"`  // folder
	Events int64           `json:"events"` // in it
}

type keptTable struct {
	Name     string          `json:"name"`
	Version  int             `json:"version"`
	Shape    string          `json:"shape"`
	Position domain.Position `json:"position"`
	Stored   sliceSet        `json:"stored"`
	Indexed  uint64          `json:"indexed"`
}

const (
	keptNote = "gifty kept "
	listKept = `SELECT nspname, obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname LIKE 'gifty\_build\_%' AND obj_description(oid, 'pg_namespace') LIKE $1 || '%' ORDER BY oid`
	// logName tells logs apart by their first event, and one from another that was restored from its dump by the table.
	logName = `SELECT coalesce((SELECT right(event_id::text, 12) FROM events WHERE position = 1), 'empty') || '-' || 'events'::regclass::oid`
)

// keep spills what is in memory and notes how far the work is. When a table has failed, or the log
// could not be read, there is nothing to go on with.
func (b *build) keep(ctx context.Context) error {
	if b.spill == nil || b.pass != nil && !b.pass.whole {
		return nil
	}
	if b.pass != nil {
		if err := b.pass.spillAll(); err != nil { // a table whose rows can't be spilled has failed by then
			return err
		}
	}
	k := keptBuild{Format: spillFormat, Names: b.job.names, Read: b.read, UpTo: b.upTo, Spill: b.spill.dir}
	for _, t := range b.tables {
		switch {
		case t.err() != nil:
			return nil
		case !t.serves:
			k.Tables = append(k.Tables, keptTable{t.serving.name, t.serving.version, t.serving.fingerprint(), t.position, t.stored, t.indexed})
		}
	}
	if b.upTo == 0 || len(k.Tables) == 0 {
		return nil
	}
	err := b.job.pool.QueryRow(ctx, logName).Scan(&k.Log)
	if err != nil {
		return err
	}
	if k.Events, err = b.spill.flush(); err != nil {
		return err
	}
	note, err := json.Marshal(k)
	if err != nil {
		return err
	}
	if err := b.exec(ctx, commentOnSchema(b.job.schema(), keptNote+string(note))); err != nil {
		return err
	}
	b.job.kept, b.spill.kept = true, true
	return nil
}

func commentOnSchema(name, comment string) string {
	return "COMMENT ON SCHEMA " + quote(name) + " IS '" + strings.ReplaceAll(comment, "'", "''") + "'"
}

// goOn takes over what a stopped rebuild of the same tables has kept, and reports whether there was
// any. What is kept of one of these tables and does not suit is removed: it would only grow old.
func (b *build) goOn(ctx context.Context) (found bool, err error) {
	rows, err := b.job.pool.Query(ctx, listKept, keptNote)
	if err != nil {
		return false, err
	}
	type schema struct{ name, note string }
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s schema, err error) { return s, row.Scan(&s.name, &s.note) })
	if err != nil {
		return false, err
	}
	for _, s := range all {
		var k keptBuild
		readable := json.Unmarshal([]byte(strings.TrimPrefix(s.note, keptNote)), &k) == nil
		switch suits, err := b.suits(ctx, k); {
		case err != nil:
			return false, err
		case readable && !slices.ContainsFunc(k.Names, func(name string) bool { return slices.Contains(b.job.names, name) }):
		case readable && suits && !found && !b.fresh:
			found = true
			if err := b.adopt(ctx, s.name, k); err != nil {
				return false, fmt.Errorf("go on with what %s holds: %w", s.name, err)
			}
		default:
			if err := errors.Join(b.exec(ctx, "DROP SCHEMA "+quote(s.name)+" CASCADE"), removeSpill(k.Spill)); err != nil {
				return false, err
			}
		}
	}
	return found, nil
}

// suits tells whether what was kept belongs to the same log and tables, and is all there.
func (b *build) suits(ctx context.Context, k keptBuild) (bool, error) {
	var log string
	if err := b.job.pool.QueryRow(ctx, logName).Scan(&log); err != nil {
		return false, err
	}
	for _, t := range k.Tables {
		if !slices.ContainsFunc(b.tables, func(b *building) bool {
			return b.serving.name == t.Name && b.serving.version == t.Version && b.serving.fingerprint() == t.Shape
		}) {
			return false, nil
		}
	}
	info, err := os.Stat(k.Spill)
	return err == nil && info.IsDir() && k.Format == spillFormat && k.Log == log && k.UpTo <= b.upTo && slices.Equal(k.Names, b.job.names), nil
}

// adopt makes what was kept this job's own.
func (b *build) adopt(ctx context.Context, schema string, k keptBuild) error {
	// First, for nothing else keeps others from sweeping the folder away when the comment is gone.
	dir := spillDir(filepath.Dir(k.Spill), k.Log, b.job.id)
	if err := os.Rename(k.Spill, dir); err != nil {
		return err
	}
	err := pgx.BeginFunc(ctx, b.job.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "COMMENT ON SCHEMA "+quote(schema)+" IS NULL")
		if err == nil {
			_, err = tx.Exec(ctx, "ALTER SCHEMA "+quote(schema)+" RENAME TO "+quote(b.job.schema()))
		}
		return err
	})
	if err != nil {
		return err
	}
	if b.spill, err = openSpill(dir, k.Events); err != nil {
		return err
	}
	if b.read = k.Read; k.Read == k.UpTo { // what has come since is caught up with
		b.upTo = k.UpTo
	}
	for _, t := range b.tables {
		i := slices.IndexFunc(k.Tables, func(kept keptTable) bool { return kept.Name == t.serving.name })
		if t.serves = i < 0; !t.serves {
			t.stored, t.indexed, t.position = k.Tables[i].Stored, k.Tables[i].Indexed, max(k.Tables[i].Position, b.upTo)
		}
	}
	b.job.resume(int64(k.Read))
	return nil
}
