package catalogue

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
)

// Limits of the kept original: it is for people and later questions, not an archive of pages.
const (
	maxRaw      = 256 << 10 // bytes
	maxRawDepth = 32
	maxNumber   = 64 // characters of a number; longer ones are kept as text
)

// encodeRaw makes the original fields safe to store and the same however they were written: a
// compact object with sorted keys. Postgres refuses NUL, half surrogate pairs and numbers such as
// 1e999999 in jsonb, so those are mended here; texts are cut as a description is.
func encodeRaw(fields map[string]any) (json.RawMessage, error) {
	if fields == nil {
		return nil, nil
	}
	clean, ok := cleanValue(fields, maxRawDepth)
	if !ok {
		return nil, refuse("raw_invalid", "raw", "is nested more than %d deep", maxRawDepth)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // half the size for descriptions in HTML
	if err := e.Encode(clean); err != nil || b.Len() > maxRaw {
		return nil, refuse("field_too_long", "raw", "holds more than %d bytes besides the product's own texts", maxRaw)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// DecodeObject reads exactly one JSON object; numbers keep their spelling (json.Number). A text
// that ends too early gives io.ErrUnexpectedEOF.
func DecodeObject(b []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var fields map[string]any
	if err := d.Decode(&fields); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	if fields == nil {
		return nil, errors.New("null is no object")
	}
	if rest := bytes.TrimSpace(b[d.InputOffset():]); len(rest) > 0 {
		return nil, errors.New("more follows after the object")
	}
	return fields, nil
}

func cleanValue(v any, depth int) (any, bool) {
	if depth == 0 {
		return nil, false
	}
	ok := true
	switch v := v.(type) {
	case string:
		return cut(strings.ReplaceAll(v, "\x00", ""), maxDescription), true
	case json.Number:
		if !storable(string(v)) {
			return string(v), true
		}
	case []any:
		for i := range v {
			if v[i], ok = cleanValue(v[i], depth-1); !ok {
				return nil, false
			}
		}
	case map[string]any:
		return cleanObject(v, depth)
	}
	return v, ok
}

func cleanObject(fields map[string]any, depth int) (any, bool) {
	for key, value := range fields {
		clean, ok := cleanValue(value, depth-1)
		if !ok {
			return nil, false
		}
		fields[key] = clean
		if strings.Contains(key, "\x00") {
			delete(fields, key)
		}
	}
	return fields, true
}

// storable tells whether Postgres can hold a JSON number without spelling out thousands of digits.
func storable(number string) bool {
	if len(number) > maxNumber {
		return false
	}
	i := strings.IndexAny(number, "eE")
	if i < 0 {
		return true
	}
	exponent, err := strconv.Atoi(number[i+1:])
	return err == nil && -300 <= exponent && exponent <= 300
}
