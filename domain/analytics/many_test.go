package analytics

import (
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
)

// many is a fold of so many sessions, each of which reaches two steps and has a number of its own, but the
// first hundred, which share three.
func many(t testing.TB, sessions int) *Fold {
	schema, d := letters(time.Hour, nil, "A", "B", "C")
	d.Breakdowns = []Breakdown{{Name: "n", Field: "n", Top: 3}}
	p, err := NewPlan(schema, Permission{}, d)
	if err != nil {
		t.Fatal(err)
	}
	fold := NewFold(p)
	for i := range sessions {
		n := i
		if i < 100 {
			n = i % 3
		}
		session := uuid.UUID{byte(i >> 16), byte(i >> 8), byte(i)}.String()
		for step, letter := range []string{"A", "B"} {
			feed(fold, session, int64(i+step), map[string]string{"letter": letter, "n": strconv.Itoa(n)})
		}
	}
	return fold
}

// Of a hundred thousand values the most frequent are told, and all others together.
func TestABreakdownOfManyValues(t *testing.T) {
	t.Parallel()
	const sessions = 100_000
	r := many(t, sessions).Reports(time.UnixMicro(sessions))[0]
	b := r.Breakdowns[0]
	if len(b.Groups) != 4 || b.Others != sessions-100 || r.Steps[1].Count != sessions {
		t.Fatalf("%d groups, %d others, %+v", len(b.Groups), b.Others, r.Steps)
	}
	for i, want := range []struct {
		value string
		count int
	}{{"0", 34}, {"1", 33}, {"2", 33}, {other, sessions - 100}} {
		if g := b.Groups[i]; g.Value != want.value || g.Steps[0].Count != want.count || g.Steps[1].Count != want.count || g.Steps[2].Count != 0 {
			t.Errorf("%d: %+v, want %+v", i, g, want)
		}
	}
}

// What a fold holds depends on its entities alone, not on their events. Not parallel: it weighs the heap.
func TestMemoryOfManyEntities(t *testing.T) {
	const sessions, most = 50_000, 512 // bytes an entity, with its breakdown's value; a million takes 1,000 as much
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	fold := many(t, sessions)
	took := heap() - before
	if took > sessions*most {
		t.Errorf("an entity takes %d bytes", took/sessions)
	}
	if held := uint64(fold.Held()); held < took*2/3 || held > took*3/2 {
		t.Errorf("it holds %d bytes, and says %d", took, held)
	}
	runtime.KeepAlive(fold)
}

// A million entities, and what they take: ns, and bytes that stay.
func BenchmarkMillionEntities(b *testing.B) {
	for b.Loop() {
		fold := many(b, 1_000_000)
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapAlloc)/1e6, "entity-bytes")
		fold.Reports(time.UnixMicro(1))
	}
}
