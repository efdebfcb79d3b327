package projections

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/eventstore"
)

// shape is what the engine knows of a row struct: its columns, in the struct's order.
type shape struct {
	columns []column
	key     []column // those of the primary key
	byName  map[string]int
	binary  bool             // every column has its encoder
	private bool             // some column is personal
	keys    *eventstore.Keys // what those are sealed by; nil: they are not
}

type column struct {
	name     string
	sql      string // type
	nullable bool
	key      bool
	empty    string // JSON stored for a Go nil in a NOT NULL jsonb column
	goType   reflect.Type
	index    []int    // as in reflect.Value.FieldByIndex
	personal []string // columns that say whose the value is; nil: nobody's
	encode   encoder  // nil when the type has no binary form here
	decode   decoder
}

// base is the column's Go type without the pointer that only says "may be NULL".
func (c column) base() reflect.Type {
	if c.goType.Kind() == reflect.Pointer {
		return c.goType.Elem()
	}
	return c.goType
}

func shapeOf(row reflect.Type) (*shape, error) {
	if row.Kind() != reflect.Struct {
		return nil, fmt.Errorf("row type %s is not a struct", row)
	}
	s := &shape{byName: map[string]int{}, binary: true}
	for _, f := range reflect.VisibleFields(row) {
		if f.Anonymous {
			if f.Type.Kind() != reflect.Struct || f.Tag != "" {
				return nil, fmt.Errorf("embedded field %s must be a plain struct without tags", f.Name)
			}
			continue // its fields are listed on their own
		}
		c, err := columnOf(f)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", f.Name, err)
		}
		if _, twice := s.byName[c.name]; twice {
			return nil, fmt.Errorf("field %s: column %q is declared twice", f.Name, c.name)
		}
		if c.personal != nil {
			s.private = true
		} else {
			c.encode, c.decode = binaryEncoder(c), binaryDecoder(c)
			s.binary = s.binary && c.encode != nil
		}
		s.byName[c.name] = len(s.columns)
		s.columns = append(s.columns, c)
		if c.key {
			s.key = append(s.key, c)
		}
	}
	if len(s.key) == 0 {
		return nil, errors.New(`no field is tagged db:"pk"`)
	}
	return s, s.checkSubjects()
}

// checkSubjects makes sure that whose a personal column is can be told.
func (s *shape) checkSubjects() error {
	for _, c := range s.columns {
		for _, of := range c.personal {
			if id, ok := s.column(of); !ok || id.base() != reflect.TypeFor[uuid.UUID]() {
				return fmt.Errorf("column %q is said to be of the subject in %q, which is no column of ids", c.name, of)
			}
		}
	}
	return nil
}

func (s *shape) column(name string) (column, bool) {
	i, ok := s.byName[name]
	if !ok {
		return column{}, false
	}
	return s.columns[i], true
}

var columnName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

func columnOf(f reflect.StructField) (c column, err error) {
	if !f.IsExported() {
		return c, errors.New("a row has exported fields only")
	}
	name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	if !columnName.MatchString(name) {
		return c, errors.New("a column needs a name of lower case letters, digits and underscores in its json tag")
	}
	c = column{name: name, goType: f.Type, index: f.Index}
	if c.sql, c.empty, c.nullable = sqlType(f.Type); c.sql == "" {
		err = fmt.Errorf("type %s has no SQL type; give one with db:\"type=…\"", f.Type)
	}
	for _, option := range strings.Split(f.Tag.Get("db"), ";") {
		switch given, ok := strings.CutPrefix(option, "type="); {
		case ok:
			c.sql, c.empty, err = given, "", nil
		case option == "pk":
			c.key = true
		case option == "null":
			c.nullable, c.empty = true, ""
		case option != "":
			return c, fmt.Errorf("unknown db tag %q", option)
		}
	}
	if tag := f.Tag.Get(domain.Personal); tag != "" {
		c.personal, c.sql = strings.Split(tag, ","), "text"
	}
	switch {
	case err != nil:
		return c, err
	case c.key && c.personal != nil:
		return c, errors.New("what is personal can't be part of a key")
	case c.key && (c.nullable || !keyable(f.Type)):
		return c, fmt.Errorf("type %s can't be part of a key", f.Type)
	case options != "" && !c.nullable:
		// A left-out field would reach Postgres as NULL.
		return c, fmt.Errorf("json option %q is for columns that may be NULL", options)
	}
	return c, nil
}

