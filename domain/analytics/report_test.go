package analytics

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gifty/domain"
)

func at(day, second int) int64 {
	return time.Date(2026, 3, day, 0, 0, second, 0, time.UTC).UnixMicro()
}

func TestReportsCountTimesSharesAndValues(t *testing.T) {
	t.Parallel()
	schema, d := letters(24*time.Hour, nil, "A", "B", "C")
	d.Every = Week
	d.Breakdowns = []Breakdown{
		{Name: "first", Field: "n"}, {Name: "last", Field: "n", Touch: LastTouch}, {Name: "band", Field: "n", Bands: []float64{10, 20}},
		{Name: "top", Field: "n", Top: 1},
	}
	d.Retention = &Retention{Every: Day, Periods: 3, Events: []Match{{Type: "x.letter.v1"}}}
	fold := NewFold(plan(t, schema, d))
	add := func(session string, when int64, letter, n string) {
		fields := map[string]string{"letter": letter}
		if n != "" {
			fields["n"] = n
		}
		feed(fold, session, when, fields)
	}
	add("one", at(1, 0), "A", "5") // a Sunday
	add("one", at(1, 10), "B", "15")
	add("one", at(1, 30), "C", "25")
	add("one", at(1, 40), "C", "99") // it is through: of no account
	add("two", at(2, 0), "A", "25")
	add("two", at(2, 20), "B", "5")
	add("two", at(4, 0), "D", "")
	add("three", at(2, 0), "A", "")
	add("four", at(2, 0), "B", "7")
	r := fold.Reports(time.UnixMicro(at(4, 50)))[0]

	var counts []int
	for _, s := range r.Steps {
		counts = append(counts, s.Count)
	}
	if !reflect.DeepEqual(counts, []int{3, 2, 1}) || r.Entities != 4 || r.Events != 9 {
		t.Errorf("%v of %d, %d events", counts, r.Entities, r.Events)
	}
	if s := r.Steps[1]; *s.Time != (Percentiles{10, 20, 20, 20}) || r.Steps[0].Time != nil {
		t.Errorf("%+v", s.Time)
	}
	if s := r.Steps[2].FromPrevious; s.Rate != 0.5 || fmt.Sprintf("%.3f %.3f", s.Low, s.High) != "0.095 0.905" { // by hand
		t.Errorf("%+v", s)
	}
	if len(r.Periods) != 2 || r.Periods[0].Start.Format(time.DateOnly) != "2026-02-23" || r.Periods[1].Steps[0].Count != 2 {
		t.Errorf("%+v", r.Periods)
	}
	told := map[string]string{}
	for _, b := range r.Breakdowns {
		for _, g := range b.Groups {
			told[b.Name] += fmt.Sprintf("%s:%d ", g.Value, g.Steps[0].Count)
		}
	}
	want := map[string]string{"first": "(none):1 25:1 5:1 ", "last": "(none):1 25:1 5:1 ", "band": "(none):1 <10:1 ≥20:1 ", "top": "(none):1 (other):2 "}
	if !reflect.DeepEqual(told, want) {
		t.Errorf("%v", told)
	}
	if r.Breakdowns[3].Others != 2 {
		t.Errorf("%d others", r.Breakdowns[3].Others)
	}
	cohorts := []Cohort{
		{Start: time.UnixMicro(at(1, 0)).UTC(), Size: 1, Returned: []int{1, 0, 0, 0}},
		{Start: time.UnixMicro(at(2, 0)).UTC(), Size: 2, Returned: []int{2, 0, 1}},
	}
	if !reflect.DeepEqual(r.Retention, cohorts) {
		t.Errorf("%+v", r.Retention)
	}
}

func TestValuesAreLookedUpWheneverTheyAreTold(t *testing.T) {
	t.Parallel()
	schema, d := letters(time.Hour, nil, "A")
	schema["x.named.v1"] = map[string]FieldKind{"letter": {}, "name": {}}
	d.Breakdowns = []Breakdown{{Name: "name", Field: "letter", Lookup: &Lookup{Events: []string{"x.named.v1"}, Key: "letter", Field: "name"}}}
	p := plan(t, schema, d)
	fold := NewFold(p)
	var e Event
	put := func(kind string, fields map[string]string) {
		for i, name := range p.Types() {
			if name != kind {
				continue
			}
			e.Begin(i, 1)
			for _, path := range p.Fields(i) {
				if v, ok := fields[path]; ok {
					e.Value(v)
				}
				e.End()
			}
			fold.Add(&e)
		}
	}
	put("x.named.v1", map[string]string{"letter": "A", "name": "alpha"})
	put("x.letter.v1", map[string]string{"session_id": "s", "letter": "A"})
	put("x.named.v1", map[string]string{"letter": "A", "name": "Alpha"})
	if g := fold.Reports(time.Now())[0].Breakdowns[0].Groups; len(g) != 1 || g[0].Value != "Alpha" {
		t.Errorf("%+v", g)
	}
}

