package projections

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	"gifty/eventstore"
)

// A column whose field has the tag personal is stored as text: its JSON, sealed by the key of the row's
// subject, or as it is where there are no keys. Where there is nothing, or nothing any more as somebody has
// been erased, it is NULL, or the empty text in a column that can't be NULL.

// sealColumn appends what is stored of a personal column's JSON value; null stands for NULL.
func (s *shape) sealColumn(dst []byte, c *column, row reflect.Value, value []byte) (_ []byte, null bool, err error) {
	before := len(dst)
	switch {
	case string(value) == "null" || !c.nullable && isEmpty(value):
	case s.keys == nil:
		dst = append(dst, value...)
	default:
		dst, err = s.keys.SealColumn(dst, s.subject(c, row), value)
	}
	return dst, c.nullable && len(dst) == before, err
}

func isEmpty(value []byte) bool {
	switch string(value) {
	case `""`, "[]", "{}":
		return true
	}
	return false
}

// subject is whose a row's column is: the first of the ids that its tag names and that the row has.
func (s *shape) subject(c *column, row reflect.Value) uuid.UUID {
	for _, of := range c.personal {
		if id, ok := s.columns[s.byName[of]].value(row).(uuid.UUID); ok && id != uuid.Nil {
			return id
		}
	}
	return uuid.Nil
}

// opened is the JSON of what is stored in a personal column.
func opened(c *column, stored, value []byte) []byte {
	switch {
	case len(stored) > 0 && value != nil:
		return value
	case c.empty != "":
		return []byte(c.empty)
	}
	return nil
}

// setOpened sets a personal column's field, empty so far.
func (s *shape) setOpened(c *column, stored []byte, f reflect.Value) error {
	value := stored
	if eventstore.IsSealedColumn(stored) {
		if s.keys == nil {
			return errNoKeys
		}
		var err error
		if value, err = s.keys.OpenColumn(stored); err != nil {
			return err
		}
	}
	return setJSON(f, opened(c, stored, value))
}

func setJSON(f reflect.Value, value []byte) error {
	if value == nil {
		return nil
	}
	return json.Unmarshal(value, f.Addr().Interface())
}

var errNoKeys = errors.New("the rows hold what is sealed, and this program was started without keys")

// toJSON is a row as the database takes it in.
func (s *shape) toJSON(row reflect.Value) ([]byte, error) {
	j, err := json.Marshal(row.Addr().Interface())
	if err != nil || !s.private {
		return j, err
	}
	return s.replace(j, func(c *column, value []byte) ([]byte, error) {
		text, null, err := s.sealColumn(nil, c, row, value)
		if err != nil {
			return nil, err
		}
		if null {
			return []byte("null"), nil
		}
		return json.Marshal(string(text))
	})
}

// openJSON makes rows, one or an array, as the database gives them out into what toJSON was given.
func (s *shape) openJSON(ctx context.Context, j []byte) ([]byte, error) {
	if !s.private {
		return j, nil
	}
	var sealed [][]byte
	_, err := s.replace(j, func(_ *column, value []byte) ([]byte, error) {
		if text := stringIn(value); eventstore.IsSealedColumn(text) {
			sealed = append(sealed, text)
		}
		return value, nil
	})
	if err != nil || len(sealed) > 0 && s.keys == nil {
		return nil, errors.Join(err, errNoKeys)
	}
	var values [][]byte
	if len(sealed) > 0 {
		if values, err = s.keys.OpenColumns(ctx, sealed); err != nil {
			return nil, err
		}
	}
	return s.replace(j, func(c *column, value []byte) ([]byte, error) {
		if string(value) == "null" {
			return value, nil
		}
		text := stringIn(value)
		open := text
		if eventstore.IsSealedColumn(text) {
			open, values = values[0], values[1:]
		}
		if open = opened(c, text, open); open == nil {
			open = []byte("null") // leaves the field as it is: empty
		}
		return open, nil
	})
}

func stringIn(value []byte) []byte {
	text, err := jsontext.AppendUnquote(nil, value)
	if err != nil {
		return nil
	}
	return text
}

