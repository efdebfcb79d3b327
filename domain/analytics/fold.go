package analytics

import (
	"cmp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
	"unsafe"
)

// Fold is a plan's funnels over events, one after the other in the log's order. It holds a state an
// entity and funnel, about a hundred bytes, and no events. One goroutine's.
type Fold struct {
	plan     *Plan
	entities []*crowd // by funnel
	lookups  []*dictionary
	parts    []string
}

// NewFold begins with nothing.
func NewFold(p *Plan) *Fold {
	f := &Fold{plan: p, parts: make([]string, 0, 8)}
	for range p.lookups {
		f.lookups = append(f.lookups, newDictionary())
	}
	for _, funnel := range p.funnels {
		f.entities = append(f.entities, newCrowd(funnel))
	}
	return f
}

// Bytes that a map's entry takes besides what its key and value point to, and a text's two.
const (
	entryBytes = 48
	textBytes  = 2*entryBytes + 16
)

// Held is about how many bytes the fold holds.
func (f *Fold) Held() (bytes int64) {
	for i, c := range f.entities {
		each := int64(unsafe.Sizeof(state{})) + 8*int64(f.plan.funnels[i].stride()) + 4*int64(len(c.values)) + entryBytes
		bytes += int64(len(c.index)) * each
		for _, d := range c.values {
			bytes += d.held()
		}
	}
	for _, d := range f.lookups {
		bytes += d.held()
	}
	return bytes
}

// Learn takes from an event only what it tells of others: the values of lookups.
func (f *Fold) Learn(e *Event) {
	for _, l := range f.plan.looks[e.kind] {
		keys, values := e.field(l.key), e.field(l.value)
		if len(keys) > 0 && len(values) > 0 {
			f.lookups[l.lookup].put(idOf(keys[0]), values[0])
		}
	}
}

// Add folds the next event.
func (f *Fold) Add(e *Event) {
	f.Learn(e)
	for i := range f.plan.uses[e.kind] {
		u := &f.plan.uses[e.kind][i]
		f.each(e, u)
	}
}

// each concerns every entity that an event names: one, but for keys in lists.
func (f *Fold) each(e *Event, u *use) {
	eachEntity(e, u, f.parts[:0], func(entity id, parts []string) {
		funnel, all := f.plan.funnels[u.funnel], f.entities[u.funnel]
		w, values := all.get(entity)
		funnel.take(w, e, u, parts, func(breakdown int, value string) {
			f.touch(funnel, all, breakdown, value, &values[breakdown])
		})
	})
}

// eachEntity calls with for every entity that an event names, and the parts of its key. parts is memory
// to use, empty.
func eachEntity(e *Event, u *use, parts []string, with func(entity id, parts []string)) {
	values := e.field(u.key[len(parts)])
	if len(u.key) == 1 {
		for i, v := range values {
			if v != "" {
				with(idOf(v), values[i:i+1:i+1])
			}
		}
		return
	}
	for _, v := range values {
		switch own := append(parts, v); {
		case v == "":
		case len(own) < len(u.key):
			eachEntity(e, u, own, with)
		default:
			with(entityOf(own), own)
		}
	}
}

func entityOf(parts []string) id {
	if len(parts) == 1 {
		return idOf(parts[0])
	}
	return idOf(strings.Join(parts, "\x00"))
}

// take lets a way go on with an event that is about its entity. touched is told the values of breakdowns
// that the event carries.
func (f *funnel) take(w way, e *Event, u *use, parts []string, touched func(breakdown int, value string)) {
	hit, excluded := hits(u.steps, e), hits(u.exclude, e)
	w.events++
	f.goOn(w, e.at)
	for _, t := range u.touches {
		var found []string
		if t.part >= 0 {
			found = parts[t.part:]
		} else {
			found = e.field(t.field)
		}
		if len(found) > 0 && !w.ended {
			touched(t.breakdown, found[0])
		}
	}
	w.arrive(hit, excluded, u.matters && hit == 0)
	if u.returns != nil && hits(u.returns, e) != 0 {
		f.comeBack(w)
	}
}

func (f *Fold) touch(funnel *funnel, all *crowd, breakdown int, value string, into *uint32) {
	if *into != 0 && funnel.Breakdowns[breakdown].Touch != LastTouch {
		return
	}
	*into = f.number(funnel, all, breakdown, value)
}

// number stands for a breakdown's value, or for the key that it is looked up by.
func (f *Fold) number(funnel *funnel, all *crowd, breakdown int, value string) uint32 {
	if l := funnel.lookups[breakdown]; l >= 0 {
		return f.lookups[l].of(idOf(value)) + 1
	}
	return all.values[breakdown].text(value) + 1
}

// comeBack notes the period in which the entity was there again.
func (f *funnel) comeBack(w way) {
	if n := f.periodOf(w); n >= 0 && n <= f.Retention.Periods {
		w.returned |= 1 << n
	}
}

// periodOf is how many periods after it began an entity's moment at hand is; -1 when it has not begun.
func (f *funnel) periodOf(w way) int {
	began := w.first
	if began == never && (w.hit&1 != 0 || f.any && w.hit != 0) {
		began = w.now // it is only just beginning
	}
	if began == never {
		return -1
	}
	return f.Retention.Every.between(time.UnixMicro(began), time.UnixMicro(w.now))
}

