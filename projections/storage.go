package projections

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// storage is the SQL that keeps a table's rows. Rows and keys travel as one JSON array a
// statement, so a batch costs the same number of round trips whatever its size.
type storage struct {
	create     []string // the physical table, and its set-up
	bare       []string // create without the primary key
	key        []string // makes the unique index for it; makes it the primary key
	copy       string   // takes rows as shape.appendRow writes them
	indexes    []string
	loadKeys   string            // $1: JSON array of keys → JSON array of rows
	loadHaving map[string]string // by column; $1: JSON array of values → JSON array of rows
	insert     string            // $1: JSON array of new rows
	upsert     string            // $1: JSON array of rows
	remove     string            // $1: JSON array of keys
	settle     string            // $1: how many rows at most to put into the deferred indexes; "" when there are none
	unsettled  string            // counts the rows that are in none
}

// indexedColumn tells which rows are in a table's deferred indexes. Those that a rebuild stores are.
const indexedColumn = "indexed"

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

func storageOf(t *table) *storage {
	name, setup := t.quoted(), t.on(t.setup)
	var all, stored, typed, defined, set, read []string
	var key, keyTyped, match []string
	for _, c := range t.shape.columns {
		q := quote(c.name)
		all, stored, read = append(all, q), append(stored, orEmpty(c)), append(read, asJSON(c)+" AS "+q)
		typed, defined = append(typed, q+" "+c.sql), append(defined, q+" "+c.sql+notNull(c))
		if c.key {
			key, keyTyped, match = append(key, q), append(keyTyped, q+" "+c.sql), append(match, "t."+q+" = k."+q)
		} else {
			set = append(set, q+" = excluded."+q)
		}
	}
	insert := fmt.Sprintf("INSERT INTO %s (%%s) SELECT %%s FROM json_to_recordset($1::json) AS r(%s)", name, join(typed))
	upsertInto, upsertFrom := all, stored
	if len(t.deferred) > 0 {
		defined = append(defined, indexedColumn+" boolean NOT NULL DEFAULT true")
		upsertInto, upsertFrom = append(slices.Clone(all), indexedColumn), append(slices.Clone(stored), "false")
		set = append(set, indexedColumn+" = false")
	}
	conflict := "DO NOTHING"
	if len(set) > 0 {
		conflict = "DO UPDATE SET " + join(set)
	}
	keys := fmt.Sprintf("json_to_recordset($1::json) AS k(%s)", join(keyTyped))
	matches := strings.Join(match, " AND ")
	// OFFSET 0 keeps the planner from turning the lookups around into a scan of the whole table,
	// which it likes while the table is small, and remembers when it no longer is.
	load := fmt.Sprintf("SELECT coalesce(json_agg(found), '[]')::text FROM %%s, LATERAL (SELECT %s FROM %s AS t WHERE %%s OFFSET 0) AS found",
		join(read), name)
	if unsorted := t.shape.unsorted(); len(unsorted) > 0 {
		setup = append([]string{fmt.Sprintf("ALTER TABLE %s %s", name, join(unsorted))}, setup...)
	}
	s := &storage{
		create:     append([]string{fmt.Sprintf("CREATE TABLE %s (%s, PRIMARY KEY (%s))", name, join(defined), join(key))}, setup...),
		bare:       append([]string{fmt.Sprintf("CREATE TABLE %s (%s)", name, join(defined))}, setup...),
		copy:       fmt.Sprintf("COPY %s (%s) FROM STDIN (FORMAT binary)", name, join(all)),
		indexes:    t.on(t.indexes),
		loadKeys:   fmt.Sprintf(load, keys, matches),
		loadHaving: map[string]string{},
		insert:     fmt.Sprintf(insert, join(all), join(stored)),
		remove: fmt.Sprintf("DELETE FROM %s WHERE ctid = ANY(ARRAY(SELECT found.ctid FROM %s, LATERAL (SELECT t.ctid FROM %s AS t WHERE %s OFFSET 0) AS found))",
			name, keys, name, matches),
	}
	s.upsert = fmt.Sprintf(insert, join(upsertInto), join(upsertFrom)) + fmt.Sprintf(" ON CONFLICT (%s) %s", join(key), conflict)
	if len(t.deferred) > 0 {
		s.indexes = append(s.indexes, fmt.Sprintf("CREATE INDEX ON %s (%s) WHERE NOT indexed", name, join(key)))
		s.indexes = append(s.indexes, t.on(t.deferred)...)
		s.settle = fmt.Sprintf("UPDATE %[1]s SET indexed = true WHERE ctid = ANY(ARRAY(SELECT ctid FROM %[1]s WHERE NOT indexed LIMIT $1 FOR UPDATE SKIP LOCKED))", name)
		s.unsettled = fmt.Sprintf("SELECT count(*) FROM %s WHERE NOT indexed", name)
	}
	pkey := quote(t.physical() + "_pkey")
	s.key = []string{
		fmt.Sprintf("CREATE UNIQUE INDEX %s ON %s (%s)", pkey, name, join(key)),
		fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s PRIMARY KEY USING INDEX %s", name, pkey, pkey),
	}
	for _, column := range t.selectors {
		c, _ := t.shape.column(column)
		values := fmt.Sprintf("(SELECT DISTINCT v::%s AS v FROM json_array_elements_text($1::json) AS v) AS k", c.sql)
		s.loadHaving[column] = fmt.Sprintf(load, values, "t."+quote(column)+" = k.v")
	}
	return s
}

// on puts the physical table's name into a definition's statements.
func (t *table) on(statements []string) []string {
	out := make([]string, len(statements))
	for i, s := range statements {
		out[i] = strings.ReplaceAll(s, "{table}", t.quoted())
	}
	return out
}

func join(parts []string) string { return strings.Join(parts, ", ") }

func notNull(c column) string {
	if c.nullable {
		return ""
	}
	return " NOT NULL"
}

// orEmpty is the column's value from the JSON row r. Go writes a nil slice or map as null.
func orEmpty(c column) string {
	if c.empty == "" || c.personal != nil {
		return "r." + quote(c.name)
	}
	return fmt.Sprintf("coalesce(r.%s, '%s'::jsonb)", quote(c.name), c.empty)
}

// asJSON is the column's value as Go's JSON reads it back. Postgres knows no JSON form of a vector
// and would make it a string; its text form is a JSON array.
func asJSON(c column) string {
	if strings.HasPrefix(c.sql, "halfvec") || strings.HasPrefix(c.sql, "vector") {
		return "t." + quote(c.name) + "::text::json"
	}
	return "t." + quote(c.name)
}

// unsorted keeps ANALYZE, a third of the time of indexing, from what no query compares or counts: JSON,
// and what is sealed.
func (s *shape) unsorted() (alter []string) {
	for _, c := range s.columns {
		if c.sql == "jsonb" || c.personal != nil {
			alter = append(alter, "ALTER COLUMN "+quote(c.name)+" SET STATISTICS 0")
		}
	}
	return alter
}
