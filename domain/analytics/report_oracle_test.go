package analytics

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// happening is an event of a session: a letter, and a number or none.
type happening struct {
	at        int64
	letter, n string
}

// reaching is when a step was reached first, and when the latest way to it then had begun.
type reaching struct{ began, at int64 }

// reached tries every chain of hits, by moment and step, of which none is cut by an exclusion (condition 0)
// between two of its steps, where that counts.
func reached(list []hit, steps int, window int64, cuts func(have int) bool) []reaching {
	best := make([]*reaching, steps)
	var extend func(from, have int, began int64)
	extend = func(from, have int, began int64) {
		for i := from; i < len(list) && have < steps; i++ {
			h := list[i]
			if h.cond == 0 && cuts(have) {
				return
			}
			start := began
			if have == 0 {
				start = h.at
			}
			if h.cond != have+1 || h.at > start+window {
				continue
			}
			if b := best[have]; b == nil || h.at < b.at || h.at == b.at && start > b.began {
				best[have] = &reaching{start, h.at}
			}
			extend(i+1, have+1, start)
		}
	}
	extend(0, 0, 0)
	var all []reaching
	for _, b := range best {
		if b == nil {
			break
		}
		all = append(all, *b)
	}
	return all
}

// reachedAny looks back from every hit for the steps that were hit within the window.
func reachedAny(list []hit, steps int, window int64) (all []reaching) {
	for _, end := range list {
		latest := map[int]int64{}
		for _, h := range list {
			if h.cond > 0 && h.at <= end.at && h.at >= end.at-window {
				latest[h.cond] = max(latest[h.cond], h.at)
			}
		}
		for end.cond > 0 && len(all) < min(len(latest), steps) {
			all = append(all, reaching{slices.Min(slices.Collect(maps.Values(latest))), end.at})
		}
	}
	return all
}

// label names the period of a moment.
func label(p Period, micros int64) string {
	t := time.UnixMicro(micros).UTC()
	switch p {
	case Week:
		year, week := t.ISOWeek()
		return fmt.Sprintf("%d-W%02d", year, week)
	case Month:
		return t.Format("2006-01")
	}
	return t.Format("2006-01-02")
}

// apart counts, day by day, how often a period ends from one moment to another.
func apart(p Period, from, to int64) (n int) {
	last := label(p, from)
	for at := from; at < to; {
		at = min(at+int64(day/time.Microsecond), to)
		if l := label(p, at); l != last {
			n, last = n+1, l
		}
	}
	return n
}

// question is a funnel of letters, as drawn.
type question struct {
	Definition
	window int64
	steps  []string
	span   [2]int // of the exclusion X
}

func drawQuestion(t *rapid.T) (Schema, question) {
	q := question{
		steps:  rapid.SliceOfN(rapid.StringOfN(rapid.RuneFrom([]rune("ABC")), 1, 2, -1), 2, 3).Draw(t, "steps"),
		window: rapid.Int64Range(1, 400).Draw(t, "window") * int64(time.Hour/time.Microsecond),
	}
	mode := rapid.SampledFrom([]Mode{Ordered, AnyOrder}).Draw(t, "mode")
	schema, d := letters(time.Duration(q.window)*time.Microsecond, []Mode{mode}, q.steps...)
	of := func(letters ...string) []Match {
		return []Match{{Type: "x.letter.v1", Where: []Condition{{Field: "letter", Is: letters}}}}
	}
	if mode == Ordered {
		q.span[0] = rapid.IntRange(1, len(q.steps)-1).Draw(t, "after")
		q.span[1] = rapid.IntRange(q.span[0]+1, len(q.steps)).Draw(t, "before")
		d.Exclude = []Exclusion{{Events: of("X"), After: q.span[0], Before: q.span[1]}}
	}
	d.Every = rapid.SampledFrom([]Period{Day, Week, Month}).Draw(t, "every")
	d.Retention = &Retention{Every: rapid.SampledFrom([]Period{Day, Week, Month}).Draw(t, "retention"), Periods: rapid.IntRange(1, 6).Draw(t, "periods"), Events: of("A", "R")}
	d.Breakdowns = []Breakdown{{Name: "first", Field: "n"}, {Name: "last", Field: "n", Touch: LastTouch}}
	q.Definition = d
	return schema, q
}

