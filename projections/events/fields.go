// Package events shows the log itself: which fields each type of event has and which of them are
// personal, the events that somebody asks for, and the formats they are handed out in.
package events

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
)

// Kind is what a field holds.
type Kind string

// The kinds.
const (
	Text   Kind = "text"
	Number Kind = "number"
	Bool   Kind = "bool"
	Time   Kind = "time" // text, RFC 3339
	Any    Kind = "any"  // an object, or JSON of no fixed shape
)

// Field is a place in an event's payload.
type Field struct {
	// Path is the JSON names with dots between, and [] after a list's: brief.age, links[].gift_id,
	// brief.interests[].
	Path string `json:"path"`
	Kind Kind   `json:"kind"`
	// Personal names the event's fields that hold the id of whose data it is; none: it is nobody's.
	Personal []string `json:"personal,omitempty"`

	steps []step
	omits bool // an empty value is absent
}

// step is how a field's value is reached from the one that it is in.
type step struct {
	index []int // of a struct's field
	list  bool  // each of the elements
}

// Fields lists what an event of a Go type can say, in its order; an object comes before what is in it.
func Fields(event reflect.Type) []Field {
	return fieldsIn(nil, Field{}, event)
}

func fieldsIn(dst []Field, in Field, t reflect.Type) []Field {
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || f.Anonymous && name == "" || name == "-" || hasTaggedParent(t, f.Index) {
			continue
		}
		at := Field{Path: name, Personal: in.Personal, steps: append(slices.Clip(in.steps), step{index: f.Index})}
		at.omits = strings.HasPrefix(options, "omit") && f.Type.Kind() != reflect.Pointer
		if in.Path != "" {
			at.Path = in.Path + "." + name
		}
		if tag := f.Tag.Get(domain.Personal); tag != "" {
			at.Personal = strings.Split(tag, ",")
		}
		dst = fieldsOf(dst, at, f.Type)
	}
	return dst
}

// hasTaggedParent tells a field that VisibleFields shows through an embedded struct which has a JSON
// name: that one's fields come with it.
func hasTaggedParent(t reflect.Type, index []int) bool {
	for n := 1; n < len(index); n++ {
		if name, _, _ := strings.Cut(t.FieldByIndex(index[:n]).Tag.Get("json"), ","); name != "" {
			return true
		}
	}
	return false
}

func fieldsOf(dst []Field, at Field, t reflect.Type) []Field {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case reflect.TypeFor[uuid.UUID]():
		at.Kind = Text
		return append(dst, at)
	case reflect.TypeFor[time.Time]():
		at.Kind = Time
		return append(dst, at)
	case reflect.TypeFor[domain.Amount]():
		at.Kind = Number
		return append(dst, at)
	case reflect.TypeFor[json.RawMessage](), reflect.TypeFor[[]byte]():
		at.Kind = Any
		return append(dst, at)
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		at.Path += "[]"
		at.omits = false
		at.steps = append(slices.Clip(at.steps), step{list: true})
		return fieldsOf(dst, at, t.Elem())
	case reflect.Struct:
		at.Kind = Any
		return fieldsIn(append(dst, at), at, t)
	case reflect.String:
		at.Kind = Text
	case reflect.Bool:
		at.Kind = Bool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		at.Kind = Number
	default:
		at.Kind = Any
	}
	return append(dst, at)
}

// Values calls with for each value that the field has in an event, which is of the type that it was
// listed of; absent ones, such as nil pointers and empty lists, are none.
func (f Field) Values(event any, with func(reflect.Value)) {
	valuesAt(reflect.ValueOf(event), f.steps, with)
}

func valuesAt(v reflect.Value, steps []step, with func(reflect.Value)) {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	if len(steps) == 0 {
		with(v)
		return
	}
	if steps[0].list {
		for i := range v.Len() {
			valuesAt(v.Index(i), steps[1:], with)
		}
		return
	}
	if inner, err := v.FieldByIndexErr(steps[0].index); err == nil { // an error is a nil embedded pointer
		valuesAt(inner, steps[1:], with)
	}
}

// Texts calls with for each value that the field's place in the event's JSON has: a text as it is, any
// other as JSON writes it.
func (f Field) Texts(event any, with func(text string)) {
	f.Values(event, func(v reflect.Value) {
		if f.omits && v.IsZero() {
			return
		}
		if v.Type() == reflect.TypeFor[uuid.UUID]() {
			with(v.Interface().(uuid.UUID).String())
			return
		}
		switch v.Kind() {
		case reflect.String:
			with(v.String())
		case reflect.Bool:
			with(strconv.FormatBool(v.Bool()))
		case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
			with(strconv.FormatInt(v.Int(), 10))
		default:
			j, err := json.Marshal(v.Interface())
			if err != nil {
				return // NaN, which is in no log
			}
			if j[0] == '"' {
				var text string
				if json.Unmarshal(j, &text) == nil {
					with(text)
				}
				return
			}
			with(string(j))
		}
	})
}
