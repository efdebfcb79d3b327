package catalogue

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"gifty/domain"
)

// Limits of the kept original: it is for people and later questions, not an archive of pages.
const (
	maxRaw      = 256 << 10 // bytes
	maxRawDepth = 32
	maxNumber   = 64 // characters of a number; longer ones are kept as text
)

// encodeRaw makes the original fields safe to store and the same however they were written: a
// compact object with sorted keys. Postgres refuses numbers such as 1e999999 in jsonb, so those
// become text; texts are cut as a description is, and one that holds NUL is refused.
func encodeRaw(fields map[string]any) (json.RawMessage, error) {
	if fields == nil {
		return nil, nil
	}
	clean, err := cleanValue(fields, maxRawDepth)
	if err != nil {
		return nil, err
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
// that ends too early gives io.ErrUnexpectedEOF, and an escape that stands for no character that
// can be stored a *domain.Error (see domain.CheckEscapes).
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
	return fields, domain.CheckEscapes(b)
}

func cleanValue(v any, depth int) (_ any, err error) {
	if depth == 0 {
		return nil, refuse("raw_invalid", "raw", "is nested more than %d deep", maxRawDepth)
	}
	switch v := v.(type) {
	case string:
		return cut(v, maxDescription), checkNUL("raw", v)
	case json.Number:
		if !storable(string(v)) {
			return string(v), nil
		}
	case []any:
		for i := range v {
			if v[i], err = cleanValue(v[i], depth-1); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for key, value := range v {
			if v[key], err = cleanValue(value, depth-1); err == nil {
				err = checkNUL("raw", key)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

func checkNUL(field, text string) error {
	if strings.ContainsRune(text, 0) {
		return refuse("text_not_storable", field, "must not contain NUL characters")
	}
	return nil
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