// counted is a report in few words, of which the order does not matter.
type counted map[string]int

// count is what the definition's words mean, one session after the other.
func (q question) count(sessions map[string][]happening, until int64) (c counted, times [][]float64) {
	c, times = counted{}, make([][]float64, len(q.steps))
	for _, events := range sessions {
		var list []hit
		var first *int64
		returned := map[int]bool{}
		for _, e := range events {
			if e.letter == "X" {
				list = append(list, hit{e.at, 0})
			}
			for i, s := range q.steps {
				if strings.Contains(s, e.letter) {
					list = append(list, hit{e.at, i + 1})
					if first == nil && (i == 0 || q.Mode[0] == AnyOrder) {
						first = &e.at
					}
				}
			}
			if first != nil && (e.letter == "A" || e.letter == "R") {
				returned[apart(q.Retention.Every, *first, e.at)] = true
			}
		}
		if first != nil {
			cohort := label(q.Retention.Every, *first)
			c["cohort "+cohort]++
			known := min(q.Retention.Periods, apart(q.Retention.Every, *first, until)) + 1
			c["known of cohort "+cohort] = known
			for n := range known {
				if returned[n] {
					c[fmt.Sprint("cohort ", cohort, " +", n)]++
				}
			}
		}
		slices.SortStableFunc(list, func(a, b hit) int {
			if a.at != b.at {
				return int(a.at - b.at)
			}
			return a.cond - b.cond
		})
		var way []reaching
		if q.Mode[0] == AnyOrder {
			way = reachedAny(list, len(q.steps), q.window)
		} else {
			way = reached(list, len(q.steps), q.window, func(have int) bool { return q.span[0] <= have && have < q.span[1] })
		}
		if len(way) == 0 {
			continue
		}
		through := int64(math.MaxInt64)
		if len(way) == len(q.steps) {
			through = way[len(way)-1].at
		}
		firstTouch, lastTouch := none, none
		for _, e := range events {
			if e.n == "" || e.at > through {
				continue
			}
			if lastTouch = e.n; firstTouch == none {
				firstTouch = e.n
			}
		}
		for k, r := range way {
			for _, group := range []string{"all", "began in " + label(q.Every, way[len(way)-1].began), "first " + firstTouch, "last " + lastTouch} {
				c[fmt.Sprint(group, " step ", k+1)]++
			}
			if k > 0 {
				times[k] = append(times[k], float64(r.at-r.began)/1e6)
			}
		}
	}
	return c, times
}

func summary(q question, r Report) counted {
	c := counted{}
	steps := func(group string, list []StepReport) {
		for i, s := range list {
			if s.Count > 0 {
				c[fmt.Sprint(group, " step ", i+1)] = s.Count
			}
		}
	}
	steps("all", r.Steps)
	for _, p := range r.Periods {
		steps("began in "+label(q.Every, p.Start.UnixMicro()), p.Steps)
	}
	for _, b := range r.Breakdowns {
		for _, g := range b.Groups {
			steps(b.Name+" "+g.Value, g.Steps)
		}
	}
	for _, cohort := range r.Retention {
		name := "cohort " + label(q.Retention.Every, cohort.Start.UnixMicro())
		c[name], c["known of "+name] = cohort.Size, len(cohort.Returned)
		for n, came := range cohort.Returned {
			if came > 0 {
				c[fmt.Sprint(name, " +", n)] = came
			}
		}
	}
	return c
}

