package analytics

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/google/uuid"
)

// GroupKey names a Group. Events name the groups that they are about by themselves.
type GroupKey struct {
	Kind string    // the funnels' entity, or the field by which something is looked up
	ID   uuid.UUID // of the first part of the entity's key: a UUID itself, else made of the text
}

// Group is what a plan's funnels remember of entities whose keys begin alike, such as the gifts on a page,
// and what was told of a key that is looked up. Unlike a Fold, which holds everything, it is small, and can
// be stored between events.
type Group struct {
	Ways Ways
	Told map[string]string // by field: the last value
}

// Way is how far an entity has come in a funnel.
type Way struct {
	Funnel   string    `json:"funnel"`
	Entity   uuid.UUID `json:"entity"`
	Events   int64     `json:"events"` // that were about it
	Level    uint8     `json:"level"`  // steps reached, of the way that led furthest; but for what waits at Now
	Now      moment    `json:"now"`
	Began    moment    `json:"began"`
	First    moment    `json:"first"`
	Times    []moment  `json:"times"`  // as way has them
	Values   []*string `json:"values"` // by breakdown; with a lookup the key
	Returned uint64    `json:"returned,omitempty"`
	Hit      uint32    `json:"hit,omitempty"`
	Again    uint32    `json:"again,omitempty"`
	Excluded uint32    `json:"excluded,omitempty"`
	Other    bool      `json:"other,omitempty"`
	Ended    bool      `json:"ended,omitempty"`
}

// Ways are a group's, of every funnel.
type Ways []Way

// MarshalJSON is as encoding/json does it by the fields' tags, in a fifth of the time.
func (w Ways) MarshalJSON() ([]byte, error) { return w.AppendJSON(nil), nil }

// AppendJSON is MarshalJSON into a buffer.
func (w Ways) AppendJSON(dst []byte) []byte {
	if w == nil {
		return append(dst, "null"...)
	}
	dst = append(dst, '[')
	for i := range w {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = w[i].appendJSON(dst)
	}
	return append(dst, ']')
}

func (w *Way) appendJSON(dst []byte) []byte {
	dst = appendText(append(dst, `{"funnel":`...), w.Funnel)
	dst = append(append(dst, `,"entity":"`...), w.Entity.String()...)
	dst = strconv.AppendInt(append(dst, `","events":`...), w.Events, 10)
	dst = strconv.AppendUint(append(dst, `,"level":`...), uint64(w.Level), 10)
	dst = w.Now.appendJSON(append(dst, `,"now":`...))
	dst = w.Began.appendJSON(append(dst, `,"began":`...))
	dst = w.First.appendJSON(append(dst, `,"first":`...))
	dst = append(dst, `,"times":[`...)
	for i, t := range w.Times {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = t.appendJSON(dst)
	}
	dst = append(dst, `],"values":[`...)
	for i, value := range w.Values {
		if i > 0 {
			dst = append(dst, ',')
		}
		if value == nil {
			dst = append(dst, "null"...)
		} else {
			dst = appendText(dst, *value)
		}
	}
	dst = append(dst, ']')
	for _, n := range []struct {
		name  string
		value uint64
	}{{"returned", w.Returned}, {"hit", uint64(w.Hit)}, {"again", uint64(w.Again)}, {"excluded", uint64(w.Excluded)}} {
		if n.value != 0 {
			dst = strconv.AppendUint(append(append(append(dst, `,"`...), n.name...), `":`...), n.value, 10)
		}
	}
	if w.Other {
		dst = append(dst, `,"other":true`...)
	}
	if w.Ended {
		dst = append(dst, `,"ended":true`...)
	}
	return append(dst, '}')
}

func appendText(dst []byte, text string) []byte {
	j, _ := json.Marshal(text) // no text fails
	return append(dst, j...)
}

// moment is microseconds; never is null.
type moment int64

func (m moment) MarshalJSON() ([]byte, error) { return m.appendJSON(nil), nil }

func (m moment) appendJSON(dst []byte) []byte {
	if m == never {
		return append(dst, "null"...)
	}
	return strconv.AppendInt(dst, int64(m), 10)
}

func (m *moment) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*m = never
		return nil
	}
	return json.Unmarshal(b, (*int64)(m))
}

// kind tells a funnel's groups from those of other entities.
func (f *funnel) kind() string {
	if len(f.Key) > 0 {
		return f.Name
	}
	return f.Entity
}

// Visit is an event, and what it is about. It does not change: several goroutines may add it, to different groups.
type Visit struct {
	event  *Event
	told   []telling
	abouts []about
	groups []GroupKey
}

// telling is a value that is looked up by the key of a group.
type telling struct {
	group        GroupKey
	field, value string
}

