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
	first  map[uint64]int32 // link, from 1
	links  []link
	free   int32 // link, from 1
}

type link struct {
	number int32 // the row's
	next   int32 // link, from 1; 0: none
}

func newTracker(c column) tracker { return tracker{column: c, first: map[uint64]int32{}} }

func (t *tracker) add(hash uint64, number int32) {
	at := t.free
	if at == 0 {
		t.links = append(t.links, link{})
		at = int32(len(t.links))
	}
	l := &t.links[at-1]
	t.free = l.next
	*l = link{number, t.first[hash]}
	t.first[hash] = at
}

// take appends the rows that are listed, each once, and forgets them.
func (t *tracker) take(hash uint64, dst []int32) []int32 {
	for at := t.first[hash]; at != 0; {
		l := &t.links[at-1]
		dst = append(dst, l.number)
		at, l.next, t.free = l.next, t.free, at
	}
	delete(t.first, hash)
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
