package projections

import (
	"gifty/domain"
	"gifty/eventstore"
)

// FoldInMemory folds a whole log without a database and returns the table's rows as a JSON array.
func FoldInMemory(d Definition, types *eventstore.Types, log []domain.Recorded) ([]byte, error) {
	t, err := d.compile(types)
	if err != nil {
		return nil, err
	}
	f := t.begin()
	for _, e := range log {
		if err := f.fold(e); err != nil {
			return nil, err
		}
	}
	c, err := f.changes()
	return c.upserts, err
}

// FillQueue joins a queue until it refuses, and gives that error; leave gives the places back.
func FillQueue(atOnce int) (leave func(), err error) {
	q := newQueue(atOnce)
	var all []*turn
	for {
		t, err := q.join()
		if err != nil {
			return func() {
				for _, t := range all {
					t.leave()
				}
			}, err
		}
		all = append(all, t)
	}
}
