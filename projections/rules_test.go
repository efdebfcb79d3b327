package projections_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/eventstore/pgtest"
	"gifty/projections"
)

// picture is a row made from a blob, with a vector and a column that Postgres computes.
type picture struct {
	Person uuid.UUID `json:"person" db:"pk"`
	Vector []float32 `json:"vector" db:"type=halfvec(3)"`
	Times  int32     `json:"times"`
}

func pictures() projections.Table[picture] {
	return projections.Table[picture]{
		Name: "pictures", Version: 1,
		Fold: projections.Fold(projections.OnBlob(
			func(e Pictured, _ domain.Meta) picture { return picture{Person: e.Person} },
			func(e Pictured) []byte { return e.SHA256 },
			func(p *picture, _ Pictured, _ domain.Meta, blob []byte) error {
				p.Times++
				return json.Unmarshal(blob, &p.Vector)
			},
		)),
		Setup: []string{
			"ALTER TABLE {table} ALTER COLUMN vector SET STORAGE PLAIN",
			"ALTER TABLE {table} ADD COLUMN first float8 GENERATED ALWAYS AS ((vector::real[])[1]) STORED",
		},
		Indexes: []string{"CREATE INDEX ON {table} USING hnsw (vector halfvec_cosine_ops)"},
	}
}

func TestRowsFromBlobs(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	e, _ := start(t, pool, projections.Options{}, pictures())
	ann := uuid.New()
	var last domain.Position
	for _, blob := range []string{"[1, 2, 3]", "[0.5, 0, -4]"} {
		sha := sha256.Sum256([]byte(blob))
		r, err := log.Append(t.Context(), domain.Append{
			Blobs:  [][]byte{[]byte(blob)},
			Writes: []domain.Write{{Stream: "ann", Expect: domain.AnyVersion, Events: []any{Pictured{ann, sha[:]}}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		last = r.Last
		wait(t, e, last, "pictures")
	}
	var vector string
	var times int
	var first float64
	err := pool.QueryRow(t.Context(), "SELECT vector::text, times, first FROM pictures").Scan(&vector, &times, &first)
	if err != nil || vector != "[0.5,0,-4]" || times != 2 || first != 0.5 {
		t.Error(vector, times, first, err)
	}
	add(t, log, Pictured{ann, []byte("nothing has this hash")})
	if err := e.CatchUp(t.Context()); err == nil || !strings.Contains(err.Error(), "stopped at event 3") {
		t.Errorf("a missing blob: %v", err)
	}
}

// pair has two keys and is named by events that name several rows.
type pair struct {
	Left  string `json:"left" db:"pk"`
	Right string `json:"right" db:"pk"`
	Seen  int    `json:"seen"`
}

func pairs() projections.Table[pair] {
	letters := func(s string) (rows []pair) {
		for i, r := range s {
			rows = append(rows, pair{Left: string(r), Right: fmt.Sprint(i)})
		}
		return rows
	}
	seen := func(p *pair) { p.Seen++ }
	return projections.Table[pair]{
		Name: "pairs", Version: 1,
		Fold: projections.Fold(
			projections.OnMany(func(e Joined, _ domain.Meta) []pair { return letters(e.Name) }, func(p *pair, _ Joined, _ domain.Meta) { seen(p) }),
			projections.ChangeMany(func(e Renamed, _ domain.Meta) []pair { return letters(e.Name) }, func(p *pair, _ Renamed, _ domain.Meta) { seen(p) }),
			projections.PutMany(func(e TeamRenamed, _ domain.Meta) []pair { return letters(e.To) }),
			projections.RemoveMany(func(e TeamClosed, _ domain.Meta) []pair { return letters(e.Team) }),
		),
	}
}

func TestEventsThatNameSeveralRows(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	for batch := range 2 { // the same in one batch and in batches of one event
		t.Run(fmt.Sprint(batch), func(t *testing.T) {
			table := pairs()
			table.Name += fmt.Sprint(batch)
			last := add(t, log, Joined{Name: "abca"}, Joined{Name: "ab"}, Renamed{Name: "axc"}, TeamRenamed{To: "ay"}, Renamed{Name: "a"}, TeamClosed{Team: "aa"})
			e, _ := start(t, pool, projections.Options{BatchSize: 1 + 100*batch}, table)
			wait(t, e, last, table.Name)
			got := all[pair](t, pool, "SELECT * FROM "+table.Name+" ORDER BY 2, 1")
			want := []pair{{"b", "1", 2}, {"y", "1", 0}, {"c", "2", 2}, {"a", "3", 1}}
			if batch == 1 { // the log holds everything twice
				want = []pair{{"b", "1", 4}, {"y", "1", 0}, {"c", "2", 4}, {"a", "3", 2}}
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %v\nwant %v", got, want)
			}
		})
	}
}

func TestDefinitionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	type noKey struct {
		A int `json:"a"`
	}
	type badTag struct {
		A int `json:"a" db:"pk;sort"`
	}
	type nullKey struct {
		A *int `json:"a" db:"pk"`
	}
	type noType struct {
		A int    `json:"a" db:"pk"`
		B []byte `json:"b"`
	}
	type omitted struct {
		A int `json:"a" db:"pk"`
		B int `json:"b,omitempty"`
	}
	type twice struct {
		A int `json:"created_at" db:"pk"`
		projections.Stamps
	}
	type unnamed struct {
		A int `json:"a" db:"pk"`
		B int
	}
	type unregistered struct{}
	rename := teams()
	rename.Name = "Teams"
	unversioned := teams()
	unversioned.Version = 0
	folding := func(rules ...projections.Rule[Team]) projections.Definition {
		return projections.Table[Team]{Name: "t", Version: 1, Fold: projections.Fold(rules...)}
	}
	cases := []struct {
		definition projections.Definition
		want       string
	}{
		{table[noKey](), `no field is tagged db:"pk"`},
		{table[badTag](), `field A: unknown db tag "sort"`},
		{table[nullKey](), "field A: type *int can't be part of a key"},
		{table[noType](), "field B: type []uint8 has no SQL type"},
		{table[omitted](), `field B: json option "omitempty" is for columns that may be NULL`},
		{table[twice](), `field CreatedAt: column "created_at" is declared twice`},
		{table[unnamed](), "field B: a column needs a name"},
		{rename, "the name must be lower case"},
		{unversioned, "the version must be 1 or more"},
		{folding(), "it folds no event"},
		{folding(projections.Remove(func(unregistered, domain.Meta) Team { return Team{} })), "event projections_test.unregistered is not registered"},
		{folding(projections.RemoveEach[Team]("none", func(Left, domain.Meta) string { return "" })), `names column "none", which the row does not have`},
		{folding(projections.RemoveEach[Team]("name", func(Left, domain.Meta) int { return 0 })), `gives column "name" a int; it holds string`},
	}
	for _, c := range cases {
		_, err := projections.New(nil, toyTypes(), []projections.Definition{c.definition}, projections.Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
}

func TestMoreTablesThanARebuildCanMake(t *testing.T) {
	t.Parallel()
	var list []projections.Definition
	for i := range 65 {
		one := teams()
		one.Name += fmt.Sprint(i)
		list = append(list, one)
	}
	if _, err := projections.New(nil, toyTypes(), list, projections.Options{}); err == nil || !strings.Contains(err.Error(), "65 read tables") {
		t.Error(err)
	}
}

func table[R any]() projections.Definition {
	return projections.Table[R]{Name: "t", Version: 1, Fold: projections.Fold(projections.Put(func(Left, domain.Meta) (r R) { return r }))}
}
