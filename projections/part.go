package projections

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"reflect"

	"gifty/domain"
)

// part is the rows of one slice of a table while a whole log is folded into them: up to millions,
// of which only those that were changed last are Go values. The others are frozen: bytes, as COPY
// takes them in, in memory without pointers. So the rows take about the room that they will take
// in the database, the garbage collector does not look into them, and they can be stored or spilled
// as they are.
type part[R any] struct {
	ruling[R]
	limit int // warm rows

	seed      maphash.Seed
	first     map[uint64]int32 // by a key's hash: a row with it, whose next is another one
	slots     []slot           // as the rows were first named
	keys      []byte
	frozen    slab
	warm      []warmRow[R]
	hand      int // the next warm row to look at for one that may freeze
	selectors []tracker

	buffer        []byte
	before, after []uint64
	having        []int32
}

// slot is where a row is.
type slot struct {
	key    span  // in keys; its chunk is unused
	frozen span  // none while the row is warm only
	next   int32 // row of the same hash, from 1; 0: none
	warm   int32 // index, from 1; 0: it is frozen
	exists bool
}

type warmRow[R any] struct {
	row    R
	number int32 // of its slot
	used   bool  // since the hand came by
	taken  bool
}

// warmRows is how many rows of a slice are Go values at most, where that much memory may be used.
func warmRows(memory int64) int { return int(min(max(1, memory>>23), 128)) }

func newPart[R any](s *shape, rules map[reflect.Type][]Rule[R], warm int) *part[R] {
	p := &part[R]{ruling: ruling[R]{shape: s}, limit: warm, seed: maphash.MakeSeed(), first: map[uint64]int32{}}
	known := map[string]bool{}
	for _, list := range rules {
		for _, r := range list {
			if r.column != "" && !known[r.column] {
				known[r.column] = true
				c, _ := s.column(r.column)
				p.selectors = append(p.selectors, newTracker(c))
			}
		}
	}
	return p
}

// find is the number of the row whose key appendKey made these bytes of.
func (p *part[R]) find(key []byte, hash uint64) (number int32, known bool) {
	for next := p.first[hash]; next != 0; next = p.slots[next-1].next {
		if at := p.slots[next-1].key; bytes.Equal(p.keys[at.at:at.at+at.size], key) {
			return next - 1, true
		}
	}
	return 0, false
}

func (p *part[R]) add(key []byte, hash uint64) int32 {
	at := span{at: uint32(len(p.keys)), size: uint32(len(key))}
	p.keys = append(p.keys, key...)
	p.slots = append(p.slots, slot{key: at, next: p.first[hash]})
	p.first[hash] = int32(len(p.slots))
	return int32(len(p.slots)) - 1
}

// changeNamed does what a rule says to the row that key names; id is what appendKey makes of it.
func (p *part[R]) changeNamed(id []byte, key *R, rule *Rule[R], e domain.Recorded) error {
	hash := maphash.Bytes(p.seed, id)
	number, known := p.find(id, hash)
	if rule.action == change || rule.action == remove {
		if !known || !p.slots[number].exists {
			return nil
		}
	}
	if !known {
		number = p.add(id, hash)
	}
	return p.change(number, key, rule, e)
}

// change does what a rule says to one row. key is nil for rules by column, which only meet rows that exist.
func (p *part[R]) change(number int32, key *R, rule *Rule[R], e domain.Recorded) error {
	if rule.action == remove {
		p.forget(number)
		return nil
	}
	exists := p.slots[number].exists
	w, err := p.thaw(number, exists && (rule.action != put || len(p.selectors) > 0))
	if err != nil {
		return err
	}
	p.before = p.tracked(&w.row, exists, p.before[:0])
	at := p.slots[number].key
	p.slots[number].exists, err = p.ruling.change(&w.row, exists, p.keys[at.at:at.at+at.size], key, rule, e)
	if err != nil {
		return err
	}
	p.after = p.tracked(&w.row, true, p.after[:0])
	for i, hash := range p.after {
		if hash != 0 && (!exists || p.before[i] != hash) {
			p.selectors[i].add(hash, number)
		}
	}
	return nil
}

func (p *part[R]) forget(number int32) {
	at := &p.slots[number]
	at.exists = false
	p.frozen.drop(at.frozen)
	at.frozen = span{}
	if at.warm > 0 {
		p.warm[at.warm-1] = warmRow[R]{}
		at.warm = 0
	}
}

// tracked appends the hash of the row's value in each selector's column.
func (p *part[R]) tracked(row *R, exists bool, dst []uint64) []uint64 {
	for i := range p.selectors {
		hash := uint64(0)
		if exists {
			hash = p.hashOf(p.selectors[i].column.field(reflect.ValueOf(row).Elem()))
		}
		dst = append(dst, hash)
	}
	return dst
}

// hashOf is never 0, but for NULL.
func (p *part[R]) hashOf(v reflect.Value) uint64 {
	if !v.IsValid() {
		return 0
	}
	p.buffer = appendValue(p.buffer[:0], v)
	return max(1, maphash.Bytes(p.seed, p.buffer))
}

