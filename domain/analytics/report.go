package analytics

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Report is a funnel's answer.
type Report struct {
	Funnel     string            `json:"funnel"`
	Title      string            `json:"title,omitempty"`
	Entity     string            `json:"entity"`
	Window     Duration          `json:"window"`
	Mode       []Mode            `json:"mode,omitempty"`
	Events     int64             `json:"events" doc:"That were about an entity."`
	Entities   int               `json:"entities" doc:"That had such an event, whether or not they reached the first step."`
	Steps      []StepReport      `json:"steps"`
	Breakdowns []BreakdownReport `json:"breakdowns,omitempty"`
	Periods    []PeriodReport    `json:"periods,omitempty" doc:"By when the way that led furthest began."`
	Retention  []Cohort          `json:"retention,omitempty"`
}

// StepReport is how many got so far.
type StepReport struct {
	Name         string       `json:"name"`
	Count        int          `json:"count" doc:"Entities that reached this step."`
	FromFirst    Share        `json:"from_first" doc:"Of those that reached the first step."`
	FromPrevious Share        `json:"from_previous" doc:"Of those that reached the step before."`
	Time         *Percentiles `json:"time,omitempty" doc:"From the first step to this one."`
}

// Share is a proportion with its 95 % interval (Wilson, 1927).
type Share struct {
	Rate float64 `json:"rate"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Percentiles are of times in seconds, by nearest rank.
type Percentiles struct {
	P50 float64 `json:"p50_s"`
	P75 float64 `json:"p75_s"`
	P90 float64 `json:"p90_s"`
	P99 float64 `json:"p99_s"`
}

// BreakdownReport is a funnel by a value.
type BreakdownReport struct {
	Name   string        `json:"name"`
	Groups []GroupReport `json:"groups" doc:"The most frequent values, most first; at the end all others together, if there are more."`
	Others int           `json:"others" doc:"How many values are in the last group; 0: there is no such group."`
}

// GroupReport is the entities with one value.
type GroupReport struct {
	Value string       `json:"value" doc:"(none): it was not told; (other): values that are not listed."`
	Steps []StepReport `json:"steps"`
}

// other stands for the values that are not listed.
const other = "(other)"

// PeriodReport is the entities that began in a period.
type PeriodReport struct {
	Start time.Time    `json:"start"`
	Steps []StepReport `json:"steps"`
}

// Cohort is those that reached the first step for the first time in a period.
type Cohort struct {
	Start    time.Time `json:"start"`
	Size     int       `json:"size"`
	Returned []int     `json:"returned" doc:"How many came back in the same period, in the next one, and so on; as far as it can be known by now."`
}

// Reports are the funnels' answers so far, in the plan's order; more may be folded afterwards. until is up to
// when events were folded; cohorts are told no further.
func (f *Fold) Reports(until time.Time) []Report {
	var list []Report
	for i := range f.plan.funnels {
		list = append(list, f.report(i, until))
	}
	return list
}

func (f *Fold) report(i int, until time.Time) Report {
	funnel, all := f.plan.funnels[i], f.entities[i]
	r := Report{
		Funnel: funnel.Name, Title: funnel.Title, Entity: funnel.Entity, Window: funnel.Window, Mode: funnel.Mode,
		Entities: len(all.index),
	}
	total, periods := tally{}, map[time.Time]*tally{}
	for n := range len(all.index) {
		w, _ := all.settled(uint32(n))
		r.Events += w.events
		if w.level == 0 {
			continue
		}
		total.add(w)
		if funnel.Every != "" {
			start := funnel.Every.start(time.UnixMicro(w.began))
			if periods[start] == nil {
				periods[start] = &tally{}
			}
			periods[start].add(w)
		}
	}
	r.Steps = total.steps(funnel)
	for start, t := range periods {
		r.Periods = append(r.Periods, PeriodReport{start, t.steps(funnel)})
	}
	slices.SortFunc(r.Periods, func(a, b PeriodReport) int { return a.Start.Compare(b.Start) })
	for b := range funnel.Breakdowns {
		r.Breakdowns = append(r.Breakdowns, f.breakDown(i, b))
	}
	if funnel.Retention != nil {
		r.Retention = all.cohorts(until)
	}
	return r
}

// breakDown counts first, so that only the values that are told take room.
func (f *Fold) breakDown(i, breakdown int) BreakdownReport {
	funnel, all := f.plan.funnels[i], f.entities[i]
	b := funnel.Breakdowns[breakdown]
	names, counts := map[uint32]string{}, map[string]int{}
	each := func(with func(way, string)) {
		for n := range len(all.index) {
			w, values := all.settled(uint32(n))
			if w.level == 0 {
				continue
			}
			name, known := names[values[breakdown]]
			if !known {
				name = f.valueOf(i, breakdown, values[breakdown])
				names[values[breakdown]] = name
			}
			with(w, name)
		}
	}
	each(func(_ way, value string) { counts[value]++ })
	top, rest := topOf(counts, cmp.Or(b.Top, defaultTop))
	groups := map[string]*tally{}
	for _, c := range top {
		groups[c.value] = &tally{}
	}
	others := &tally{}
	each(func(w way, value string) {
		if t := groups[value]; t != nil {
			t.add(w)
			return
		}
		others.add(w)
	})
	r := BreakdownReport{Name: b.Name, Others: rest, Groups: []GroupReport{}}
	for _, c := range top {
		r.Groups = append(r.Groups, GroupReport{c.value, groups[c.value].steps(funnel)})
	}
	if rest > 0 {
		r.Groups = append(r.Groups, GroupReport{other, others.steps(funnel)})
	}
	return r
}

// tally is entities counted.
type tally struct {
	furthest [maxSteps]int
	times    [maxSteps][]int64 // microseconds from the first step
}

func (t *tally) add(w way) {
	t.furthest[w.level-1]++
	for k := 1; k < int(w.level); k++ {
		t.times[k] = append(t.times[k], w.reached[k])
	}
}

func (t *tally) steps(f *funnel) []StepReport {
	list := make([]StepReport, len(f.Steps))
	reached := 0
	for k := len(list) - 1; k >= 0; k-- {
		reached += t.furthest[k]
		list[k] = StepReport{Name: f.Steps[k].Name, Count: reached, Time: percentiles(t.times[k])}
	}
	for k := range list {
		list[k].FromFirst = ShareOf(list[k].Count, list[0].Count)
		list[k].FromPrevious = ShareOf(list[k].Count, list[max(k-1, 0)].Count)
	}
	return list
}

// ShareOf is part of whole; of nothing it is nothing, and nothing is known: 0 to 1.
func ShareOf(part, whole int) Share {
	if whole == 0 {
		return Share{High: 1}
	}
	const z = 1.959963984540054 // 97.5 % quantile of the normal distribution
	p, n := float64(part)/float64(whole), float64(whole)
	middle, reach := p+z*z/(2*n), z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return Share{p, max(0, (middle-reach)/(1+z*z/n)), min(1, (middle+reach)/(1+z*z/n))}
}

func percentiles(times []int64) *Percentiles {
	if len(times) == 0 {
		return nil
	}
	slices.Sort(times)
	at := func(p float64) float64 {
		return float64(times[int(math.Ceil(p*float64(len(times))))-1]) / 1e6
	}
	return &Percentiles{at(0.5), at(0.75), at(0.9), at(0.99)}
}

func (c *crowd) cohorts(until time.Time) []Cohort {
	every, periods := c.funnel.Retention.Every, c.funnel.Retention.Periods
	byStart := map[time.Time]*Cohort{}
	for n := range len(c.index) {
		w, _ := c.settled(uint32(n))
		if w.first == never {
			continue
		}
		start := every.start(time.UnixMicro(w.first))
		cohort := byStart[start]
		if cohort == nil {
			known := min(periods, every.between(start, until))
			cohort = &Cohort{Start: start, Returned: make([]int, max(0, known)+1)}
			byStart[start] = cohort
		}
		cohort.Size++
		for i := range cohort.Returned {
			cohort.Returned[i] += int(w.returned >> i & 1)
		}
	}
	var list []Cohort
	for _, cohort := range byStart {
		list = append(list, *cohort)
	}
	slices.SortFunc(list, func(a, b Cohort) int { return a.Start.Compare(b.Start) })
	return list
}
