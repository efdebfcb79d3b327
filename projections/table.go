// Package projections makes read tables from the log. A table is declared once, as the fold of
// the events that name its rows' keys (Table, Fold, On …); the engine does the rest. It keeps tables
// up to date while events arrive (Run), lets queries wait for their own writes (Wait), makes tables
// anew from the whole log (Rebuild) or as they once were (AsOf), and proves that they are what the
// log says (Verify).
//
// Physical tables carry their version (recipients_v3). A stable view (recipients) shows the active
// one, so queries keep their names. A table's shape never migrates: raise Version, and the new
// table is made from the log beside the old one, which serves until the new one has caught up.
// Meanwhile the old one is kept up to date by processes that declare it: older programs that still
// run, or this one if it lists the older definition too. Otherwise it stands still that long.
//
// To read it in order: table.go, rule.go and shape.go are what a table is. Following the log is engine.go,
// watch.go, projector.go, batch.go and, for the folding, rows.go. Making a table anew is rebuild.go (which
// tables), build.go and pass.go (reading the log), part.go (rows in memory), spill.go and refold.go (what does
// not fit), store.go (COPY and indexes), successor.go and switch.go (catching up, and into service). Both fold by
// ruling.go. job.go is what all long work has in common, keep.go what a stopped rebuild leaves behind.
package projections

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"time"

	"gifty/eventstore"
)

// Table declares a read table. R is its row: a struct whose json tags name the columns (and the
// API's fields) and whose db tags say what Go can't, separated by ";":
//
//	db:"pk"                      part of the primary key; a key never changes
//	db:"type=halfvec(1024)"      the SQL type, when not the one inferred below
//	db:"null"                    may be NULL though the Go type is no pointer
//
// The tag personal:"recipient_id,giver_id" says that a column is somebody's, and in which columns to look for
// whose, the first that is not empty. It is stored as text, sealed by that person's key, so it can be neither
// searched nor part of an index; Select opens it. No rule may name rows by it.
//
// Inferred SQL types: uuid.UUID uuid; string text; bool boolean; int, int64 bigint; int32 integer;
// float64 double precision; float32 real; time.Time timestamptz; domain.Amount numeric; structs,
// maps, slices and json.RawMessage jsonb. Pointers and json.RawMessage may be NULL, all else is
// NOT NULL; a nil slice is stored as [] and a nil map as {}.
type Table[R any] struct {
	Name    string // of the stable view: lower case, plural
	Version int    // 1, 2, 3 …; raise it with every change to R, Setup, Indexes, Deferred or what the fold means
	Doc     string // one sentence: what a row is
	// Impersonal rows tell of nobody, only that something was done under an id. Those under the ids of who was
	// erased stay: the ids lead nowhere any more.
	Impersonal bool
	Fold       Folder[R]
	// Setup is SQL run once after CREATE TABLE, before any row: generated columns, storage. Columns
	// that R does not have are the database's own. {table} stands for the physical table.
	Setup []string
	// Indexes is SQL that a rebuild runs after the rows are in: "CREATE INDEX ON {table} (recipient_id)".
	// Every column that Each or RemoveEach name needs one.
	Indexes []string
	// Deferred are indexes that take too long to keep while events are followed, as those of vectors do.
	// They are made like Indexes, but hold only some rows: "CREATE INDEX ON {table} USING hnsw (…) WHERE
	// indexed". The table gets that boolean column, which no row struct has. It is true of rows that a
	// rebuild has stored and false of those that the live path has written since, until Run has put them
	// into the index, in the background. Those are for queries to look at one by one, by an index
	// WHERE NOT indexed that the engine adds.
	Deferred []string
}

// Definition is a Table of any row type, for lists of them.
type Definition interface {
	compile(types *eventstore.Types) (*table, error)
}

