package projections

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/pgvector/pgvector-go"
	vectors "github.com/pgvector/pgvector-go/pgx"

	"gifty/domain"
)

// decoder sets a value, empty so far, to what its encoder wrote. The value is the column's, behind
// its pointer if it is one.
type decoder func(src []byte, v reflect.Value) error

var errFrozen = errors.New("these bytes are no row")

// readRow reads what appendRow wrote into an empty row. A row comes back as it would from the
// database: times in UTC to the microsecond, amounts without what JSON would not tell either.
func (s *shape) readRow(src []byte, row reflect.Value) error {
	if len(src) < 2 {
		return errFrozen
	}
	src = src[2:]
	for i := range s.columns {
		if len(src) < 4 {
			return errFrozen
		}
		size := binary.BigEndian.Uint32(src)
		src = src[4:]
		if size == nullField {
			continue
		}
		if uint64(size) > uint64(len(src)) {
			return errFrozen
		}
		c := &s.columns[i]
		f := row.FieldByIndex(c.index)
		if c.personal != nil {
			if err := s.setOpened(c, src[:size], f); err != nil {
				return fmt.Errorf("column %q: %w", c.name, err)
			}
			src = src[size:]
			continue
		}
		if f.Kind() == reflect.Pointer && c.sql != "jsonb" {
			f.Set(reflect.New(f.Type().Elem()))
			f = f.Elem()
		}
		if err := c.decode(src[:size], f); err != nil {
			return fmt.Errorf("column %q: %w", c.name, err)
		}
		src = src[size:]
	}
	return nil
}

// binaryDecoder is there for each type that binaryEncoder is there for.
func binaryDecoder(c column) decoder {
	switch t := c.base(); {
	case c.sql == "jsonb":
		return readJSON
	case t == reflect.TypeFor[uuid.UUID]():
		return sized(16, func(src []byte, v reflect.Value) { reflect.Copy(v, reflect.ValueOf(src)) })
	case t == reflect.TypeFor[time.Time]():
		return sized(8, func(src []byte, v reflect.Value) {
			at := int64(binary.BigEndian.Uint64(src)) + postgresEpoch
			v.Set(reflect.ValueOf(time.UnixMicro(at).UTC()))
		})
	case t == reflect.TypeFor[domain.Amount]():
		return readAmount
	case t == reflect.TypeFor[pgvector.HalfVector]():
		return readVector
	}
	switch c.sql {
	case "text":
		return func(src []byte, v reflect.Value) error {
			v.SetString(string(src))
			return nil
		}
	case "boolean":
		return sized(1, func(src []byte, v reflect.Value) { v.SetBool(src[0] != 0) })
	case "bigint":
		return sized(8, func(src []byte, v reflect.Value) { v.SetInt(int64(binary.BigEndian.Uint64(src))) })
	case "integer":
		return sized(4, func(src []byte, v reflect.Value) { v.SetInt(int64(int32(binary.BigEndian.Uint32(src)))) })
	case "double precision":
		return sized(8, func(src []byte, v reflect.Value) { v.SetFloat(math.Float64frombits(binary.BigEndian.Uint64(src))) })
	}
	return sized(4, func(src []byte, v reflect.Value) {
		v.SetFloat(float64(math.Float32frombits(binary.BigEndian.Uint32(src))))
	})
}

func sized(size int, read func(src []byte, v reflect.Value)) decoder {
	return func(src []byte, v reflect.Value) error {
		if len(src) != size {
			return errFrozen
		}
		read(src, v)
		return nil
	}
}

func readJSON(src []byte, v reflect.Value) error {
	if len(src) == 0 {
		return errFrozen
	}
	return json.Unmarshal(src[1:], v.Addr().Interface())
}

func readAmount(src []byte, v reflect.Value) error {
	var n pgtype.Numeric
	codec := pgtype.NumericCodec{}
	if err := codec.PlanScan(nil, pgtype.NumericOID, pgtype.BinaryFormatCode, &n).Scan(src, &n); err != nil {
		return err
	}
	text, err := n.MarshalJSON()
	if err != nil {
		return err
	}
	return v.Addr().Interface().(*domain.Amount).UnmarshalJSON(text)
}

func readVector(src []byte, v reflect.Value) error {
	if len(src) < 4 || len(src) != 4+2*int(binary.BigEndian.Uint16(src)) {
		return errFrozen
	}
	to := v.Addr().Interface().(*pgvector.HalfVector)
	return vectors.HalfVectorCodec{}.PlanScan(nil, 0, pgtype.BinaryFormatCode, to).Scan(src, to)
}
