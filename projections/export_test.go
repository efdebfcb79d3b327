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