// Stamps is embedded in a row and kept by the engine: when the row's first event occurred, and its last.
type Stamps struct {
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

func (s *Stamps) stamp(at time.Time, created bool) {
	if created {
		s.CreatedAt = at
	}
	s.UpdatedAt = at
}

type stamped interface {
	stamp(at time.Time, created bool)
}

// table is a definition made ready: names checked, columns known, events' stored names found.
type table struct {
	name       string
	version    int
	doc        string
	impersonal bool
	setup      []string
	indexes    []string
	deferred   []string
	shape      *shape
	sql        *storage
	types      []string       // stored names of the events it folds, sorted
	begin      func() folding // starts folding with no rows known

	selectors  []string // columns by which rules name rows
	readsBlobs bool
	// split and hold are the two halves of folding a whole log by slices.
	split func() splitter
	hold  func(mine sliceSet, warm int) sliced

	schema string // where the physical table is; empty: where the connection's search path leads
	alias  string // its name there, when not the usual one
}

// at is the same table kept elsewhere.
func (t *table) at(schema, alias string) *table {
	other := *t
	other.schema, other.alias = schema, alias
	other.sql = storageOf(&other)
	return &other
}

// physical is the name of the table behind the stable view.
func (t *table) physical() string {
	if t.alias != "" {
		return t.alias
	}
	return fmt.Sprintf("%s_v%d", t.name, t.version)
}

// quoted is physical for SQL, with the schema if there is one.
func (t *table) quoted() string {
	if t.schema == "" {
		return quote(t.physical())
	}
	return quote(t.schema) + "." + quote(t.physical())
}

// String names the table and its version in logs and errors.
func (t *table) String() string { return fmt.Sprintf("%s_v%d", t.name, t.version) }

// PostgreSQL cuts names at 63 bytes; this leaves room for a version and an index's suffix.
var tableName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

func (t Table[R]) compile(types *eventstore.Types) (*table, error) {
	shape, err := shapeOf(reflect.TypeFor[R]())
	if err == nil && t.Fold.find != nil {
		t.Fold.rules, err = t.Fold.find(types)
	}
	if err == nil {
		shape.keys = types.Keys()
		err = t.check(shape)
	}
	if err != nil {
		return nil, fmt.Errorf("read table %q: %w", t.Name, err)
	}
	var selectors []string
	var readsBlobs bool
	names := map[string]struct{}{}
	rules := map[reflect.Type][]Rule[R]{}
	for _, r := range t.Fold.rules {
		stored := types.Names(r.event)
		if len(stored) == 0 {
			return nil, fmt.Errorf("read table %q: event %s is not registered", t.Name, r.event)
		}
		for _, n := range stored {
			names[n] = struct{}{}
		}
		rules[r.event] = append(rules[r.event], r)
		readsBlobs = readsBlobs || r.blob != nil
		if r.column != "" {
			selectors = append(selectors, r.column)
		}
	}
	c := &table{
		name: t.Name, version: t.Version, doc: t.Doc, impersonal: t.Impersonal, setup: t.Setup, indexes: t.Indexes, deferred: t.Deferred,
		shape: shape, types: slices.Sorted(maps.Keys(names)),
		readsBlobs: readsBlobs,
		begin:      func() folding { return newRows(shape, rules) },
		selectors:  selectors,
		split:      func() splitter { return newSlicing(shape, rules, 0, 0) },
		hold:       func(mine sliceSet, warm int) sliced { return newSlicing(shape, rules, mine, warm) },
	}
	c.sql = storageOf(c)
	return c, nil
}

func (t Table[R]) check(shape *shape) error {
	if !tableName.MatchString(t.Name) {
		return errors.New("the name must be lower case letters, digits and underscores, at most 40")
	}
	if t.Version < 1 {
		return errors.New("the version must be 1 or more")
	}
	if len(t.Fold.rules) == 0 {
		return errors.New("it folds no event")
	}
	if _, taken := shape.column(indexedColumn); taken && len(t.Deferred) > 0 {
		return fmt.Errorf("a table with deferred indexes can't have a column %q of its own", indexedColumn)
	}
	for _, r := range t.Fold.rules {
		if r.column == "" {
			continue
		}
		c, ok := shape.column(r.column)
		if !ok {
			return fmt.Errorf("the rule for %s names column %q, which the row does not have", r.event, r.column)
		}
		if c.personal != nil {
			return fmt.Errorf("the rule for %s names rows by column %q, which is sealed", r.event, r.column)
		}
		if goType := c.base(); goType != r.valueType || !selectable(goType) {
			return fmt.Errorf("the rule for %s gives column %q a %s; it holds %s (rows can be named by ids, strings, integers and booleans)", r.event, r.column, r.valueType, goType)
		}
	}
	return nil
}
