package projections

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/pgvector/pgvector-go"
	vectors "github.com/pgvector/pgvector-go/pgx"

	"gifty/domain"
)

// A row in Postgres's binary COPY format: a count of fields, and for each its length and bytes as
// the type's receive function takes them.
// https://www.postgresql.org/docs/15/sql-copy.html#id-1.9.3.55.9.4

// encoder appends a value's bytes. The value is the column's, behind its pointer if it is one.
type encoder func(dst []byte, v reflect.Value) ([]byte, error)

var (
	copyHeader  = []byte("PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	copyTrailer = []byte{0xff, 0xff}
)

// nullField is the length that stands for NULL.
const nullField = math.MaxUint32

// appendRow appends a row with its columns in the shape's order.
func (s *shape) appendRow(dst []byte, row reflect.Value) (_ []byte, err error) {
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(s.columns)))
	for i := range s.columns {
		c := &s.columns[i]
		at := len(dst)
		dst = append(dst, 0, 0, 0, 0)
		f := row.FieldByIndex(c.index)
		if c.personal != nil {
			if dst, err = s.appendPersonal(dst, at, c, row); err != nil {
				return dst, fmt.Errorf("column %q: %w", c.name, err)
			}
			continue
		}
		if f.Kind() == reflect.Pointer && c.sql != "jsonb" {
			if f.IsNil() {
				binary.BigEndian.PutUint32(dst[at:], nullField)
				continue
			}
			f = f.Elem()
		}
		if dst, err = c.encode(dst, f); err != nil {
			return dst, fmt.Errorf("column %q: %w", c.name, err)
		}
		size := uint32(len(dst) - at - 4)
		if c.sql == "jsonb" && size == 0 {
			size = nullField
		}
		binary.BigEndian.PutUint32(dst[at:], size)
	}
	return dst, nil
}

// appendPersonal appends a personal column, whose length belongs at a place in dst.
func (s *shape) appendPersonal(dst []byte, at int, c *column, row reflect.Value) ([]byte, error) {
	value, err := jsonOf(row.FieldByIndex(c.index))
	if err != nil {
		return dst, err
	}
	dst, null, err := s.sealColumn(dst, c, row, value)
	if err != nil {
		return dst, err
	}
	size := uint32(len(dst) - at - 4)
	if null {
		size = nullField
	}
	binary.BigEndian.PutUint32(dst[at:], size)
	return dst, nil
}

// jsonOf is json.Marshal, and several times as fast for plain texts, which most personal values are.
func jsonOf(v reflect.Value) ([]byte, error) {
	text := reflect.Indirect(v)
	if text.Kind() == reflect.String && text.Type() == reflect.TypeFor[string]() && isPlain(text.String()) {
		return append(append(append(make([]byte, 0, text.Len()+2), '"'), text.String()...), '"'), nil
	}
	return json.Marshal(v.Interface())
}

// isPlain tells whether JSON writes a text as it is. Of some that it does it does not know.
func isPlain(text string) bool {
	const separators = 0xe2 // what U+2028 and U+2029, but others too, begin with
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ', c == '"', c == '\\', c == '<', c == '>', c == '&', c == separators:
			return false
		}
	}
	return utf8.ValidString(text)
}

// binaryEncoder is nil for what this file has no format for; such a table is filled by statements.
// What arrives must be what the live path's JSON makes of the same value.
func binaryEncoder(c column) encoder {
	switch t := c.base(); {
	case c.sql == "jsonb" && c.base().Implements(reflect.TypeFor[jsonAppender]()):
		return func(dst []byte, v reflect.Value) ([]byte, error) {
			if v.IsZero() {
				return appendJSONB(dst, nil, c.empty), nil
			}
			return v.Interface().(jsonAppender).AppendJSON(append(dst, jsonbVersion)), nil
		}
	case c.sql == "jsonb":
		return jsonEncoder(c.empty)
	case c.sql == "uuid" && t == reflect.TypeFor[uuid.UUID]():
		return func(dst []byte, v reflect.Value) ([]byte, error) { return append(dst, v.Bytes()...), nil }
	case c.sql == "timestamptz" && t == reflect.TypeFor[time.Time]():
		return appendTime
	case c.sql == "numeric" && t == reflect.TypeFor[domain.Amount]():
		return appendAmount
	case strings.HasPrefix(c.sql, "halfvec(") && t == reflect.TypeFor[pgvector.HalfVector]():
		return func(dst []byte, v reflect.Value) ([]byte, error) {
			vector := v.Interface().(pgvector.HalfVector)
			return vectors.HalfVectorCodec{}.PlanEncode(nil, 0, pgtype.BinaryFormatCode, vector).Encode(vector, dst)
		}
	}
	return kindEncoder(c.sql, c.base().Kind())
}

