package projections

import (
	"hash/crc32"
	"math/bits"
	"reflect"

	"gifty/domain"
)

// sliceCount is how many slices a table's rows fall into, by their keys' hashes. Slices are what
// rebuilding shares out: among workers, and between memory and disk when the rows don't fit.
const sliceCount = 64

// sliceSet is a set of slices, a bit each.
type sliceSet uint64

const allSlices = ^sliceSet(0)

// slicesFrom is the slices from (inclusive) to (exclusive).
func slicesFrom(from, to int) sliceSet {
	return allSlices << from & (allSlices >> (sliceCount - to))
}

// each yields the slices in the set, in order.
func (s sliceSet) each(yield func(slice int) bool) {
	for ; s != 0; s &= s - 1 {
		if !yield(bits.TrailingZeros64(uint64(s))) {
			return
		}
	}
}

// splitter tells which slices hold rows that an event changes, and which blobs the event needs. It
// is one goroutine's; what it answers does not depend on any rows. What it has read of the event for
// that, if it has, saves fold the reading.
type splitter interface {
	slices(e domain.Recorded) (s sliceSet, read any)
	blobs(dst [][]byte, e domain.Recorded) [][]byte
}

// sliced folds events into the rows of some slices, from the log's start, in memory.
type sliced interface {
	fold(e domain.Recorded, read any, blobs map[string][]byte) error
	blobs(dst [][]byte, e domain.Recorded) [][]byte
	load(slice int, frozen []byte) error
	keep(s sliceSet) // forgets all other slices
	// size is how many rows were ever named in a slice.
	size(slice int) int
	// freeze makes a slice's rows bytes, which frozen returns: of the ith, or nil when it does not
	// exist any more. Other slices may be frozen, read and forgotten meanwhile.
	freeze(slice int) error
	frozen(slice, i int) []byte
	release(slice int)
}

type slicing[R any] struct {
	shape *shape
	rules map[reflect.Type][]Rule[R]
	mine  sliceSet
	warm  int // rows of a part
	parts [sliceCount]*part[R]

	named   []R
	scratch []byte
}

func newSlicing[R any](s *shape, rules map[reflect.Type][]Rule[R], mine sliceSet, warm int) *slicing[R] {
	return &slicing[R]{shape: s, rules: rules, mine: mine, warm: warm}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// slice is where the row that key names belongs.
func (t *slicing[R]) slice(key *R) int {
	t.scratch = t.shape.appendKey(t.scratch[:0], reflect.ValueOf(key).Elem())
	return int(crc32.Checksum(t.scratch, castagnoli) % sliceCount)
}

func (t *slicing[R]) slices(e domain.Recorded) (s sliceSet, read any) {
	rules := t.rules[reflect.TypeOf(e.Event)]
	for i := range rules {
		if rules[i].column != "" {
			return allSlices, nil
		}
		own := rules[i].reads(e)
		t.named = rules[i].keys(t.named[:0], own.Event, own.Meta)
		for k := range t.named {
			s |= 1 << t.slice(&t.named[k])
		}
		if len(rules) == 1 && rules[i].prepare != nil {
			read = own.Event
		}
	}
	return s, read
}

func (t *slicing[R]) blobs(dst [][]byte, e domain.Recorded) [][]byte {
	for _, rule := range t.rules[reflect.TypeOf(e.Event)] {
		if rule.blob != nil {
			dst = append(dst, rule.blob(e.Event))
		}
	}
	return dst
}

func (t *slicing[R]) fold(e domain.Recorded, read any, blobs map[string][]byte) error {
	rules := t.rules[reflect.TypeOf(e.Event)]
	for i := range rules {
		rule := &rules[i]
		if rule.column != "" {
			for slice := range t.mine.each {
				if part := t.parts[slice]; part != nil {
					if err := part.changeHaving(rule, e); err != nil {
						return err
					}
				}
			}
			continue
		}
		own := domain.Recorded{Meta: e.Meta, Event: read}
		if read == nil {
			own = rule.reads(e)
		}
		t.named = rule.keys(t.named[:0], own.Event, own.Meta)
		for k := range t.named {
			if err := t.change(&t.named[k], rule, own, blobs); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *slicing[R]) change(key *R, rule *Rule[R], e domain.Recorded, blobs map[string][]byte) error {
	slice := t.slice(key)
	if t.mine&(1<<slice) == 0 {
		return nil
	}
	part := t.part(slice)
	part.blobs = blobs
	return part.changeNamed(t.scratch, key, rule, e)
}

func (t *slicing[R]) part(slice int) *part[R] {
	if t.parts[slice] == nil {
		t.parts[slice] = newPart(t.shape, t.rules, t.warm)
	}
	return t.parts[slice]
}

func (t *slicing[R]) load(slice int, frozen []byte) error { return t.part(slice).load(frozen) }

func (t *slicing[R]) keep(s sliceSet) {
	t.mine &= s
	for i := range t.parts {
		if t.mine&(1<<i) == 0 {
			t.parts[i] = nil
		}
	}
}

func (t *slicing[R]) size(slice int) int {
	if t.parts[slice] == nil {
		return 0
	}
	return len(t.parts[slice].slots)
}

func (t *slicing[R]) freeze(slice int) error { return t.parts[slice].freezeAll() }

func (t *slicing[R]) frozen(slice, i int) []byte {
	p := t.parts[slice]
	if at := p.slots[i]; at.exists {
		return p.frozen.bytes(at.frozen)
	}
	return nil
}

func (t *slicing[R]) release(slice int) { t.parts[slice] = nil }
