package eventstore_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"gifty/domain"
	"gifty/eventstore"
	"gifty/eventstore/pgtest"
)

// attempt is an append and its outcome.
type attempt struct {
	name    string
	append  domain.Append
	receipt domain.Receipt
	err     error
}

// Appends at the same time, through several stores on one database, come out as if each had been
// alone: what was accepted fits the log before it, and what was refused did not fit the log at some
// moment while it was asked. That holds on every way an append can take: guessed and sent ahead,
// asked under the lock, in company that is refused.
func TestAppendsAreSerial(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	stores := []*eventstore.Store{openStore(t, pool, eventstore.Options{}), openStore(t, another(t, pool), eventstore.Options{})}
	log := []map[string]int{{}} // versions of the streams at each position
	volleys := 0
	rapid.Check(t, func(rt *rapid.T) {
		volleys++
		foreign := rapid.IntRange(0, 3).Draw(rt, "foreign") == 0
		attempts := rapid.SliceOfN(anyAttempt(log[len(log)-1]), 1, 8).Draw(rt, "attempts")
		release := func() {}
		if rapid.Bool().Draw(rt, "together") {
			release = holdHead(t, pool)
		}
		var flying sync.WaitGroup
		for i, a := range attempts {
			a.name = fmt.Sprintf("%d.%d ", volleys, i)
			for w := range a.append.Writes {
				for e := range a.append.Writes[w].Events {
					a.append.Writes[w].Events[e] = happened{What: a.name, N: 10*w + e + 1}
				}
			}
			store := stores[0]
			if foreign && i%2 == 1 {
				store = stores[1]
			}
			flying.Go(func() { a.receipt, a.err = store.Append(t.Context(), a.append) })
		}
		release()
		flying.Wait()

		before := len(log) - 1
		log = extended(rt, stores[0], log)
		for _, a := range attempts {
			a.check(rt, log, before)
		}
	})
	landed(t, pool)
}

func anyAttempt(now map[string]int) *rapid.Generator[*attempt] {
	return rapid.Custom(func(t *rapid.T) *attempt {
		a := &attempt{}
		for _, stream := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d", "new1", "new2"}), 1, 3, rapid.ID).Draw(t, "streams") {
			if stream[0] == 'n' { // streams begin all the time
				stream = fmt.Sprint(stream, len(now)/3)
			}
			v := now[stream]
			a.append.Writes = append(a.append.Writes, domain.Write{
				Stream: stream,
				Expect: rapid.SampledFrom([]int{domain.AnyVersion, v, v, v, v + 1, v + 3, domain.NoStream}).Draw(t, "expect"),
				Events: make([]any, rapid.IntRange(0, 2).Draw(t, "events")),
			})
		}
		return a
	})
}

// extended reads on from where log ends.
func extended(t *rapid.T, s *eventstore.Store, log []map[string]int) []map[string]int {
	for e, err := range s.Read(t.Context(), eventstore.Query{After: domain.Position(len(log) - 1)}) {
		if err != nil {
			t.Fatal(err)
		}
		versions := map[string]int{e.Stream: e.Version}
		for stream, v := range log[len(log)-1] {
			if stream != e.Stream {
				versions[stream] = v
			}
		}
		log = append(log, versions)
	}
	return log
}

func (a *attempt) fits(versions map[string]int) bool {
	for _, w := range a.append.Writes {
		if w.Expect != domain.AnyVersion && w.Expect != versions[w.Stream] {
			return false
		}
	}
	return true
}

func (a *attempt) check(t *rapid.T, log []map[string]int, before int) {
	if a.err != nil {
		misfit := false
		for _, versions := range log[before:] {
			misfit = misfit || !a.fits(versions)
		}
		if !errors.Is(a.err, domain.ErrVersion) || !misfit {
			t.Fatalf("%s %+v was refused without need: %v", a.name, a.append.Writes, a.err)
		}
		return
	}
	first, last := int(a.receipt.First), int(a.receipt.Last)
	if first <= before || last >= len(log) || !a.fits(log[first-1]) {
		t.Fatalf("%s %+v landed at %d–%d, after %v", a.name, a.append.Writes, first, last, log[first-1])
	}
	events := 0
	for _, w := range a.append.Writes {
		events += len(w.Events)
		if got, want := a.receipt.Versions[w.Stream], log[last][w.Stream]; got != want || want != log[first-1][w.Stream]+len(w.Events) {
			t.Fatalf("%s says that %s is at version %d; it went from %d to %d", a.name, w.Stream, got, log[first-1][w.Stream], want)
		}
	}
	if last-first+1 != events {
		t.Fatalf("%s landed at %d–%d with %d events", a.name, first, last, events)
	}
}
