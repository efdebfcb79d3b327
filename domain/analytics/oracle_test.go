package analytics

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// hit is an event that meets a condition, from 1; 0 meets none.
type hit struct {
	at   int64
	cond int
}

// windowFunnel is ClickHouse's function of this name as its sources have it, over a whole list: sorted by
// time, then by condition.
func windowFunnel(list []hit, steps int, window int64, f *funnel) int {
	if len(list) == 0 {
		return 0
	}
	slices.SortStableFunc(list, func(a, b hit) int {
		if a.at != b.at {
			return int(a.at - b.at)
		}
		return a.cond - b.cond
	})
	type place struct{ first, last int64 }
	places := make([]*place, steps)
	furthest := func() int {
		for k := steps; k > 0; k-- {
			if places[k-1] != nil {
				return k
			}
		}
		return 0
	}
	begun := false
	for _, h := range list {
		k := h.cond - 1
		switch {
		case k < 0:
			if f.order && begun {
				return furthest()
			}
		case k == 0:
			places[0], begun = &place{h.at, h.at}, true
		case f.once && places[k] != nil:
			return furthest()
		case f.order && begun && places[k-1] == nil:
			return furthest()
		case places[k-1] != nil:
			before := places[k-1]
			if h.at <= before.first+window && (!f.rising || before.last < h.at) {
				if places[k] = (&place{before.first, h.at}); k+1 == steps {
					return steps
				}
			}
		}
	}
	return furthest()
}

// bruteForce tries every chain.
func bruteForce(list []hit, steps int, window int64) (best int) {
	var extend func(from, have int, began int64)
	extend = func(from, have int, began int64) {
		best = max(best, have)
		for i := from; i < len(list) && have < steps; i++ {
			if h := list[i]; h.cond == have+1 && (have == 0 || h.at <= began+window) {
				start := began
				if have == 0 {
					start = h.at
				}
				extend(i+1, have+1, start)
			}
		}
	}
	extend(0, 0, 0)
	return best
}

func bruteForceAny(list []hit, window int64) (best int) {
	for _, end := range list {
		within := map[int]bool{}
		for _, h := range list {
			if h.cond > 0 && end.at-window <= h.at && h.at <= end.at {
				within[h.cond] = true
			}
		}
		best = max(best, len(within))
	}
	return best
}

const kinds = "ABCDE"

// letters is a schema with one type of event, and a funnel of steps that are reached by letters.
func letters(window time.Duration, mode []Mode, steps ...string) (Schema, Definition) {
	d := Definition{Name: "letters", Entity: "session", Window: Duration(window), Mode: mode}
	for _, s := range steps {
		step := Step{Name: s, Events: []Match{{Type: "x.letter.v1", Where: []Condition{{Field: "letter", Is: []string{}}}}}}
		for _, letter := range s {
			step.Events[0].Where[0].Is = append(step.Events[0].Where[0].Is, string(letter))
		}
		d.Steps = append(d.Steps, step)
	}
	return Schema{"x.letter.v1": {"session_id": {}, "letter": {}, "n": {Number: true}, "secret": {Personal: true}}}, d
}

// feed folds letters of one session, a moment each.
func feed(fold *Fold, session string, at int64, fields map[string]string) {
	var e Event
	for kind := range fold.plan.types {
		e.Begin(kind, at)
		for _, path := range fold.plan.fields[kind] {
			if path == "session_id" {
				e.Value(session)
			} else if v, ok := fields[path]; ok {
				e.Value(v)
			}
			e.End()
		}
		fold.Add(&e)
	}
}

