package projections

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"gifty/domain"
)

// folding applies events to rows held in memory and knows no SQL. Whoever drives it tells it of
// all events first (need), hands it the rows and blobs that needs asks for, feeds the events in
// the log's order (fold), and stores what changes returns. With the whole log from its start there
// is nothing to load.
type folding interface {
	need(e domain.Recorded)
	needs() (needs, error)
	load(ctx context.Context, rows []byte) error // a JSON array of rows; those already loaded are left alone
	loadBlob(sha256, bytes []byte)
	fold(e domain.Recorded) error
	changes() (changes, error)
}

// needs is what must be loaded before the events can be folded.
type needs struct {
	keys   []byte           // JSON array of key objects; nil when there are none
	values map[string][]any // by column: all rows that hold one of these values
	blobs  [][]byte         // SHA-256
}

// changes is what folding did to the rows. A row is in one list at most.
type changes struct {
	upserts []byte // JSON array of whole rows; nil when there are none
	removes []byte // JSON array of key objects; nil when there are none
}

// rows is a table's rows by key, as far as they are known, and the folding over them.
type rows[R any] struct {
	ruling[R]
	rules map[reflect.Type][]Rule[R]

	byKey     map[string]*entry[R]
	order     []*entry[R]   // as they were first named
	spare     []entry[R]    // for the next ones: many small allocations are slow
	selectors []selector[R] // of the columns by which rules name rows
	sweep     int           // counts the uses of selectors

	asked  map[string]struct{} // keys that need no load (any more)
	wanted [][]byte            // keys to load, as JSON
	values map[string][]any
	err    error // of a need

	// Reused from event to event.
	key           []byte
	named         []R
	before, after []any
}

type entry[R any] struct {
	row    R
	exists bool
	dirty  bool
	swept  int // the sweep that met it last
}

// selector finds rows by a column's value. A row that has left a value is still listed there until
// the list is used, which costs less than keeping it exact for an event that may never come.
type selector[R any] struct {
	column  column
	entries map[any][]*entry[R]
}

func newRows[R any](s *shape, rules map[reflect.Type][]Rule[R]) *rows[R] {
	t := &rows[R]{
		ruling: ruling[R]{shape: s, blobs: map[string][]byte{}}, rules: rules,
		byKey: map[string]*entry[R]{},
		asked: map[string]struct{}{}, values: map[string][]any{},
	}
	for _, list := range rules {
		for _, r := range list {
			if r.column != "" && t.selector(r.column) == nil {
				c, _ := s.column(r.column)
				t.selectors = append(t.selectors, selector[R]{c, map[any][]*entry[R]{}})
			}
		}
	}
	return t
}

func (t *rows[R]) selector(name string) *selector[R] {
	for i := range t.selectors {
		if t.selectors[i].column.name == name {
			return &t.selectors[i]
		}
	}
	return nil
}

func (t *rows[R]) need(e domain.Recorded) {
	rules := t.rules[reflect.TypeOf(e.Event)]
	for i := range rules {
		rule := &rules[i]
		if rule.column != "" {
			t.values[rule.column] = append(t.values[rule.column], rule.value(e.Event, e.Meta))
			continue
		}
		if rule.blob != nil {
			t.blobs[string(rule.blob(e.Event))] = nil
		}
		read := rule.reads(e)
		t.named = rule.keys(t.named[:0], read.Event, read.Meta)
		for i := range t.named {
			t.needRow(&t.named[i], rule.action)
		}
	}
}

// needRow asks for a row, unless the first event that names it does not care what it was.
func (t *rows[R]) needRow(key *R, a action) {
	v := reflect.ValueOf(key).Elem()
	t.scratch = t.shape.appendKey(t.scratch[:0], v)
	if _, known := t.asked[string(t.scratch)]; known {
		return
	}
	t.asked[string(t.scratch)] = struct{}{}
	if a == put || a == remove {
		return
	}
	j, err := t.shape.appendKeyJSON(nil, v)
	if err != nil && t.err == nil {
		t.err = err
	}
	t.wanted = append(t.wanted, j)
}

func (t *rows[R]) needs() (needs, error) {
	n := needs{keys: jsonArray(t.wanted), values: t.values}
	for sha := range t.blobs {
		n.blobs = append(n.blobs, []byte(sha))
	}
	return n, t.err
}

func (t *rows[R]) load(ctx context.Context, array []byte) error {
	array, err := t.shape.openJSON(ctx, array)
	if err != nil {
		return err
	}
	var loaded []R
	if err := json.Unmarshal(array, &loaded); err != nil {
		return fmt.Errorf("read stored rows: %w", err)
	}
	for _, row := range loaded {
		if e := t.entry(&row); !e.exists {
			e.row, e.exists = row, true
			t.before = t.before[:0]
			t.reselect(e)
		}
	}
	return nil
}

