package analytics

import (
	"slices"

	"gifty/domain"
)

// Plan is funnels made ready to be folded together in one pass. It is immutable.
type Plan struct {
	funnels []*funnel
	lookups []Lookup
	types   []string
	fields  [][]string // by type
	uses    [][]use    // by type: for which funnels
	looks   [][]look   // by type: for which lookups
}

// funnel is a definition made ready.
type funnel struct {
	Definition
	window  int64 // microseconds
	any     bool
	order   bool // strict_order
	once    bool // strict_deduplication
	rising  bool // strict_increase
	lookups []int
	spans   [][2]int // of exclusions: the levels whose ways end, from (inclusive) to (exclusive), from 0
}

// use is what a funnel does with a type of event. Fields are named by their index in Plan.fields.
type use struct {
	funnel  int
	key     []int
	steps   []rule
	exclude []rule
	returns []rule
	matters bool    // with strict_order what matches no step intervenes
	touches []touch // of breakdowns
}

// rule sets a bit when all of its tests pass.
type rule struct {
	bit   uint32
	tests []test
}

// touch is where an event's value of a breakdown comes from: a field, or a part of the entity's key, which
// of a list is the entity's own element.
type touch struct {
	breakdown int
	field     int
	part      int // -1: a field
}

// look is a lookup's part in a type of event.
type look struct{ lookup, key, value int }

// maxFunnels bounds what runs in one pass.
const maxFunnels = 100

// NewPlan checks the definitions and makes them ready.
func NewPlan(schema Schema, may Permission, definitions ...Definition) (*Plan, error) {
	if len(definitions) == 0 || len(definitions) > maxFunnels {
		return nil, domain.Invalid("funnels_invalid", "ask 1 to %d funnels at a time", maxFunnels)
	}
	p := &Plan{}
	for _, d := range definitions {
		if err := d.Check(schema, may); err != nil {
			return nil, err
		}
		p.add(d, schema)
	}
	return p, nil
}

// Definitions are the funnels', in their order.
func (p *Plan) Definitions() (list []Definition) {
	for _, f := range p.funnels {
		list = append(list, f.Definition)
	}
	return list
}

// LooksUp tells whether some value is looked up in events that may be older than those asked about.
func (p *Plan) LooksUp() bool { return len(p.lookups) > 0 }

// Types are the stored names of the events that are needed.
func (p *Plan) Types() []string { return p.types }

// Fields are the paths of the fields that are needed of a type, an index into Types.
func (p *Plan) Fields(kind int) []string { return p.fields[kind] }

func (p *Plan) add(d Definition, schema Schema) {
	f := &funnel{
		Definition: d, window: int64(d.Window) / 1000,
		any: slices.Contains(d.Mode, AnyOrder), order: slices.Contains(d.Mode, StrictOrder),
		once: slices.Contains(d.Mode, StrictDeduplication), rising: slices.Contains(d.Mode, StrictIncrease),
	}
	for _, e := range d.Exclude {
		after, before := e.span(len(d.Steps))
		f.spans = append(f.spans, [2]int{after - 1, before - 1})
	}
	for _, b := range d.Breakdowns {
		f.lookups = append(f.lookups, p.lookup(b.Lookup))
	}
	for _, name := range d.types() {
		p.use(f, name, schema)
	}
	p.funnels = append(p.funnels, f)
}

// lookup is the lookup's index, -1 for none. The same one serves several funnels.
func (p *Plan) lookup(l *Lookup) int {
	if l == nil {
		return -1
	}
	same := func(o Lookup) bool { return o.Key == l.Key && o.Field == l.Field && slices.Equal(o.Events, l.Events) }
	if i := slices.IndexFunc(p.lookups, same); i >= 0 {
		return i
	}
	p.lookups = append(p.lookups, *l)
	for _, name := range l.Events {
		kind := p.kind(name)
		p.looks[kind] = append(p.looks[kind], look{len(p.lookups) - 1, p.field(kind, l.Key), p.field(kind, l.Field)})
	}
	return len(p.lookups) - 1
}

func (p *Plan) use(f *funnel, name string, schema Schema) {
	kind := p.kind(name)
	u := use{funnel: len(p.funnels)}
	for _, part := range f.key() {
		i := slices.IndexFunc(part, func(field string) bool { _, ok := schema[name][field]; return ok })
		u.key = append(u.key, p.field(kind, part[i]))
	}
	for i, s := range f.Steps {
		u.steps = p.rules(u.steps, kind, name, 1<<i, s.Events)
	}
	for i, e := range f.Exclude {
		u.exclude = p.rules(u.exclude, kind, name, 1<<i, e.Events)
	}
	if f.Retention != nil {
		u.returns = p.rules(u.returns, kind, name, 1, f.Retention.Events)
	}
	u.matters = f.order && (len(u.steps) > 0 || slices.Contains(f.Among, name))
	for i, b := range f.Breakdowns {
		part := slices.IndexFunc(f.key(), func(fields []string) bool { return slices.Contains(fields, b.Field) })
		if _, has := schema[name][b.Field]; part >= 0 || has {
			t := touch{breakdown: i, part: part}
			if part < 0 {
				t.field = p.field(kind, b.Field)
			}
			u.touches = append(u.touches, t)
		}
	}
	p.uses[kind] = append(p.uses[kind], u)
}

func (p *Plan) rules(dst []rule, kind int, name string, bit uint32, list []Match) []rule {
	for _, m := range list {
		if m.Type != name {
			continue
		}
		r := rule{bit: bit}
		for _, w := range m.Where {
			r.tests = append(r.tests, testOf(w, p.field(kind, w.Field)))
		}
		dst = append(dst, r)
	}
	return dst
}

// kind is a type's index, which it gets at its first use.
func (p *Plan) kind(name string) int {
	if i := slices.Index(p.types, name); i >= 0 {
		return i
	}
	p.types = append(p.types, name)
	p.fields, p.uses, p.looks = append(p.fields, nil), append(p.uses, nil), append(p.looks, nil)
	return len(p.types) - 1
}

func (p *Plan) field(kind int, path string) int {
	if i := slices.Index(p.fields[kind], path); i >= 0 {
		return i
	}
	p.fields[kind] = append(p.fields[kind], path)
	return len(p.fields[kind]) - 1
}
