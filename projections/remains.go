package projections

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"gifty/eventstore"
)

// Remains is where people are named still.
type Remains struct {
	Table   string // with its schema, if that is not the usual one
	Message string
}

const (
	// writtenColumns are those of every table of the database in which an id can be written. What only ids
	// are said in by design, the log and what is kept by its events, is looked at otherwise.
	writtenColumns = `SELECT n.nspname, c.relname, n.nspname = current_schema() AS here, array_agg(a.attname ORDER BY a.attnum)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relkind IN ('r', 'p', 'm') AND a.attnum > 0 AND NOT a.attisdropped AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
			AND a.atttypid IN ('uuid'::regtype, 'uuid[]'::regtype, 'text'::regtype, 'text[]'::regtype, 'varchar'::regtype, 'json'::regtype, 'jsonb'::regtype)
			AND NOT (n.nspname = current_schema() AND c.relname IN ('events', 'commands', 'subject_keys', 'sealed_blobs'))
		GROUP BY 1, 2, 3 ORDER BY 1, 2`
	servedTables = `SELECT read_table || '_v' || version FROM checkpoints WHERE active`
)

// RemainsOf looks through every table of the database, copies of read tables included, for what is left of
// people who have been erased. In a read table that serves there may be no row that names them, unless it is
// impersonal; in a copy none that tells something. It returns how many tables it has looked through.
func (e *Engine) RemainsOf(ctx context.Context, people ...uuid.UUID) (found []Remains, tables int, err error) {
	rows, err := e.pool.Query(ctx, servedTables)
	if err != nil {
		return nil, 0, err
	}
	served, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, 0, err
	}
	if rows, err = e.pool.Query(ctx, writtenColumns); err != nil {
		return nil, 0, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[written])
	if err != nil {
		return nil, 0, err
	}
	for _, w := range all {
		t := e.tables[versioned.ReplaceAllString(w.Table, "")]
		if t != nil && t.impersonal {
			continue
		}
		message := ""
		if serves := w.Here && slices.Contains(served, w.Table); t == nil || serves {
			message, err = e.named(ctx, w, people)
		} else {
			message, err = e.readable(ctx, w, t.shape, people)
		}
		if err != nil {
			return nil, 0, fmt.Errorf("look through %s: %w", w, err)
		}
		if message != "" {
			found = append(found, Remains{w.String(), message})
		}
	}
	return found, len(all), nil
}

// versioned is the end of a physical table's name.
var versioned = regexp.MustCompile(`_v\d+$`)

// written is a table with its columns in which something is written.
type written struct {
	Schema, Table string
	Here          bool // the schema is the usual one
	Columns       []string
}

func (w written) String() string {
	if w.Here {
		return w.Table
	}
	return w.Schema + "." + w.Table
}

// naming selects something of the rows that name one of the people, $1.
func (w written) naming(what string) string {
	var texts []string
	for _, c := range w.Columns {
		texts = append(texts, quote(c)+"::text")
	}
	return fmt.Sprintf("SELECT %s FROM %s.%s WHERE concat_ws(' ', %s) LIKE ANY($1)", what, quote(w.Schema), quote(w.Table), strings.Join(texts, ", "))
}

// anywhere are patterns for a text that holds one of the ids.
func anywhere(people []uuid.UUID) (patterns []string) {
	for _, id := range people {
		patterns = append(patterns, "%"+id.String()+"%")
	}
	return patterns
}

func (e *Engine) named(ctx context.Context, w written, people []uuid.UUID) (message string, err error) {
	var count int
	if err := e.pool.QueryRow(ctx, w.naming("count(*)"), anywhere(people)).Scan(&count); err != nil || count == 0 {
		return "", err
	}
	return fmt.Sprintf("rows that name them: %d", count), nil
}

// readable looks at the personal columns of a copy.
func (e *Engine) readable(ctx context.Context, w written, s *shape, people []uuid.UUID) (message string, err error) {
	for _, c := range s.columns {
		if c.personal == nil || !slices.Contains(w.Columns, c.name) {
			continue
		}
		rows, err := e.pool.Query(ctx, w.naming(quote(c.name)+"::text"), anywhere(people))
		if err != nil {
			return "", err
		}
		values, err := pgx.CollectRows(rows, pgx.RowTo[*string])
		if err != nil {
			return "", err
		}
		for _, v := range values {
			told, err := s.tells(v)
			if err != nil {
				return "", err
			}
			if told {
				return fmt.Sprintf("column %s of this copy can be read; drop it: gifty projections prune, or gifty as-of --drop", c.name), nil
			}
		}
	}
	return "", nil
}

// tells says whether what is stored in a personal column can be read.
func (s *shape) tells(stored *string) (bool, error) {
	switch {
	case stored == nil || isEmpty([]byte(*stored)) || *stored == "" || *stored == "null":
		return false, nil
	case s.keys == nil || !eventstore.IsSealedColumn([]byte(*stored)):
		return true, nil
	}
	value, err := s.keys.OpenColumn([]byte(*stored))
	return value != nil, err
}
