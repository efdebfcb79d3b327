package all_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/recipient"
	"gifty/eventstore"
	"gifty/eventstore/pgtest"
	"gifty/projections"
	"gifty/projections/all"
)

// Whatever happened, every read table that there is comes out the same, row for row, whether it
// was kept up to date, made anew, or made as of the log's end. Events and tables are taken from the
// lists, so a new one is tested by being there.
func TestLiveRebuildAndAsOfAreTheSame(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	types, err := all.Types()
	if err != nil {
		t.Fatal(err)
	}
	log := eventstore.Open(pool, types, eventstore.Options{})
	t.Cleanup(log.Close)
	e, err := projections.New(pool, types, all.Tables(), projections.Options{BatchSize: 300})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})

	rounds := 2
	for seed := range rounds {
		happen(t, log, types, uint64(seed))
		if err := e.CatchUp(t.Context()); err != nil {
			status, _ := e.Status(t.Context())
			b, _ := json.MarshalIndent(status, "", " ")
			t.Fatalf("%v\n%s", err, b)
		}
		head, err := log.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := e.AsOf(t.Context(), "past", head, nil, projections.RebuildOptions{Memory: int64(seed)}); err != nil {
			t.Fatal(err)
		}
		live := contents(t, pool, e, "public")
		same(t, "as of the end", contents(t, pool, e, "past"), live)
		if err := e.DropAsOf(t.Context(), "past"); err != nil {
			t.Fatal(err)
		}
		if err := e.Rebuild(t.Context(), nil, projections.RebuildOptions{}); err != nil {
			t.Fatal(err)
		}
		same(t, "rebuilt", contents(t, pool, e, "public"), live)
	}
	v, err := e.Verify(t.Context(), projections.VerifyOptions{Deep: true})
	if err != nil || len(v.Findings) > 0 || len(v.Tables) != len(all.Tables()) {
		t.Errorf("%+v, %v", v, err)
	}
}

// contents is every table's rows as text, in the order of their text.
func contents(t *testing.T, pool *pgxpool.Pool, e *projections.Engine, schema string) map[string][]string {
	t.Helper()
	status, err := e.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tables := map[string][]string{}
	for _, s := range status {
		var rows []string
		err := pool.QueryRow(t.Context(), "SELECT coalesce(array_agg(r::text ORDER BY r::text), '{}') FROM "+schema+"."+s.Table+" r").Scan(&rows)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) == 0 {
			t.Errorf("the history leaves nothing in %s, which proves nothing", s.Table)
		}
		tables[s.Table] = rows
	}
	return tables
}

func same(t *testing.T, what string, got, want map[string][]string) {
	t.Helper()
	for name, rows := range want {
		if len(got[name]) != len(rows) {
			t.Fatalf("%s, %s has %d rows, want %d", what, name, len(got[name]), len(rows))
		}
		for i := range rows {
			if got[name][i] != rows[i] {
				t.Fatalf("%s, %s differs\n got %s\nwant %s", what, name, got[name][i], rows[i])
			}
		}
	}
}

// happen appends a random history: events of every type about few things, so that they meet.
func happen(t *testing.T, log domain.Log, types *eventstore.Types, seed uint64) {
	t.Helper()
	r := &history{rand.New(rand.NewPCG(seed, 7))}
	var names []reflect.Type
	for _, goType := range types.All() {
		names = append(names, goType)
	}
	var blobs [][]byte
	for i := range 4 {
		blobs = append(blobs, vector(i))
	}
	slices.SortFunc(names, func(a, b reflect.Type) int { return strings.Compare(a.String(), b.String()) }) // the same history for a seed
	happened := func(types ...reflect.Type) {
		var events []any
		for _, goType := range types {
			v := reflect.New(goType).Elem()
			r.fill(v)
			events = append(events, v.Interface())
		}
		_, err := log.Append(t.Context(), domain.Append{Blobs: blobs, Writes: []domain.Write{{Stream: "s-" + uuid.NewString(), Expect: domain.NoStream, Events: events}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 40 {
		var some []reflect.Type
		for range 1 + r.IntN(40) {
			some = append(some, names[r.IntN(len(names))])
		}
		happened(some...)
	}
	// Last what makes rows: else one that takes them away may leave a table without any.
	happened(slices.DeleteFunc(names, func(goType reflect.Type) bool {
		return slices.Contains([]reflect.Type{reflect.TypeFor[recipient.Deleted](), reflect.TypeFor[discovery.StepTaken]()}, goType)
	})...)
}

func vector(i int) (b []byte) {
	for d := range 1024 {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(math.Sin(float64(i+1)*float64(d+1)))))
	}
	return b
}

// history makes up values, from few.
type history struct{ *rand.Rand }

func (r *history) fill(v reflect.Value) {
	switch v.Interface().(type) {
	case uuid.UUID:
		v.Set(reflect.ValueOf(uuid.NewSHA1(uuid.Nil, []byte{byte(r.IntN(12))})))
		return
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(1900+r.IntN(150), 2, 3, 4, 5, 6, r.IntN(1e6)*1000, time.UTC)))
		return
	case json.RawMessage:
		raw := []string{`{"b": 1.50, "a": [true, null, "ж<&\u2028"]}`, `[]`, `"x"`, ``}[r.IntN(4)]
		if raw != "" {
			v.SetBytes([]byte(raw))
		}
		return
	case domain.Amount:
		amount, err := domain.NewAmount([]string{"0", "19.90", "1990", "0.001", "123456789.5", "100000"}[r.IntN(6)])
		if err != nil {
			panic(err)
		}
		v.Set(reflect.ValueOf(amount))
		return
	case []byte:
		sum := sha256.Sum256(vector(r.IntN(4)))
		v.SetBytes(sum[:])
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString([]string{"", "a", "Подарок <b>для\tмамы</b>", "gift \"set\" \\ of 5", "é\u0001", "demo:1"}[r.IntN(6)])
	case reflect.Int, reflect.Int64, reflect.Int32:
		v.SetInt(int64(r.IntN(5)))
	case reflect.Float64:
		v.SetFloat([]float64{0, 0.1, -1.0 / 3, 1e21, 5e-7}[r.IntN(5)])
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Pointer:
		if r.IntN(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			r.fill(v.Elem())
		}
	case reflect.Slice:
		for range r.IntN(4) {
			v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
			r.fill(v.Index(v.Len() - 1))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
	case reflect.Struct:
		for i := range v.NumField() {
			r.fill(v.Field(i))
		}
	}
}