func kindEncoder(sql string, kind reflect.Kind) encoder {
	switch sql {
	case "text":
		if kind == reflect.String {
			return func(dst []byte, v reflect.Value) ([]byte, error) { return appendText(dst, v.String()), nil }
		}
	case "boolean":
		if kind == reflect.Bool {
			return func(dst []byte, v reflect.Value) ([]byte, error) {
				if v.Bool() {
					return append(dst, 1), nil
				}
				return append(dst, 0), nil
			}
		}
	case "bigint":
		if kind >= reflect.Int && kind <= reflect.Int64 {
			return func(dst []byte, v reflect.Value) ([]byte, error) {
				return binary.BigEndian.AppendUint64(dst, uint64(v.Int())), nil
			}
		}
	case "integer":
		if kind >= reflect.Int8 && kind <= reflect.Int32 {
			return func(dst []byte, v reflect.Value) ([]byte, error) {
				return binary.BigEndian.AppendUint32(dst, uint32(v.Int())), nil
			}
		}
	case "double precision":
		if kind == reflect.Float64 {
			return func(dst []byte, v reflect.Value) ([]byte, error) {
				return binary.BigEndian.AppendUint64(dst, math.Float64bits(v.Float())), finite(v.Float())
			}
		}
	case "real":
		if kind == reflect.Float32 {
			return func(dst []byte, v reflect.Value) ([]byte, error) {
				return binary.BigEndian.AppendUint32(dst, math.Float32bits(float32(v.Float()))), finite(v.Float())
			}
		}
	}
	return nil
}

func finite(f float64) error {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return fmt.Errorf("%v is no number that JSON has", f)
	}
	return nil
}

// appendText appends valid UTF-8, as encoding/json does.
func appendText(dst []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = string([]rune(s))
	}
	return append(dst, s...)
}

// postgresEpoch is what Postgres counts microseconds from.
var postgresEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()

func appendTime(dst []byte, v reflect.Value) ([]byte, error) {
	at := v.Interface().(time.Time).Round(time.Microsecond)
	return binary.BigEndian.AppendUint64(dst, uint64(at.UnixMicro()-postgresEpoch)), nil
}

func appendAmount(dst []byte, v reflect.Value) ([]byte, error) {
	var n pgtype.Numeric
	if err := n.Scan(v.Interface().(domain.Amount).String()); err != nil {
		return dst, err
	}
	codec := pgtype.NumericCodec{}
	return codec.PlanEncode(nil, pgtype.NumericOID, pgtype.BinaryFormatCode, n).Encode(n, dst)
}

// jsonEncoder writes nothing for NULL. empty stands for a nil slice or map where there is no NULL.
func jsonEncoder(empty string) encoder {
	return func(dst []byte, v reflect.Value) ([]byte, error) {
		j, err := json.Marshal(v.Interface())
		if err != nil {
			return dst, err
		}
		return appendJSONB(dst, j, empty), nil
	}
}

// jsonAppender is what writes its JSON faster than encoding/json does.
type jsonAppender interface{ AppendJSON(dst []byte) []byte }

const jsonbVersion = 1 // of jsonb's binary format

func appendJSONB(dst, j []byte, empty string) []byte {
	if len(j) == 0 || string(j) == "null" {
		if empty == "" {
			return dst
		}
		j = []byte(empty)
	}
	return append(append(dst, jsonbVersion), j...)
}
