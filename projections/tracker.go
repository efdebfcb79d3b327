package projections

import (
	"reflect"
	"slices"
)

// tracker finds the rows of a part by the hash of their value in a column. A row that has left a
// value is still listed there until the list is used, which costs less than keeping it exact for an
// event that may never come.
type tracker struct {
	column column
	first  []int32 // link, from 1, by the hash's last bits: a power of two of them, at least as many as links
	links  []link
	free   int32 // link, from 1
}

type link struct {
	hash   uint64
	number int32 // the row's
	next   int32 // link, from 1, of the same place in first; 0: none
}

func newTracker(c column) tracker { return tracker{column: c} }

// place is where the list of a hash begins.
func (t *tracker) place(hash uint64) *int32 { return &t.first[hash&uint64(len(t.first)-1)] }

func (t *tracker) add(hash uint64, number int32) {
	at := t.free
	if at == 0 {
		if len(t.links) == len(t.first) {
			t.grow()
		}
		t.links = append(t.links, link{})
		at = int32(len(t.links))
	}
	l, first := &t.links[at-1], t.place(hash)
	t.free = l.next
	*l = link{hash, number, *first}
	*first = at
}

// grow makes room for as many links again. All of them are listed: a free one is used before.
func (t *tracker) grow() {
	t.first = make([]int32, max(16, 2*len(t.first)))
	for i := range t.links {
		l, first := &t.links[i], t.place(t.links[i].hash)
		l.next, *first = *first, int32(i)+1
	}
}

// take appends the rows that are listed under a hash, each once, and forgets them.
func (t *tracker) take(hash uint64, dst []int32) []int32 {
	if len(t.first) == 0 {
		return dst
	}
	for at := t.place(hash); *at != 0; {
		l := &t.links[*at-1]
		if l.hash != hash {
			at = &l.next
			continue
		}
		dst = append(dst, l.number)
		*at, l.next, t.free = l.next, t.free, *at
	}
	slices.Sort(dst)
	return slices.Compact(dst)
}

// field is the column's value in a row, behind its pointer if it is one; invalid for NULL.
func (c column) field(row reflect.Value) reflect.Value {
	f := row.FieldByIndex(c.index)
	if f.Kind() == reflect.Pointer {
		return f.Elem()
	}
	return f
}