func plan(t interface{ Fatal(...any) }, schema Schema, d ...Definition) *Plan {
	p, err := NewPlan(schema, Permission{}, d...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func levelOf(r Report) (level int) {
	for _, s := range r.Steps {
		level += s.Count
	}
	return level
}

func TestStepsAreMatchedAsByClickHouse(t *testing.T) {
	t.Parallel()
	modes := [][]Mode{nil, {Ordered}, {StrictOrder}, {StrictDeduplication}, {StrictIncrease},
		{StrictOrder, StrictDeduplication}, {StrictOrder, StrictIncrease}, {StrictDeduplication, StrictIncrease}, {AnyOrder}}
	rapid.Check(t, func(t *rapid.T) {
		mode := rapid.SampledFrom(modes).Draw(t, "mode")
		steps := rapid.SliceOfN(rapid.StringOfN(rapid.RuneFrom([]rune("ABCD")), 1, 2, -1), 1, 4).Draw(t, "steps")
		window := rapid.Int64Range(1, 12).Draw(t, "window")
		schema, d := letters(time.Duration(window)*time.Microsecond, mode, steps...)
		p := plan(t, schema, d)
		fold := NewFold(p)
		var list []hit
		at := int64(0)
		for range rapid.IntRange(0, 14).Draw(t, "events") {
			at += rapid.Int64Range(0, 4).Draw(t, "later by")
			letter := string(rapid.SampledFrom([]rune(kinds)).Draw(t, "letter"))
			feed(fold, "s", at, map[string]string{"letter": letter})
			met := false
			for i, s := range d.Steps {
				if slices.Contains(s.Events[0].Where[0].Is, letter) {
					list, met = append(list, hit{at, i + 1}), true
				}
			}
			if !met {
				list = append(list, hit{at, 0})
			}
		}
		got := levelOf(fold.Reports(time.Now())[0])
		f := p.funnels[0]
		if f.any {
			if want := bruteForceAny(list, window); got != want {
				t.Fatalf("%v: level %d, want %d", list, got, want)
			}
			return
		}
		want := windowFunnel(list, len(steps), window, f)
		if got != want {
			t.Fatalf("%v %v: level %d, want %d", mode, list, got, want)
		}
		if !f.order && !f.once && !f.rising {
			if best := bruteForce(list, len(steps), window); got != best { // list is sorted by now
				t.Fatalf("%v: level %d, but a chain has %d", list, got, best)
			}
		}
	})
}

// The examples of the documentation of funnels.
func TestExamplesOfStepMatching(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		mode    []Mode
		letters string // one a second; "." is a second without any
		exclude bool   // D, after the first step and before the last
		want    int
	}{
		{"in order", nil, "ABC", false, 3},
		{"others between do not matter", nil, "ADBDC", false, 3},
		{"out of order", nil, "ACB", false, 2},
		{"a later start counts, too", nil, "A........ABC", false, 3},
		{"too late", nil, "A...........B", false, 1},
		{"just within the window", nil, "A....B....C", false, 3},
		{"something else between", []Mode{StrictOrder}, "ABDC", false, 2},
		{"something else before", []Mode{StrictOrder}, "DABC", false, 3},
		{"a step that is not next", []Mode{StrictOrder}, "ACB", false, 1},
		{"a step again", []Mode{StrictDeduplication}, "ABBC", false, 2},
		{"the first step again is no repetition", []Mode{StrictDeduplication}, "AABC", false, 3},
		{"whatever the order", []Mode{AnyOrder}, "CAB", false, 3},
		{"whatever the order, but in time", []Mode{AnyOrder}, "C..........AB", false, 2},
		{"an exclusion ends the way", nil, "ABDC", true, 2},
		{"and a new one may begin", nil, "ADABC", true, 3},
		{"before the way it does not matter", nil, "DABC", true, 3},
	} {
		schema, d := letters(10*time.Second, c.mode, "A", "B", "C")
		if c.exclude {
			d.Exclude = []Exclusion{{Events: []Match{{Type: "x.letter.v1", Where: []Condition{{Field: "letter", Is: []string{"D"}}}}}}}
		}
		fold := NewFold(plan(t, schema, d))
		for i, letter := range c.letters {
			if letter != '.' {
				feed(fold, "s", int64(i)*1e6, map[string]string{"letter": string(letter)})
			}
		}
		if got := levelOf(fold.Reports(time.Now())[0]); got != c.want {
			t.Errorf("%s: %s reaches %d, want %d", c.name, c.letters, got, c.want)
		}
	}
}
