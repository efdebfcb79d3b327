package analytics

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gifty/domain"
)

// told is what happened, in a session.
type told struct {
	happening
	session string
}

func drawLog(t *rapid.T) (log []told) {
	at := time.Date(2026, 12, 20, 0, 0, 0, 0, time.UTC).UnixMicro()
	for range rapid.IntRange(1, 20).Draw(t, "events") {
		at += rapid.SampledFrom([]int64{0, 0, 1, int64(time.Hour / time.Microsecond), int64(day / time.Microsecond)}).Draw(t, "later by")
		log = append(log, told{
			happening{at, rapid.SampledFrom([]string{"A", "B", "C", "X"}).Draw(t, "letter"), rapid.SampledFrom([]string{"", "1", "2", "3"}).Draw(t, "n")},
			rapid.SampledFrom([]string{"one", "two", "three", "four"}).Draw(t, "session"),
		})
	}
	return log
}

func (e told) fields() map[string]string {
	fields := map[string]string{"session_id": e.session, "letter": e.letter}
	if e.n != "" {
		fields["n"] = e.n
	}
	return fields
}

// figuresOf is every number of a report that is one.
func figuresOf(d Definition, r Report) map[Figure]int {
	all := map[Figure]int{}
	add := func(like Figure, steps []StepReport) {
		for i, s := range steps {
			like.Step = i + 1
			all[like] = s.Count
			lost := like
			if lost.Stopped = true; i+1 < len(steps) {
				all[lost] = s.Count - steps[i+1].Count
			}
		}
	}
	all[Figure{}], all[Figure{Stopped: true}] = r.Entities, r.Entities-r.Steps[0].Count
	add(Figure{}, r.Steps)
	for _, p := range r.Periods {
		add(Figure{From: p.Start, To: d.Every.Next(p.Start)}, p.Steps)
	}
	for _, c := range r.Retention {
		all[Figure{Step: 1, Cohort: c.Start}] = c.Size
		for i, n := range c.Returned {
			all[Figure{Step: 1, Cohort: c.Start, Back: i + 1}] = n
		}
	}
	for _, b := range r.Breakdowns {
		for _, g := range b.Groups {
			add(Figure{Breakdown: b.Name, Value: g.Value}, g.Steps)
		}
	}
	return all
}

// Behind every figure are as many entities as it says, each with the event of the moment at which it came to the
// step: not there before, there with it.
func TestEveryFigureHasItsEvents(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		schema, q := drawQuestion(t)
		q.Breakdowns[0].Top = 1 // so that there are others
		p, log := plan(t, schema, q.Definition), drawLog(t)
		fold := NewFold(p)
		for _, e := range log {
			feed(fold, e.session, e.at, e.fields())
		}
		for figure, count := range figuresOf(q.Definition, fold.Reports(time.Now())[0]) {
			tracer := NewTracer(p, figure)
			for i, e := range log {
				traceOne(tracer, e, int64(i+1))
			}
			positions, entities := tracer.Positions()
			if entities != count || len(positions) != count {
				t.Fatalf("%+v of %v says %d: %d entities by %v", figure, log, count, entities, positions)
			}
			for _, at := range positions {
				if figure.Back > 0 {
					continue // whoever comes back has come to the step before
				}
				e := log[at-1]
				if figure.Step == 0 {
					if first := slices.IndexFunc(log, func(o told) bool { return o.session == e.session }); first != int(at-1) {
						t.Fatalf("%+v of %v: %d is not the first of %s", figure, log, at, e.session)
					}
					continue
				}
				before, with := levelUntil(p, log, e.session, e.at-1), levelUntil(p, log, e.session, e.at)
				if before >= figure.Step || with < figure.Step {
					t.Fatalf("%+v of %v: with %d, %s came from %d to %d", figure, log, at, e.session, before, with)
				}
			}
		}
	})
}

func traceOne(tracer *Tracer, e told, position int64) {
	var event Event
	event.Begin(0, e.at)
	for _, path := range tracer.plan.fields[0] {
		if v := e.fields()[path]; v != "" {
			event.Value(v)
		}
		event.End()
	}
	tracer.Add(&event, position)
}

// levelUntil is how far a session has come by a moment.
func levelUntil(p *Plan, log []told, session string, at int64) int {
	fold := NewFold(p)
	for _, e := range log {
		if e.session == session && e.at <= at {
			feed(fold, e.session, e.at, e.fields())
		}
	}
	return levelOf(fold.Reports(time.Now())[0])
}

// An event about several entities is behind the figure once.
func TestAnEventBringsSeveralEntities(t *testing.T) {
	t.Parallel()
	schema := Schema{"x.page.v1": {"page": {}, "items[].gift": {}}}
	d := Definition{Name: "pages", Entity: "gift", Key: [][]string{{"page"}, {"items[].gift"}}, Window: Duration(day), Steps: []Step{{"shown", []Match{{Type: "x.page.v1"}}}}}
	p := plan(t, schema, d)
	tracer := NewTracer(p, Figure{Step: 1})
	e := NewEvent(2)
	e.Begin(0, 1)
	for _, path := range p.Fields(0) {
		values := []string{"p"}
		if strings.HasPrefix(path, "items") {
			values = []string{"a", "b", "c"}
		}
		for _, v := range values {
			e.Value(v)
		}
		e.End()
	}
	tracer.Add(e, 7)
	if positions, entities := tracer.Positions(); !slices.Equal(positions, []int64{7}) || entities != 3 {
		t.Errorf("%v, %d", positions, entities)
	}
}

func TestFiguresThatAReportDoesNotHave(t *testing.T) {
	t.Parallel()
	schema, d := letters(time.Hour, nil, "A", "B")
	p := plan(t, schema, d)
	for _, c := range []struct {
		figure Figure
		want   string
	}{
		{Figure{Step: 3}, "[step]"}, {Figure{Step: -1}, "[step]"}, {Figure{To: time.Unix(1, 0)}, "[step]"},
		{Figure{Breakdown: "x"}, "[step breakdown]"}, {Figure{Step: 1, Breakdown: "x"}, "[breakdown]"}, {Figure{Step: 2}, "[]"}, {Figure{}, "[]"},
	} {
		var said *domain.Error
		var paths []string
		if errors.As(CheckFigure(p, c.figure), &said) {
			for _, field := range said.Fields {
				paths = append(paths, field.Path)
			}
		}
		if got := fmt.Sprint(paths); got != c.want {
			t.Errorf("%+v: %s, want %s", c.figure, got, c.want)
		}
	}
}