// Whatever happened to whom, a report says what trying every way says: steps with exclusions and in any order,
// times, periods, first and last touches, cohorts and who came back.
func TestReportsSayWhatTryingEveryWaySays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		schema, q := drawQuestion(t)
		fold := NewFold(plan(t, schema, q.Definition))
		sessions := map[string][]happening{}
		at := time.Date(2026, 12, 20, 0, 0, 0, 0, time.UTC).UnixMicro() // two years' weeks meet
		for range rapid.IntRange(1, 24).Draw(t, "events") {
			at += rapid.SampledFrom([]int64{0, 0, 1, int64(time.Hour / time.Microsecond), int64(day / time.Microsecond), 6 * int64(day/time.Microsecond)}).Draw(t, "later by")
			e := happening{at, rapid.SampledFrom([]string{"A", "B", "C", "R", "X"}).Draw(t, "letter"), rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "n")}
			session := rapid.SampledFrom([]string{"one", "two", "three"}).Draw(t, "session")
			sessions[session] = append(sessions[session], e)
			fields := map[string]string{"letter": e.letter}
			if e.n != "" {
				fields["n"] = e.n
			}
			feed(fold, session, e.at, fields)
		}
		r := fold.Reports(time.UnixMicro(at))[0]
		want, times := q.count(sessions, at)
		if got := summary(q, r); !maps.Equal(got, want) {
			t.Fatalf("%v of %v:\n%v, want\n%v", q.Definition, sessions, got, want)
		}
		for k := 1; k < len(times); k++ {
			if r.Steps[k].Time == nil && len(times[k]) == 0 {
				continue
			}
			for p, got := range map[int]float64{50: r.Steps[k].Time.P50, 75: r.Steps[k].Time.P75, 90: r.Steps[k].Time.P90, 99: r.Steps[k].Time.P99} {
				if want := nearestRank(times[k], p); got != want {
					t.Fatalf("step %d of %v: %d %% within %g, want %g", k+1, times[k], p, got, want)
				}
			}
		}
	})
}

// nearestRank is the least value that at least so many percent of them do not exceed.
func nearestRank(values []float64, percent int) float64 {
	least := math.Inf(1)
	for _, v := range values {
		n := 0
		for _, o := range values {
			if o <= v {
				n++
			}
		}
		if 100*n >= percent*len(values) {
			least = min(least, v)
		}
	}
	return least
}

func TestPercentilesAreOfTheNearestRank(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 3000; n++ {
		times := make([]int64, n)
		for i := range times {
			times[i] = int64(n-i) * 1e6 // n, …, 2, 1: so a rank is its value
		}
		rank := func(percent int) float64 { return float64((percent*n + 99) / 100) }
		if got := *percentiles(times); got != (Percentiles{rank(50), rank(75), rank(90), rank(99)}) {
			t.Fatalf("of %d: %+v", n, got)
		}
	}
}

// Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998), table I,
// method 3.
func TestSharesHaveWilsonsIntervals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		part, whole int
		want        string
	}{{81, 263, "0.2553 0.3662"}, {15, 148, "0.0624 0.1605"}, {0, 20, "0.0000 0.1611"}, {1, 29, "0.0061 0.1718"}, {20, 20, "0.8389 1.0000"}} {
		if s := ShareOf(c.part, c.whole); fmt.Sprintf("%.4f %.4f", s.Low, s.High) != c.want {
			t.Errorf("%d of %d: %+v, want %s", c.part, c.whole, s, c.want)
		}
	}
	if s := ShareOf(0, 0); s != (Share{0, 0, 1}) {
		t.Errorf("of nothing: %+v", s)
	}
}

// Periods are the calendar's in UTC, wherever a moment was told: days, ISO weeks, months.
func TestPeriodsAreTheCalendars(t *testing.T) {
	t.Parallel()
	zones := []*time.Location{time.UTC, time.FixedZone("east", 14*3600), time.FixedZone("west", -12*3600)}
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom([]Period{Day, Week, Month}).Draw(t, "period")
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		at := rapid.Int64Range(0, 4e15).Draw(t, "at")
		later := at + rapid.Int64Range(0, 2e13).Draw(t, "later")
		start := p.start(time.UnixMicro(at).In(zone)).UnixMicro()
		next := p.Next(p.start(time.UnixMicro(at).In(zone))).UnixMicro()
		if start > at || next <= at || label(p, start) != label(p, at) || label(p, start-1) == label(p, at) || label(p, next) == label(p, at) || label(p, next-1) != label(p, at) {
			t.Fatalf("%s of %s is from %s to %s", p, label(Day, at), time.UnixMicro(start).UTC(), time.UnixMicro(next).UTC())
		}
		if got, want := p.between(time.UnixMicro(at).In(zone), time.UnixMicro(later)), apart(p, at, later); got != want {
			t.Fatalf("%d %ss from %s to %s, want %d", got, p, time.UnixMicro(at).UTC(), time.UnixMicro(later).UTC(), want)
		}
	})
}