// sqlType infers a column's SQL type, the JSON that stands for an empty value where Go has nil, and
// whether it may be NULL.
func sqlType(t reflect.Type) (name, empty string, nullable bool) {
	if t.Kind() == reflect.Pointer {
		name, _, _ = sqlType(t.Elem())
		return name, "", true
	}
	switch t {
	case reflect.TypeFor[uuid.UUID]():
		return "uuid", "", false
	case reflect.TypeFor[time.Time]():
		return "timestamptz", "", false
	case reflect.TypeFor[domain.Amount]():
		return "numeric", "", false
	case reflect.TypeFor[json.RawMessage]():
		return "jsonb", "", true
	case reflect.TypeFor[[]byte]():
		return "", "", false // JSON would make it base64
	}
	switch t.Kind() {
	case reflect.String:
		return "text", "", false
	case reflect.Bool:
		return "boolean", "", false
	case reflect.Int, reflect.Int64:
		return "bigint", "", false
	case reflect.Int32, reflect.Int16, reflect.Int8:
		return "integer", "", false
	case reflect.Float64:
		return "double precision", "", false
	case reflect.Float32:
		return "real", "", false
	case reflect.Slice:
		return "jsonb", "[]", false
	case reflect.Map:
		return "jsonb", "{}", false
	case reflect.Struct, reflect.Array:
		return "jsonb", "", false
	}
	return "", "", false
}

// selectable are the types whose values == compares as Postgres does.
func selectable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Int32, reflect.Int16, reflect.Int8:
		return true
	}
	return t == reflect.TypeFor[uuid.UUID]()
}

func keyable(t reflect.Type) bool { return selectable(t) || t == reflect.TypeFor[time.Time]() }

// appendKey appends bytes that are equal for two rows exactly when their keys are.
func (s *shape) appendKey(dst []byte, row reflect.Value) []byte {
	for i := range s.key {
		dst = appendValue(dst, row.FieldByIndex(s.key[i].index))
	}
	return dst
}

// appendValue appends an addressable value of a keyable type.
func appendValue(dst []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.String:
		dst = binary.AppendUvarint(dst, uint64(v.Len()))
		return append(dst, v.String()...)
	case reflect.Array: // uuid.UUID
		return append(dst, v.Bytes()...)
	case reflect.Bool:
		return binary.AppendUvarint(dst, map[bool]uint64{true: 1}[v.Bool()])
	case reflect.Struct: // time.Time, at the database's precision
		return binary.AppendVarint(dst, v.Interface().(time.Time).UnixMicro())
	}
	return binary.AppendVarint(dst, v.Int())
}

// appendKeyJSON appends the row's key as a JSON object by column name.
func (s *shape) appendKeyJSON(dst []byte, row reflect.Value) ([]byte, error) {
	separator := byte('{')
	for _, c := range s.key {
		v, err := json.Marshal(row.FieldByIndex(c.index).Interface())
		if err != nil {
			return nil, fmt.Errorf("key column %q: %w", c.name, err)
		}
		dst = append(dst, separator)
		dst = append(strconv.AppendQuote(dst, c.name), ':')
		dst = append(dst, v...)
		separator = ','
	}
	return append(dst, '}'), nil
}

// value is a column's value in a form that maps can be keyed with; nil for NULL.
func (c column) value(row reflect.Value) any {
	f := row.FieldByIndex(c.index)
	if f.Kind() == reflect.Pointer {
		if f.IsNil() {
			return nil
		}
		f = f.Elem()
	}
	return f.Interface()
}

// fingerprint tells whether a table was made with the same columns, set-up and indexes.
func (t *table) fingerprint() string {
	h := sha256.New()
	for _, c := range t.shape.columns {
		fmt.Fprintf(h, "%s %s null=%t pk=%t\n", c.name, c.sql, c.nullable, c.key)
		if c.personal != nil {
			fmt.Fprintf(h, "of %s\n", strings.Join(c.personal, ","))
		}
	}
	for _, statement := range slices.Concat(t.setup, []string{""}, t.indexes) {
		fmt.Fprintf(h, "%s\x00", statement)
	}
	for _, statement := range t.deferred {
		fmt.Fprintf(h, "deferred %s\x00", statement)
	}
	return hex.EncodeToString(h.Sum(nil))
}