// crowd is a funnel's entities: their states, in pieces that stay where they are and hold no pointers but a few.
type crowd struct {
	funnel *funnel
	index  map[id]uint32
	pieces []*piece
	values []*dictionary // by breakdown
}

const pieceSize = 1024

type piece struct {
	states [pieceSize]state
	times  []int64
	values []uint32 // by entity and breakdown: 0 for none, else a number in the dictionary plus 1
}

func newCrowd(f *funnel) *crowd {
	e := &crowd{funnel: f, index: map[id]uint32{}}
	for range f.Breakdowns {
		e.values = append(e.values, newDictionary())
	}
	return e
}

func (c *crowd) get(entity id) (way, []uint32) {
	i, known := c.index[entity]
	if !known {
		i = uint32(len(c.index))
		c.index[entity] = i
		if i%pieceSize == 0 {
			c.pieces = append(c.pieces, c.newPiece())
		}
	}
	return c.at(i)
}

// stride is how many times a state has.
func (f *funnel) stride() int {
	if f.rising {
		return 3 * len(f.Steps)
	}
	return 2 * len(f.Steps)
}

func (c *crowd) newPiece() *piece {
	p := &piece{times: make([]int64, pieceSize*c.funnel.stride()), values: make([]uint32, pieceSize*len(c.values))}
	for i := range p.states {
		p.states[i].now, p.states[i].first = never, never
	}
	for i := range p.times {
		p.times[i] = never
	}
	return p
}

func (c *crowd) at(i uint32) (way, []uint32) {
	p, n, stride := c.pieces[i/pieceSize], int(i%pieceSize), c.funnel.stride()
	return c.funnel.wayOf(&p.states[n], p.times[n*stride:(n+1)*stride]), p.values[n*len(c.values) : (n+1)*len(c.values)]
}

// settled is a state as it is when nothing more comes at its moment: a copy where something waits there.
func (c *crowd) settled(i uint32) (way, []uint32) {
	w, values := c.at(i)
	if w.hit|w.excluded == 0 && !w.other {
		return w, values
	}
	state := *w.state
	w = c.funnel.wayOf(&state, slices.Clone(w.times))
	c.funnel.settle(w)
	return w, values
}

// dictionary numbers values. Keys of lookups are in it with the value that they stand for by now.
type dictionary struct {
	numbers map[string]uint32
	texts   []string
	keys    map[id]uint32
	value   []uint32 // by key: a number in texts plus 1, 0 for none yet
	length  int64    // of all texts, in bytes
}

func (d *dictionary) held() int64 {
	return d.length + textBytes*int64(len(d.texts)) + entryBytes*int64(len(d.value))
}

func newDictionary() *dictionary {
	return &dictionary{numbers: map[string]uint32{}, keys: map[id]uint32{}}
}

func (d *dictionary) text(s string) uint32 {
	n, known := d.numbers[s]
	if !known {
		s = strings.Clone(s)
		n = uint32(len(d.texts))
		d.numbers[s], d.texts, d.length = n, append(d.texts, s), d.length+int64(len(s))
	}
	return n
}

func (d *dictionary) of(key id) uint32 {
	n, known := d.keys[key]
	if !known {
		n = uint32(len(d.value))
		d.keys[key], d.value = n, append(d.value, 0)
	}
	return n
}

func (d *dictionary) put(key id, text string) { d.value[d.of(key)] = d.text(text) + 1 }

// none stands for an absent value.
const none = "(none)"

// valueOf is an entity's value of a breakdown, as it is reported.
func (f *Fold) valueOf(funnel, breakdown int, number uint32) string {
	def := f.plan.funnels[funnel]
	text, found := "", false
	if number > 0 {
		if l := def.lookups[breakdown]; l >= 0 {
			d := f.lookups[l]
			if n := d.value[number-1]; n > 0 {
				text, found = d.texts[n-1], true
			}
		} else {
			text, found = f.entities[funnel].values[breakdown].texts[number-1], true
		}
	}
	if !found || text == "" {
		return none
	}
	if bands := def.Breakdowns[breakdown].Bands; len(bands) > 0 {
		return bandOf(text, bands)
	}
	return text
}

// bandOf names the band of a number: "<13", "13–18" (18 excluded), "≥50".
func bandOf(text string, bands []float64) string {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return none
	}
	write := func(b float64) string { return strconv.FormatFloat(b, 'g', -1, 64) }
	switch i := sort.Search(len(bands), func(i int) bool { return bands[i] > n }); i {
	case 0:
		return "<" + write(bands[0])
	case len(bands):
		return "≥" + write(bands[i-1])
	default:
		return write(bands[i-1]) + "–" + write(bands[i])
	}
}

// count is how often a value came.
type count struct {
	value string
	n     int
}

// topOf is the most frequent values, most first; equally frequent ones by name.
func topOf(counts map[string]int, most int) (top []count, rest int) {
	for v, n := range counts {
		top = append(top, count{v, n})
	}
	slices.SortFunc(top, func(a, b count) int { return cmp.Or(b.n-a.n, strings.Compare(a.value, b.value)) })
	cut := min(len(top), most)
	return top[:cut], len(top) - cut
}