func (t *rows[R]) loadBlob(sha256, bytes []byte) { t.blobs[string(sha256)] = bytes }

func (t *rows[R]) fold(e domain.Recorded) error {
	rules := t.rules[reflect.TypeOf(e.Event)]
	for i := range rules {
		rule := &rules[i]
		if rule.column != "" {
			if err := t.changeHaving(rule, e); err != nil {
				return err
			}
			continue
		}
		read := rule.reads(e)
		t.named = rule.keys(t.named[:0], read.Event, read.Meta)
		for i := range t.named {
			if err := t.change(t.entry(&t.named[i]), &t.named[i], rule, read); err != nil {
				return err
			}
		}
	}
	return nil
}

// changeHaving does what a rule says to all rows whose column holds the event's value.
func (t *rows[R]) changeHaving(rule *Rule[R], e domain.Recorded) error {
	for _, en := range t.having(rule.column, rule.value(e.Event, e.Meta)) {
		if err := t.change(en, nil, rule, e); err != nil {
			return err
		}
	}
	return nil
}

// having lists the rows whose column holds value, each once. Applying a rule to them may add to
// the selector's list, never change what is returned.
func (t *rows[R]) having(name string, value any) []*entry[R] {
	s := t.selector(name)
	t.sweep++
	kept := slices.DeleteFunc(s.entries[value], func(en *entry[R]) bool {
		stale := !en.exists || en.swept == t.sweep || s.column.value(reflect.ValueOf(&en.row).Elem()) != value
		en.swept = t.sweep
		return stale
	})
	s.entries[value] = kept
	if len(kept) == 0 {
		delete(s.entries, value)
	}
	return kept
}

// entry is the place of the row that key names, made empty if there was none.
func (t *rows[R]) entry(key *R) *entry[R] {
	t.scratch = t.shape.appendKey(t.scratch[:0], reflect.ValueOf(key).Elem())
	e, ok := t.byKey[string(t.scratch)]
	if !ok {
		if len(t.spare) == 0 {
			t.spare = make([]entry[R], min(1+len(t.order), 64))
		}
		e, t.spare = &t.spare[0], t.spare[1:]
		t.byKey[string(t.scratch)] = e
		t.order = append(t.order, e)
	}
	return e
}

// change does what a rule says to one row. key is nil for rules by column, which only meet rows that exist.
func (t *rows[R]) change(en *entry[R], key *R, rule *Rule[R], e domain.Recorded) (err error) {
	if rule.action == change && !en.exists {
		return nil
	}
	t.before = t.selected(en, t.before[:0])
	if rule.action == remove && !en.exists {
		en.row = *key
	}
	named := &en.row
	if key != nil {
		named = key
	}
	t.key = t.shape.appendKey(t.key[:0], reflect.ValueOf(named).Elem())
	en.dirty = true
	if en.exists, err = t.ruling.change(&en.row, en.exists, t.key, key, rule, e); err == nil {
		t.reselect(en)
	}
	return err
}

// selected appends the row's value in each selector's column; nothing when it does not exist.
func (t *rows[R]) selected(en *entry[R], dst []any) []any {
	if !en.exists {
		return dst
	}
	for i := range t.selectors {
		dst = append(dst, t.selectors[i].column.value(reflect.ValueOf(&en.row).Elem()))
	}
	return dst
}

// reselect lists the row in each selector under its present value, unless it held that, as
// t.before says, already.
func (t *rows[R]) reselect(en *entry[R]) {
	t.after = t.selected(en, t.after[:0])
	for i, value := range t.after {
		if value == nil || len(t.before) > 0 && t.before[i] == value {
			continue
		}
		entries := t.selectors[i].entries
		entries[value] = append(entries[value], en)
	}
}

func (t *rows[R]) changes() (c changes, err error) {
	var upserts, removes [][]byte
	for _, en := range t.order {
		if !en.dirty {
			continue
		}
		var j []byte
		if en.exists {
			if j, err = t.shape.toJSON(reflect.ValueOf(&en.row).Elem()); err == nil {
				upserts = append(upserts, j)
			}
		} else if j, err = t.shape.appendKeyJSON(nil, reflect.ValueOf(&en.row).Elem()); err == nil {
			removes = append(removes, j)
		}
		if err != nil {
			return c, fmt.Errorf("encode row: %w", err)
		}
	}
	return changes{upserts: jsonArray(upserts), removes: jsonArray(removes)}, nil
}

// jsonArray joins JSON values; nil when there are none.
func jsonArray(values [][]byte) []byte {
	if len(values) == 0 {
		return nil
	}
	return slices.Concat([]byte{'['}, bytes.Join(values, []byte{','}), []byte{']'})
}
