package analytics

import (
	"slices"
	"time"
	"unsafe"

	"gifty/domain"
)

// Figure names a number of a report: how many reached a step, of all entities or of some.
type Figure struct {
	Step      int       `json:"step"`                // from 1; 0: all entities that had an event, however far they came
	Breakdown string    `json:"breakdown,omitempty"` // its name; empty: whatever their values are
	Value     string    `json:"value,omitempty"`     // of the breakdown, as the report has it
	Stopped   bool      `json:"stopped,omitempty"`   // of those alone that came no further; of step 0 those that never began
	From      time.Time `json:"from,omitzero"`       // the way that led furthest began at this moment or later; zero: no bound
	To        time.Time `json:"to,omitzero"`         // and before this one
	// Cohort is the start of the retention's period in which they began first; zero: of whichever.
	Cohort time.Time `json:"cohort,omitzero"`
	Back   int       `json:"back,omitempty"` // of a cohort: those who were there in its period of this number, from 1; 0: all
}

// CheckFigure refuses a figure that the answer of a plan's one funnel does not have (figure_unknown).
func CheckFigure(p *Plan, figure Figure) error {
	f := p.funnels[0]
	bad := domain.Invalid("figure_unknown", "the funnel %q has no such figure; correct what is listed", f.Name)
	if len(p.funnels) > 1 {
		bad = bad.On("funnels", "must be one, are %d", len(p.funnels))
	}
	switch some := figure.Breakdown != "" || !figure.From.IsZero() || !figure.To.IsZero() || !figure.Cohort.IsZero(); {
	case figure.Step < 0, figure.Step > len(f.Steps):
		bad = bad.On("step", "must be 0 to %d", len(f.Steps))
	case figure.Step == 0 && some: // of those who never began there is neither
		bad = bad.On("step", "must be 1 to %d where not all count", len(f.Steps))
	}
	if figure.Breakdown != "" && f.breakdown(figure.Breakdown) < 0 {
		bad = bad.On("breakdown", "there is none called %q", figure.Breakdown)
	}
	switch r := f.Retention; {
	case figure.Cohort.IsZero() && figure.Back != 0:
		bad = bad.On("back", "is of a cohort")
	case !figure.Cohort.IsZero() && r == nil:
		bad = bad.On("cohort", "there is no retention")
	case !figure.Cohort.IsZero() && (figure.Back < 0 || figure.Back > r.Periods+1):
		bad = bad.On("back", "must be 0 to %d", r.Periods+1)
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

// breakdown is the index of the one with a name, -1 without.
func (f *funnel) breakdown(name string) int {
	return slices.IndexFunc(f.Breakdowns, func(b Breakdown) bool { return b.Name == name })
}

// Tracer folds a plan's one funnel and keeps, for each entity, which event brought it to a step; to step 0 its
// first one does. One goroutine's.
type Tracer struct {
	*Fold
	figure Figure
	marks  []mark // by entity
}

// mark is where an entity came to the step.
type mark struct {
	at    int64 // the entity's moment at hand, which counts once a later one comes
	waits int64 // position of the first event of that moment that may bring it there; 0: none
	by    int64 // position of the one that did; 0: none yet
}

// NewTracer begins with nothing. CheckFigure must have passed it.
func NewTracer(p *Plan, figure Figure) *Tracer { return &Tracer{Fold: NewFold(p), figure: figure} }

// Held is about how many bytes the tracer holds.
func (t *Tracer) Held() int64 {
	return t.Fold.Held() + int64(unsafe.Sizeof(mark{}))*int64(len(t.marks))
}

// Add folds the next event, which has a position in the log.
func (t *Tracer) Add(e *Event, position int64) {
	t.Fold.Add(e)
	for i := range t.plan.uses[e.kind] {
		u := &t.plan.uses[e.kind][i]
		hit := hits(u.steps, e)
		eachEntity(e, u, nil, func(entity id, _ []string) {
			n := t.entities[0].index[entity]
			for int(n) >= len(t.marks) {
				t.marks = append(t.marks, mark{})
			}
			w, _ := t.entities[0].at(n)
			if t.figure.Step == 0 {
				if t.marks[n].by == 0 {
					t.marks[n].by = position
				}
				return
			}
			if t.figure.Back > 0 {
				if u.returns != nil && hits(u.returns, e) != 0 && t.marks[n].by == 0 && t.plan.funnels[0].periodOf(w) == t.figure.Back-1 {
					t.marks[n].by = position
				}
				return
			}
			t.marks[n].take(w, t.figure.Step, hit&t.bits() != 0, position)
		})
	}
}

// bits are the steps whose events can bring an entity to the figure's: that step, or with any order each.
func (t *Tracer) bits() uint32 {
	if t.plan.funnels[0].any {
		return ^uint32(0)
	}
	return 1 << (t.figure.Step - 1)
}

// take notes an event that was just folded. By that, what had come before its moment has settled.
func (m *mark) take(w way, step int, hit bool, position int64) {
	if m.by > 0 {
		return
	}
	if int(w.level) >= step {
		m.by = m.waits
		return
	}
	if m.at != w.now {
		m.at, m.waits = w.now, 0
	}
	if hit && m.waits == 0 {
		m.waits = position
	}
}

// Positions are of the events behind the figure, in the log's order, and how many entities they brought there:
// as many as the figure says. An event may be about several entities.
func (t *Tracer) Positions() (positions []int64, entities int) {
	breakdown := t.plan.funnels[0].breakdown(t.figure.Breakdown)
	belongs := t.values(breakdown)
	for n := range len(t.entities[0].index) {
		w, values := t.entities[0].settled(uint32(n))
		if !t.counts(w) || breakdown >= 0 && !belongs(t.valueOf(0, breakdown, values[breakdown])) {
			continue
		}
		entities++
		if at := t.marks[n].by; at > 0 {
			positions = append(positions, at)
		} else {
			positions = append(positions, t.marks[n].waits) // it was the last moment
		}
	}
	slices.Sort(positions)
	return slices.Compact(positions), entities
}

// counts tells whether an entity is in the figure, whatever its values are.
func (t *Tracer) counts(w way) bool {
	cohort, retention := t.figure.Cohort, t.plan.funnels[0].Retention
	if cohort.IsZero() {
		return t.figure.counts(w)
	}
	return w.first != never && retention.Every.start(time.UnixMicro(w.first)).Equal(cohort) &&
		(t.figure.Back == 0 || w.returned>>(t.figure.Back-1)&1 == 1)
}

// counts is the same of a figure that is of no cohort.
func (f Figure) counts(w way) bool {
	began := time.UnixMicro(w.began)
	switch {
	case int(w.level) < f.Step, f.Stopped && int(w.level) > f.Step:
		return false
	case !f.From.IsZero() && began.Before(f.From), !f.To.IsZero() && !began.Before(f.To):
		return false
	}
	return true
}

// values tells which values of a breakdown the figure counts: one, or all that are not listed by themselves.
func (t *Tracer) values(breakdown int) func(string) bool {
	if breakdown < 0 || t.figure.Value != other {
		return func(value string) bool { return value == t.figure.Value }
	}
	listed := map[string]bool{}
	for _, g := range t.breakDown(0, breakdown).Groups {
		listed[g.Value] = true
	}
	return func(value string) bool { return !listed[value] }
}