// replacement puts other values in the place of personal columns' in rows' JSON.
type replacement struct {
	shape *shape
	with  func(c *column, value []byte) ([]byte, error)
	in    *jsontext.Decoder
	json  []byte
	from  int // what is copied already
	out   []byte
}

// replace goes over a row, or an array of rows.
func (s *shape) replace(j []byte, with func(c *column, value []byte) ([]byte, error)) ([]byte, error) {
	r := replacement{shape: s, with: with, json: j, out: make([]byte, 0, len(j)+len(j)/2),
		in: jsontext.NewDecoder(bytes.NewBuffer(j), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))}
	var err error
	if r.in.PeekKind() != '[' {
		err = r.row()
	} else if _, err = r.in.ReadToken(); err == nil {
		for err == nil && r.in.PeekKind() != ']' {
			err = r.row()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("a row's JSON: %w", err)
	}
	return append(r.out, j[r.from:]...), nil
}

func (r *replacement) row() error {
	if _, err := r.in.ReadToken(); err != nil {
		return err
	}
	for r.in.PeekKind() != '}' {
		name, err := r.in.ReadToken()
		if err != nil {
			return err
		}
		i, known := r.shape.byName[name.String()]
		if !known || r.shape.columns[i].personal == nil {
			if err := r.in.SkipValue(); err != nil {
				return err
			}
			continue
		}
		value, err := r.in.ReadValue()
		if err != nil {
			return err
		}
		end := int(r.in.InputOffset())
		other, err := r.with(&r.shape.columns[i], value)
		if err != nil {
			return fmt.Errorf("column %q: %w", r.shape.columns[i].name, err)
		}
		r.out = append(append(r.out, r.json[r.from:end-len(value)]...), other...)
		r.from = end
	}
	_, err := r.in.ReadToken()
	return err
}

// Reader is a pool that opens what is personal in the rows that Select reads through it.
type Reader struct {
	*pgxpool.Pool
	Types *eventstore.Types
}

// keysOf are what sealed columns are opened by; nil when the querier has none.
func keysOf(db Querier) *eventstore.Keys {
	if r, ok := db.(interface{ sealedBy() *eventstore.Keys }); ok {
		return r.sealedBy()
	}
	return nil
}

func (r Reader) sealedBy() *eventstore.Keys { return r.Types.Keys() }

// sealedFields are what a query has read of personal columns.
type sealedFields struct {
	keys    *eventstore.Keys
	columns []int
	texts   []**string // by row, then by column
}

// scan has a row's personal columns read as they are stored.
func (s *sealedFields) scan(dst []any) {
	for _, i := range s.columns {
		text := new(*string)
		s.texts = append(s.texts, text)
		dst[i] = text
	}
}

// open sets the fields of all rows, having asked for all keys at once.
func (s *sealedFields) open(ctx context.Context, rows int, field func(row, column int) reflect.Value) error {
	var sealed [][]byte
	for _, text := range s.texts {
		if *text != nil && eventstore.IsSealedColumn([]byte(**text)) {
			sealed = append(sealed, []byte(**text))
		}
	}
	var values [][]byte
	if len(sealed) > 0 {
		if s.keys == nil {
			return errNoKeys
		}
		var err error
		if values, err = s.keys.OpenColumns(ctx, sealed); err != nil {
			return err
		}
	}
	for row := range rows {
		for i, column := range s.columns {
			text := *s.texts[row*len(s.columns)+i]
			if text == nil {
				continue
			}
			value := []byte(*text)
			if eventstore.IsSealedColumn(value) {
				value, values = values[0], values[1:]
			}
			f := field(row, column)
			if value = openedAs(f.Type(), value); value == nil {
				continue
			}
			if err := json.Unmarshal(value, f.Addr().Interface()); err != nil {
				return err
			}
		}
	}
	return nil
}

// openedAs is the JSON of a column's value, that of an empty list or map for an empty one; nil for others.
func openedAs(t reflect.Type, value []byte) []byte {
	if len(value) > 0 {
		return value
	}
	if _, empty, _ := sqlType(t); empty != "" {
		return []byte(empty)
	}
	return nil
}

// isPersonal tells whether a field's column is sealed.
func isPersonal(f reflect.StructField) bool { return f.Tag.Get(domain.Personal) != "" }