// about is an entity that an event moves in a funnel.
type about struct {
	use    *use
	group  GroupKey
	entity id
	parts  []string // of its key
}

// Visit finds what an event is about. The event must not be used again.
func (p *Plan) Visit(e *Event) *Visit {
	uses := p.uses[e.kind]
	v := &Visit{event: e, abouts: make([]about, 0, len(uses))}
	for _, l := range p.looks[e.kind] {
		keys, values := e.field(l.key), e.field(l.value)
		if len(keys) > 0 && len(values) > 0 {
			of := &p.lookups[l.lookup]
			told := telling{GroupKey{of.Key, uuid.UUID(idOf(keys[0]))}, of.Field, values[0]}
			v.told = append(v.told, told)
			v.concern(told.group)
		}
	}
	for i := range uses {
		u, f := &uses[i], p.funnels[uses[i].funnel]
		eachEntity(e, u, nil, func(entity id, parts []string) {
			a := about{use: u, group: GroupKey{f.kind(), uuid.UUID(entity)}, entity: entity, parts: parts}
			if len(parts) > 1 {
				a.group.ID, a.parts = uuid.UUID(idOf(parts[0])), slices.Clone(parts)
			}
			v.abouts = append(v.abouts, a)
			v.concern(a.group)
		})
	}
	return v
}

func (v *Visit) concern(k GroupKey) {
	if !slices.Contains(v.groups, k) {
		v.groups = append(v.groups, k)
	}
}

// Groups lists the groups that the event is about. It is the visit's own list.
func (v *Visit) Groups() []GroupKey { return v.groups }

// Add lets a group go on with an event that is about it.
func (p *Plan) Add(key GroupKey, g *Group, v *Visit) {
	for i := range v.told {
		if t := &v.told[i]; t.group == key {
			if g.Told == nil {
				g.Told = map[string]string{}
			}
			g.Told[t.field] = t.value
		}
	}
	for i := range v.abouts {
		if a := &v.abouts[i]; a.group == key {
			f := p.funnels[a.use.funnel]
			g.way(f, a.entity).take(f, v.event, a.use, a.parts)
		}
	}
}

// way is the entity's, which begins if there was none.
func (g *Group) way(f *funnel, entity id) *Way {
	same := func(w Way) bool { return w.Funnel == f.Name && w.Entity == uuid.UUID(entity) }
	if i := slices.IndexFunc(g.Ways, same); i >= 0 {
		return &g.Ways[i]
	}
	w := Way{Funnel: f.Name, Entity: uuid.UUID(entity), Now: never, First: never, Times: make([]moment, f.stride()), Values: make([]*string, len(f.Breakdowns))}
	for i := range w.Times {
		w.Times[i] = never
	}
	g.Ways = append(g.Ways, w)
	return &g.Ways[len(g.Ways)-1]
}

func (w *Way) take(f *funnel, e *Event, u *use, parts []string) {
	times := make([]int64, len(w.Times))
	s := &state{}
	w.restore(s, times)
	f.take(f.wayOf(s, times), e, u, parts, func(breakdown int, value string) {
		if w.Values[breakdown] == nil || f.Breakdowns[breakdown].Touch == LastTouch {
			w.Values[breakdown] = &value
		}
	})
	w.Events, w.Level, w.Now, w.Began, w.First = s.events, s.level, moment(s.now), moment(s.began), moment(s.first)
	w.Returned, w.Hit, w.Again, w.Excluded, w.Other, w.Ended = s.returned, s.hit, s.again, s.excluded, s.other, s.ended
	for i, t := range times {
		w.Times[i] = moment(t)
	}
}

func (w *Way) restore(s *state, times []int64) {
	*s = state{
		now: int64(w.Now), began: int64(w.Began), first: int64(w.First), returned: w.Returned, events: w.Events,
		hit: w.Hit, again: w.Again, excluded: w.Excluded, level: w.Level, other: w.Other, ended: w.Ended,
	}
	for i, t := range w.Times {
		times[i] = int64(t)
	}
}

// Restore takes in a group as it was stored; one that is there already is replaced.
func (f *Fold) Restore(key GroupKey, g Group) {
	for i, l := range f.plan.lookups {
		if value, ok := g.Told[l.Field]; ok && l.Key == key.Kind {
			f.lookups[i].put(id(key.ID), value)
		}
	}
	for i := range g.Ways {
		w := &g.Ways[i]
		n := slices.IndexFunc(f.plan.funnels, func(o *funnel) bool { return o.Name == w.Funnel })
		if n < 0 {
			continue
		}
		funnel, all := f.plan.funnels[n], f.entities[n]
		into, values := all.get(id(w.Entity))
		w.restore(into.state, into.times)
		for b, value := range w.Values {
			if value != nil {
				values[b] = f.number(funnel, all, b, *value)
			}
		}
	}
}
