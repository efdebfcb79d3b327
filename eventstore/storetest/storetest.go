// Package storetest is the conformance suite that every implementation of the log passes.
package storetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"gifty/domain"
	"gifty/eventstore"
)

// Store is what the suite tests.
type Store interface {
	domain.Log
	Head(context.Context) (domain.Position, error)
	Read(context.Context, eventstore.Query) iter.Seq2[domain.Recorded, error]
	Blob(ctx context.Context, sha256 []byte) ([]byte, error)
}

// Happened is the suite's event.
type Happened struct {
	What string `json:"what"`
	N    int    `json:"n"`
}

type renamed struct {
	Thing string `json:"thing"`
}

// Types registers the suite's events.
func Types() (*eventstore.Types, error) {
	older := domain.Older{Name: "test.renamed.v1", Upcast: func(p []byte) ([]byte, error) {
		var v1 struct{ Item string }
		err := json.Unmarshal(p, &v1)
		return fmt.Appendf(nil, `{"thing":%q}`, v1.Item), err
	}}
	return eventstore.NewTypes(domain.Type[Happened]("test.happened.v1"), domain.Type[renamed]("test.renamed.v2", older))
}

// Run tests the store that open returns; every call of open gives an empty one.
func Run(t *testing.T, open func(t *testing.T) Store) {
	for name, test := range map[string]func(*testing.T, Store){
		"positions are dense and in order":         positions,
		"expected versions":                        expectedVersions,
		"an append is all or nothing":              allOrNothing,
		"a repeated command gets its first answer": repeats,
		"the same command twice at once":           repeatsAtOnce,
		"a command id is not reused":               reused,
		"a write without events demands a version": demands,
		"blobs":                                blobs,
		"reading by position, stream and type": reading,
		"origin travels with the event":        origin,
		"an unregistered event is refused":     unregistered,
		"a hostile stream name is refused":     hostileStream,
		"a stream's name may be long":          longStream,
		"a result that is not JSON is refused": badResult,
		"many writers":                         manyWriters,
		"a cancelled append may be retried":    cancelled,
		"model: any sequence of appends":       model,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func happened(what string, n int) []any { return []any{Happened{What: what, N: n}} }

func write(stream string, expect int, events ...any) domain.Write {
	return domain.Write{Stream: stream, Expect: expect, Events: events}
}

func all(t testing.TB, s Store, q eventstore.Query) []domain.Recorded {
	t.Helper()
	var events []domain.Recorded
	for e, err := range s.Read(context.Background(), q) {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	return events
}

func mustAppend(t testing.TB, s Store, a domain.Append) domain.Receipt {
	t.Helper()
	r, err := s.Append(context.Background(), a)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func positions(t *testing.T, s Store) {
	for i := range 5 {
		r := mustAppend(t, s, domain.Append{Writes: []domain.Write{
			write("a", domain.AnyVersion, Happened{"x", i}, Happened{"y", i}),
			write(fmt.Sprint("b", i), domain.NoStream, Happened{"z", i}),
		}})
		if want := domain.Position(3*i + 1); r.First != want || r.Last != want+2 {
			t.Errorf("append %d landed at %d–%d, want %d–%d", i, r.First, r.Last, want, want+2)
		}
		if r.Versions["a"] != 2*(i+1) || r.Versions[fmt.Sprint("b", i)] != 1 {
			t.Errorf("versions %v", r.Versions)
		}
	}
	checkDense(t, s)
}

// checkDense proves that nothing was skipped or doubled: positions 1…head, versions 1…n a stream.
func checkDense(t testing.TB, s Store) {
	t.Helper()
	versions := map[string]int{}
	events := all(t, s, eventstore.Query{})
	for i, e := range events {
		versions[e.Stream]++
		if e.Position != domain.Position(i+1) || e.Version != versions[e.Stream] {
			t.Fatalf("event %d of the log has position %d, version %d of %s; want version %d", i+1, e.Position, e.Version, e.Stream, versions[e.Stream])
		}
	}
	if head, err := s.Head(context.Background()); err != nil || head != domain.Position(len(events)) {
		t.Fatalf("head %d, %v; the log holds %d", head, err, len(events))
	}
}

func expectedVersions(t *testing.T, s Store) {
	ctx := context.Background()
	mustAppend(t, s, domain.Append{Writes: []domain.Write{write("a", domain.NoStream, happened("one", 1)...)}})
	for expect, want := range map[int]error{domain.NoStream: domain.ErrVersion, 2: domain.ErrVersion, 7: domain.ErrVersion} {
		_, err := s.Append(ctx, domain.Append{Writes: []domain.Write{write("a", expect, happened("no", 0)...)}})
		if !errors.Is(err, want) {
			t.Errorf("expecting version %d of a stream at 1: %v, want %v", expect, err, want)
		}
	}
	mustAppend(t, s, domain.Append{Writes: []domain.Write{write("a", 1, happened("two", 2)...)}})
	checkDense(t, s)
}

func allOrNothing(t *testing.T, s Store) {
	_, err := s.Append(context.Background(), domain.Append{Blobs: [][]byte{[]byte("lost")}, Writes: []domain.Write{
		write("a", domain.NoStream, happened("one", 1)...),
		write("b", 3, happened("never", 1)...),
	}})
	if !errors.Is(err, domain.ErrVersion) {
		t.Errorf("got %v", err)
	}
	if n := len(all(t, s, eventstore.Query{})); n != 0 {
		t.Errorf("%d events of a refused append", n)
	}
	sum := sha256.Sum256([]byte("lost"))
	if _, err := s.Blob(context.Background(), sum[:]); err == nil {
		t.Error("a blob of a refused append")
	}
}

func command(id uuid.UUID, request, result string) domain.Append {
	hash := sha256.Sum256([]byte(request))
	return domain.Append{CommandID: id, RequestHash: hash[:], Result: json.RawMessage(result),
		Writes: []domain.Write{write("a", domain.AnyVersion, happened(request, 0)...)}}
}

func repeats(t *testing.T, s Store) {
	id := uuid.New()
	first := mustAppend(t, s, command(id, "buy", `{"answer":1}`))
	again := mustAppend(t, s, command(id, "buy", `{"answer":2}`))
	if !again.Repeated || again.First != first.First || again.Last != first.Last || string(again.Result) != `{"answer":1}` {
		t.Errorf("first %+v, again %+v (%s)", first, again, again.Result)
	}
	stored, ok, err := s.Command(context.Background(), id)
	if err != nil || !ok || string(stored.Result) != `{"answer":1}` || stored.Last != first.Last {
		t.Errorf("stored %+v %v %v", stored, ok, err)
	}
	if _, ok, err := s.Command(context.Background(), uuid.New()); ok || err != nil {
		t.Errorf("an unknown command: %v %v", ok, err)
	}
	if n := len(all(t, s, eventstore.Query{})); n != 1 {
		t.Errorf("%d events", n)
	}
}

func repeatsAtOnce(t *testing.T, s Store) {
	id := uuid.New()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { mustAppend(t, s, command(id, "buy", `1`)) })
	}
	wg.Wait()
	if n := len(all(t, s, eventstore.Query{})); n != 1 {
		t.Errorf("%d events of one command", n)
	}
}

func reused(t *testing.T, s Store) {
	id := uuid.New()
	mustAppend(t, s, command(id, "buy", `1`))
	if _, err := s.Append(context.Background(), command(id, "sell", `1`)); !errors.Is(err, domain.ErrCommandReused) {
		t.Errorf("got %v", err)
	}
}

func demands(t *testing.T, s Store) {
	mustAppend(t, s, domain.Append{Writes: []domain.Write{write("a", domain.NoStream, happened("one", 1)...)}})
	ok := domain.Append{Writes: []domain.Write{write("a", 1), write("b", domain.NoStream, happened("x", 1)...)}}
	if r := mustAppend(t, s, ok); r.First != 2 || r.Last != 2 {
		t.Errorf("landed at %d–%d", r.First, r.Last)
	}
	stale := domain.Append{Writes: []domain.Write{write("a", 2), write("b", domain.AnyVersion, happened("x", 2)...)}}
	if _, err := s.Append(context.Background(), stale); !errors.Is(err, domain.ErrVersion) {
		t.Errorf("got %v", err)
	}
}

func blobs(t *testing.T, s Store) {
	big := make([]byte, 1<<20)
	a := domain.Append{Blobs: [][]byte{[]byte("one"), []byte("one"), big}, Writes: []domain.Write{write("a", domain.AnyVersion, happened("x", 1)...)}}
	mustAppend(t, s, a)
	mustAppend(t, s, a)
	for _, want := range a.Blobs {
		sum := sha256.Sum256(want)
		if got, err := s.Blob(context.Background(), sum[:]); err != nil || !slices.Equal(got, want) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	}
	var known *domain.Error
	if _, err := s.Blob(context.Background(), make([]byte, 32)); !errors.As(err, &known) || known.Kind != domain.KindNotFound {
		t.Errorf("got %v", err)
	}
}

func reading(t *testing.T, s Store) {
	for i := range 10 {
		mustAppend(t, s, domain.Append{Writes: []domain.Write{
			write("odd", domain.AnyVersion, Happened{"o", i}), write("even", domain.AnyVersion, renamed{Thing: "e"}),
		}})
	}
	for _, c := range []struct {
		q     eventstore.Query
		first domain.Position
		n     int
	}{
		{eventstore.Query{}, 1, 20},
		{eventstore.Query{After: 5}, 6, 15},
		{eventstore.Query{After: 5, UpTo: 7}, 6, 2},
		{eventstore.Query{Stream: "even"}, 2, 10},
		{eventstore.Query{Types: []string{"test.happened.v1"}, After: 2}, 3, 9},
		{eventstore.Query{After: 20}, 0, 0},
	} {
		got := all(t, s, c.q)
		if len(got) != c.n || c.n > 0 && got[0].Position != c.first {
			t.Errorf("%+v gave %d events", c.q, len(got))
		}
	}
	streams, err := s.Streams(context.Background(), "odd", "even", "none")
	if err != nil || len(streams) != 2 || len(streams["odd"]) != 10 || streams["even"][9].Version != 10 {
		t.Errorf("%d streams, %v", len(streams), err)
	}
	if e, ok := streams["even"][0].Event.(renamed); !ok || e.Thing != "e" {
		t.Errorf("decoded %#v", streams["even"][0].Event)
	}
}

func origin(t *testing.T, s Store) {
	o := domain.Origin{Actor: "giver:1", CorrelationID: uuid.New(), CausationID: uuid.New(), CommandID: uuid.New()}
	mustAppend(t, s, domain.Append{CommandID: o.CommandID, Origin: o, Writes: []domain.Write{write("a", 0, happened("x", 1)...)}})
	mustAppend(t, s, domain.Append{Writes: []domain.Write{write("b", 0, happened("x", 1)...)}})
	events := all(t, s, eventstore.Query{})
	if events[0].Origin != o {
		t.Errorf("got %+v, want %+v", events[0].Origin, o)
	}
	if e := events[1]; e.CorrelationID == uuid.Nil || e.EventID == uuid.Nil || e.OccurredAt.IsZero() || e.OccurredAt.Location().String() != "UTC" {
		t.Errorf("a bare append is recorded as %+v", e.Meta)
	}
}

func unregistered(t *testing.T, s Store) {
	if _, err := s.Append(context.Background(), domain.Append{Writes: []domain.Write{write("a", 0, struct{ X int }{1})}}); err == nil {
		t.Error("accepted")
	}
}

func hostileStream(t *testing.T, s Store) {
	for _, name := range []string{"", "a\x00b", "\xff\xfe", strings.Repeat("x", 2601)} {
		var known *domain.Error
		_, err := s.Append(context.Background(), domain.Append{Writes: []domain.Write{write(name, -1, happened("x", 1)...)}})
		if !errors.As(err, &known) || known.Kind != domain.KindInvalid {
			t.Errorf("stream %q: %v", name, err)
		}
	}
}

// longStream takes a name that does not compress: what Postgres indexes is bounded as it is stored.
func longStream(t *testing.T, s Store) {
	random := make([]byte, 1300)
	_, _ = rand.NewChaCha8([32]byte{}).Read(random)
	name := hex.EncodeToString(random)
	mustAppend(t, s, domain.Append{Writes: []domain.Write{write(name, domain.NoStream, happened("x", 1)...)}})
	streams, err := s.Streams(context.Background(), name)
	if err != nil || len(streams[name]) != 1 {
		t.Errorf("%d streams, %v", len(streams), err)
	}
}

func badResult(t *testing.T, s Store) {
	if _, err := s.Append(context.Background(), command(uuid.New(), "buy", `{"half":`)); err == nil {
		t.Error("accepted")
	}
	if n := len(all(t, s, eventstore.Query{})); n != 0 {
		t.Errorf("%d events", n)
	}
}

// manyWriters append to shared and private streams; conflicts must not disturb neighbours.
func manyWriters(t *testing.T, s Store) {
	const writers, each = 32, 25
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				mustAppend(t, s, domain.Append{Writes: []domain.Write{write(fmt.Sprint("own", w), i, happened("own", i)...)}})
				_, err := s.Append(context.Background(), domain.Append{Writes: []domain.Write{write("shared", i, happened("shared", w)...)}})
				if err != nil && !errors.Is(err, domain.ErrVersion) {
					t.Errorf("writer %d: %v", w, err)
				}
			}
		})
	}
	wg.Wait()
	checkDense(t, s)
	if n := len(all(t, s, eventstore.Query{Stream: "own7"})); n != each {
		t.Errorf("a private stream holds %d of %d", n, each)
	}
	if n := len(all(t, s, eventstore.Query{Stream: "shared"})); n == 0 || n > each {
		t.Errorf("the shared stream holds %d", n)
	}
}