func TestKeysOfSeveralPartsNameAnEntityForEachElement(t *testing.T) {
	t.Parallel()
	d := Definition{Name: "pages", Entity: "recommended_gift", Window: Duration(time.Hour), Steps: []Step{{Name: "shown", Events: []Match{{Type: "x.shown.v1"}}}}}
	d.Breakdowns = []Breakdown{{Name: "gift", Field: "items[].gift_id"}}
	p := plan(t, Schema{"x.shown.v1": {"recommendation_id": {}, "items[].gift_id": {}}}, d)
	fold := NewFold(p)
	var e Event
	e.Begin(0, 1)
	for _, path := range p.Fields(0) {
		if path == "recommendation_id" {
			e.Value("r")
		} else {
			e.Value("one")
			e.Value("two")
		}
		e.End()
	}
	fold.Add(&e)
	r := fold.Reports(time.Now())[0]
	if gifts := r.Breakdowns[0].Groups; len(gifts) != 2 || gifts[0].Value != "one" || gifts[1].Value != "two" {
		t.Errorf("%+v", gifts)
	}
	if r.Entities != 2 || r.Steps[0].Count != 2 {
		t.Errorf("%+v", r)
	}
}

func TestDefinitionsThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	for path, spoil := range map[string]func(*Definition){
		"name":    func(d *Definition) { d.Name = "Über" },
		"entity":  func(d *Definition) { d.Entity = "planet" },
		"window":  func(d *Definition) { d.Window = 0 },
		"title":   func(d *Definition) { d.Title = strings.Repeat("x", 301) },
		"exclude": func(d *Definition) { d.Exclude = slices.Repeat([]Exclusion{{Events: d.Steps[0].Events}}, 33) },
		"breakdowns": func(d *Definition) {
			for i := range 21 {
				d.Breakdowns = append(d.Breakdowns, Breakdown{Name: fmt.Sprint(i), Field: "n"})
			}
		},
		"steps":                             func(d *Definition) { d.Steps = nil },
		"steps[1].name":                     func(d *Definition) { d.Steps[1].Name = "" },
		"steps[0].events":                   func(d *Definition) { d.Steps[0].Events = nil },
		"steps[0].events[0].type":           func(d *Definition) { d.Steps[0].Events[0].Type = "x.nonsense.v1" },
		"steps[0].events[0].where[0].field": func(d *Definition) { d.Steps[0].Events[0].Where[0].Field = "nonsense" },
		"steps[0].events[0].where[0]":       func(d *Definition) { d.Steps[0].Events[0].Where[0].Is = nil },
		"mode[0]":                           func(d *Definition) { d.Mode = []Mode{"loose"} },
		"mode[1]":                           func(d *Definition) { d.Mode = []Mode{StrictOrder, AnyOrder} },
		"exclude[0]":                        func(d *Definition) { d.Exclude = []Exclusion{{Events: d.Steps[0].Events, After: 2}} },
		"among":                             func(d *Definition) { d.Among = []string{"x.letter.v1"} },
		"every":                             func(d *Definition) { d.Every = "decade" },
		"breakdowns[0].field":               func(d *Definition) { d.Breakdowns = []Breakdown{{Name: "b", Field: "nonsense"}} },
		"breakdowns[0]":                     func(d *Definition) { d.Breakdowns = []Breakdown{{Name: "b", Field: "secret"}} },
		"breakdowns[0].lookup.events":       func(d *Definition) { d.Breakdowns = []Breakdown{{Name: "b", Field: "letter", Lookup: &Lookup{}}} },
		"breakdowns[0].bands":               func(d *Definition) { d.Breakdowns = []Breakdown{{Name: "b", Field: "letter", Bands: []float64{1}}} },
		"retention.periods":                 func(d *Definition) { d.Retention = &Retention{Every: Day, Events: d.Steps[0].Events} },
	} {
		schema, d := letters(time.Hour, nil, "A", "B")
		spoil(&d)
		_, err := NewPlan(schema, Permission{}, d)
		var known *domain.Error
		if !errors.As(err, &known) || len(known.Fields) != 1 || known.Fields[0].Path != path {
			t.Errorf("%s: %v", path, err)
		}
	}
	schema, d := letters(time.Hour, nil, "A")
	d.Breakdowns = []Breakdown{{Name: "b", Field: "secret"}}
	if _, err := NewPlan(schema, Permission{Personal: true}, d); err != nil {
		t.Error(err)
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	number, yes, no := 3.0, true, false
	for _, c := range []struct {
		name   string
		where  Condition
		passes string // of the values "", "2", "3", "x"
	}{
		{"is", Condition{Is: []string{"2", "x"}}, "2x"}, {"not", Condition{Not: []string{"2"}}, "-3x"},
		{"above", Condition{Above: &number}, ""}, {"at least", Condition{AtLeast: &number}, "3"},
		{"below", Condition{Below: &number}, "2"}, {"at most", Condition{AtMost: &number}, "23"},
		{"exists", Condition{Exists: &yes}, "23x"}, {"does not", Condition{Exists: &no}, "-"},
	} {
		got := ""
		for _, v := range []string{"-", "2", "3", "x"} {
			var e Event
			e.Begin(0, 0)
			if v != "-" {
				e.Value(v)
			}
			if e.End(); testOf(c.where, 0).holds(&e) {
				got += v
			}
		}
		if got != c.passes {
			t.Errorf("%s passes %q, want %q", c.name, got, c.passes)
		}
	}
}

func TestDefinitionsAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"name":"x","window":"7d"}`: "7d", `{"name":"x","window":"90m"}`: "1h30m0s", `{"name":"x","window":0}`: "0s",
	} {
		d, err := Parse([]byte(text))
		if err != nil || d.Window.String() != want {
			t.Errorf("%s: %v, %v", text, d.Window, err)
		}
	}
	for _, text := range []string{`{"name":"x","window":"100000d"}`, ``, `{"nmae":"x"}`, `{"window":"soon"}`, `{"window":5}`, `{} {}`} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), "no definition of a funnel") {
			t.Errorf("%s: %v", text, err)
		}
	}
	for text, want := range map[string]string{
		`{"window":7}`: `"7" is no time such as 30m`, `{"steps":"a"}`: "steps must be a list, but is string",
		`{"name":5}`: "name must be text in quotes, but is number", `{"steps":[5]}`: "steps must be fields and their values, but is number",
		`{"breakdowns":[{"top":"ten"}]}`: "breakdowns.top must be a whole number, but is string", `[]`: "it must be fields and their values, but is array",
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestPeriodsOfTheCalendar(t *testing.T) {
	t.Parallel()
	sunday := time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC)
	for p, want := range map[Period]string{Day: "2026-03-01 2026-03-02 1", Week: "2026-02-23 2026-03-02 1", Month: "2026-03-01 2026-04-01 0"} {
		start := p.start(sunday)
		got := fmt.Sprint(start.Format(time.DateOnly), " ", p.Next(start).Format(time.DateOnly), " ", p.between(sunday, sunday.Add(2*time.Hour)))
		if got != want {
			t.Errorf("%s: %s, want %s", p, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"name":"x","entity":"giver","window":"7d","steps":[{"name":"a","events":[{"type":"x.letter.v1"}]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse([]byte(text))
		if err != nil {
			return
		}
		schema, _ := letters(time.Hour, nil, "A")
		if p, err := NewPlan(schema, Permission{}, d); err == nil {
			fold := NewFold(p)
			feed(fold, "s", 1, map[string]string{"letter": "A", "n": "4"})
			fold.Reports(time.UnixMicro(1))
		}
	})
}

// Who looks on the way changes nothing.
func TestReportsOnTheWayChangeNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		mode := rapid.SampledFrom([]Mode{Ordered, StrictOrder, StrictDeduplication, StrictIncrease, AnyOrder}).Draw(t, "mode")
		schema, d := letters(5*time.Microsecond, []Mode{mode}, "A", "AB", "C")
		d.Every = Day
		d.Breakdowns = []Breakdown{{Name: "n", Field: "n", Touch: LastTouch}}
		d.Retention = &Retention{Every: Day, Periods: 2, Events: []Match{{Type: "x.letter.v1"}}}
		p := plan(t, schema, d)
		watched, alone := NewFold(p), NewFold(p)
		at := int64(0)
		for range rapid.IntRange(0, 20).Draw(t, "events") {
			at += rapid.Int64Range(0, 2).Draw(t, "later by")
			session := rapid.SampledFrom([]string{"one", "two"}).Draw(t, "session")
			fields := map[string]string{"letter": rapid.SampledFrom([]string{"A", "B", "C", "D"}).Draw(t, "letter"), "n": rapid.SampledFrom([]string{"1", "2"}).Draw(t, "n")}
			feed(watched, session, at, fields)
			feed(alone, session, at, fields)
			watched.Reports(time.UnixMicro(at))
		}
		if got, want := watched.Reports(time.UnixMicro(at)), alone.Reports(time.UnixMicro(at)); !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v\nwant %+v", got, want)
		}
	})
}