// changeHaving does what a rule says to all rows whose column holds the event's value.
func (p *part[R]) changeHaving(rule *Rule[R], e domain.Recorded) error {
	t := p.tracker(rule.column)
	given := rule.value(e.Event, e.Meta)
	value := reflect.New(reflect.TypeOf(given)).Elem()
	value.Set(reflect.ValueOf(given))
	hash := p.hashOf(value)
	p.having = t.take(hash, p.having[:0])
	for _, number := range p.having {
		if !p.slots[number].exists {
			continue
		}
		w, err := p.thaw(number, true)
		if err != nil {
			return err
		}
		if t.column.value(reflect.ValueOf(&w.row).Elem()) != given {
			continue
		}
		if rule.action != remove {
			t.add(hash, number) // changing it lists it under another value only
		}
		if err := p.change(number, nil, rule, e); err != nil {
			return err
		}
	}
	return nil
}

func (p *part[R]) tracker(column string) *tracker {
	for i := range p.selectors {
		if p.selectors[i].column.name == column {
			return &p.selectors[i]
		}
	}
	return nil
}

// thaw makes a row a Go value: what it was, or, unless that is needed, an empty one.
func (p *part[R]) thaw(number int32, needed bool) (*warmRow[R], error) {
	at := &p.slots[number]
	if at.warm > 0 {
		w := &p.warm[at.warm-1]
		w.used = true
		return w, nil
	}
	i := p.room()
	w := &p.warm[i]
	if needed {
		if err := p.shape.thaw(p.frozen.bytes(at.frozen), reflect.ValueOf(&w.row).Elem()); err != nil {
			return nil, fmt.Errorf("read a row again: %w", err)
		}
	}
	at.warm, w.number, w.used, w.taken = int32(i)+1, number, true, true
	return w, nil
}

// room is the index of a warm row for another one: by the clock algorithm, one that was not used
// of late is frozen for it. What can't be frozen stays warm; whoever stores it will say why.
func (p *part[R]) room() int {
	if len(p.warm) >= p.limit {
		for range 2 * len(p.warm) {
			i := p.hand
			p.hand = (i + 1) % len(p.warm)
			switch w := &p.warm[i]; {
			case !w.taken:
				return i
			case w.used:
				w.used = false
			case p.freeze(w) == nil:
				return i
			}
		}
	}
	p.warm = append(p.warm, warmRow[R]{})
	return len(p.warm) - 1
}

// freeze makes a row bytes, and its room free.
func (p *part[R]) freeze(w *warmRow[R]) (err error) {
	if p.buffer, err = p.shape.freeze(p.buffer[:0], reflect.ValueOf(&w.row).Elem()); err != nil {
		return err
	}
	at := &p.slots[w.number]
	at.frozen, at.warm = p.frozen.replace(at.frozen, p.buffer), 0
	*w = warmRow[R]{}
	if p.frozen.wasteful() {
		p.pack()
	}
	return nil
}

func (p *part[R]) freezeAll() error {
	for i := range p.warm {
		if p.warm[i].taken {
			if err := p.freeze(&p.warm[i]); err != nil {
				return err
			}
		}
	}
	p.warm = nil
	return nil
}

func (p *part[R]) pack() {
	var packed slab
	for i := range p.slots {
		if at := &p.slots[i].frozen; at.size > 0 {
			*at = packed.add(p.frozen.bytes(*at))
		}
	}
	p.frozen = packed
}

// load takes in a row that another part has frozen.
func (p *part[R]) load(frozen []byte) error {
	var row R
	v := reflect.ValueOf(&row).Elem()
	if err := p.shape.thaw(frozen, v); err != nil {
		return err
	}
	p.buffer = p.shape.appendKey(p.buffer[:0], v)
	hash := maphash.Bytes(p.seed, p.buffer)
	if _, twice := p.find(p.buffer, hash); twice {
		return errors.New("a row was spilled twice")
	}
	number := p.add(p.buffer, hash)
	p.slots[number].frozen, p.slots[number].exists = p.frozen.add(frozen), true
	for i, hash := range p.tracked(&row, true, p.after[:0]) {
		if hash != 0 {
			p.selectors[i].add(hash, number)
		}
	}
	return nil
}

// freeze appends a row as it is stored: as one of COPY's, or where a column has no such form as JSON.
func (s *shape) freeze(dst []byte, row reflect.Value) ([]byte, error) {
	if s.binary {
		return s.appendRow(dst, row)
	}
	j, err := s.toJSON(row)
	return append(dst, j...), err
}

// thaw reads what freeze wrote into an empty row.
func (s *shape) thaw(frozen []byte, row reflect.Value) error {
	if s.binary {
		return s.readRow(frozen, row)
	}
	j, err := s.openJSON(context.Background(), frozen)
	if err != nil {
		return err
	}
	return json.Unmarshal(j, row.Addr().Interface())
}