func cancelled(t *testing.T, s Store) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	id := uuid.New()
	_, _ = s.Append(ctx, command(id, "buy", `1`)) // outcome unknown
	mustAppend(t, s, command(id, "buy", `1`))
	if n := len(all(t, s, eventstore.Query{})); n != 1 {
		t.Errorf("%d events of one command", n)
	}
}

// model compares any sequence of appends with a map of stream versions.
func model(t *testing.T, s Store) {
	want := map[string]int{}
	total := 0
	rapid.Check(t, func(rt *rapid.T) {
		var writes []domain.Write
		next := map[string]int{}
		fits := true
		for _, stream := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 1, 3, rapid.ID).Draw(rt, "streams") {
			n := rapid.IntRange(0, 3).Draw(rt, "events")
			expect := rapid.SampledFrom([]int{domain.AnyVersion, want[stream], want[stream] + 1, domain.NoStream}).Draw(rt, "expect")
			fits = fits && (expect == domain.AnyVersion || expect == want[stream])
			events := make([]any, n)
			for i := range events {
				events[i] = Happened{N: i}
			}
			writes = append(writes, write(stream, expect, events...))
			next[stream] = want[stream] + n
		}
		r, err := s.Append(context.Background(), domain.Append{CommandID: uuid.New(), Writes: writes})
		switch {
		case !fits && !errors.Is(err, domain.ErrVersion):
			rt.Fatalf("want a version conflict, got %v", err)
		case fits && err != nil:
			rt.Fatal(err)
		case fits:
			for stream, v := range next {
				total += v - want[stream]
				want[stream] = v
			}
			if r.Last != domain.Position(total) {
				rt.Fatalf("landed at %d–%d, the log holds %d", r.First, r.Last, total)
			}
		}
	})
	checkDense(t, s)
}
