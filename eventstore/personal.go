package eventstore

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"gifty/domain"
)

// sealedMember is the last member of a payload that holds something sealed. No event has one of its own.
const sealedMember = "sealed"

// personal is what of a type of event is personal, and whose.
type personal struct {
	root     *member
	subjects [][]int // fields that name the subject, the first that is not empty does; as in reflect.Value.FieldByIndex
	tag      string
	decoders sync.Pool // of *jsontext.Decoder: a new one is larger than most payloads
}

// member is a place in the payload, and what is personal in it. Lists are not places: all elements
// are alike.
type member struct {
	cut     bool
	members map[string]*member
}

// personalIn finds what a type of event declares as personal; nil when nothing is.
func personalIn(event reflect.Type) (*personal, error) {
	p := &personal{root: &member{}}
	if err := p.add(p.root, event); err != nil {
		return nil, err
	}
	if p.tag == "" {
		return nil, nil
	}
	for name := range strings.SplitSeq(p.tag, ",") {
		index := namedField(event, name)
		if index == nil {
			return nil, fmt.Errorf("%s has personal fields of the subject in %q, which is no id in it", event, name)
		}
		p.subjects = append(p.subjects, index)
	}
	return p, nil
}

// add looks through a struct, or what it is a pointer to or list of.
func (p *personal) add(at *member, t reflect.Type) error {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Array || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || reflect.PointerTo(t).Implements(reflect.TypeFor[json.Marshaler]()) {
		return nil // what writes itself has no parts
	}
	for i := range t.NumField() {
		if err := p.field(at, t.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

func (p *personal) field(at *member, f reflect.StructField) error {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	tag := f.Tag.Get(domain.Personal)
	switch {
	case name == "-" || !f.IsExported() && !f.Anonymous:
		return nil
	case name == sealedMember:
		return fmt.Errorf("an event can't have a field %q", name)
	case f.Anonymous && name == "" && tag == "":
		return p.add(at, f.Type)
	case name == "":
		name = f.Name
	}
	if tag != "" && p.tag != "" && tag != p.tag {
		return fmt.Errorf("personal fields of one event must have the same subject; %q says %q, others say %q", name, tag, p.tag)
	}
	in := &member{cut: tag != ""}
	if in.cut {
		p.tag = tag
	} else if err := p.add(in, f.Type); err != nil {
		return err
	}
	if in.cut || in.members != nil {
		if at.members == nil {
			at.members = map[string]*member{}
		}
		at.members[name] = in
	}
	return nil
}

// namedField is where the id with a JSON name is in a struct, nil when it is not.
func namedField(t reflect.Type, name string) []int {
	for _, f := range reflect.VisibleFields(t) {
		if named, _, _ := strings.Cut(f.Tag.Get("json"), ","); named == name && (f.Type == reflect.TypeFor[uuid.UUID]() || f.Type == reflect.TypeFor[*uuid.UUID]()) {
			return f.Index
		}
	}
	return nil
}

// subject is whose data the event holds. Nobody's in particular is uuid.Nil's.
func (p *personal) subject(event any) uuid.UUID {
	v := reflect.ValueOf(event)
	for _, index := range p.subjects {
		var id uuid.UUID
		switch named := v.FieldByIndex(index).Interface().(type) {
		case uuid.UUID:
			id = named
		case *uuid.UUID:
			if named != nil {
				id = *named
			}
		}
		if id != uuid.Nil {
			return id
		}
	}
	return uuid.Nil
}

// piece is a personal value in a payload, from one byte up to another.
type piece struct{ from, to int }

// pieces finds the personal values that say something.
func (p *personal) pieces(dst []piece, payload []byte) ([]piece, error) {
	in, ok := p.decoders.Get().(*jsontext.Decoder)
	if !ok {
		in = new(jsontext.Decoder)
	}
	defer p.decoders.Put(in)
	in.Reset(bytesReader(payload), jsontext.AllowDuplicateNames(true))
	dst, err := p.root.find(dst, in)
	if err != nil {
		return nil, fmt.Errorf("look for personal fields: %w", err)
	}
	return dst, nil
}

func (m *member) find(dst []piece, in *jsontext.Decoder) ([]piece, error) {
	switch kind := in.PeekKind(); {
	case m == nil || !m.cut && (m.members == nil || kind != '{' && kind != '['):
		return dst, in.SkipValue()
	case m.cut:
		value, err := in.ReadValue()
		if end := int(in.InputOffset()); err == nil && !blank(value) {
			dst = append(dst, piece{end - len(value), end})
		}
		return dst, err
	case kind == '{':
		return m.findMembers(dst, in)
	}
	if _, err := in.ReadToken(); err != nil {
		return dst, err
	}
	for in.PeekKind() != ']' {
		var err error
		if dst, err = m.find(dst, in); err != nil {
			return dst, err
		}
	}
	_, err := in.ReadToken()
	return dst, err
}

func (m *member) findMembers(dst []piece, in *jsontext.Decoder) ([]piece, error) {
	if _, err := in.ReadToken(); err != nil {
		return dst, err
	}
	for in.PeekKind() != '}' {
		name, err := in.ReadToken()
		if err != nil {
			return dst, err
		}
		if dst, err = m.members[name.String()].find(dst, in); err != nil {
			return dst, err
		}
	}
	_, err := in.ReadToken()
	return dst, err
}

// blank are values that tell nothing.
func blank(value []byte) bool {
	switch string(value) {
	case `null`, `""`, `[]`, `{}`:
		return true
	}
	return false
}

// Personal is what of a stored payload is somebody's, as JSON: nothing when they have been erased. It may
// have to ask for the key.
func (t *Types) Personal(name string, payload []byte) ([]string, error) {
	p := t.byName[name].personal
	if p == nil {
		return nil, nil
	}
	open, err := t.Opened(name, payload)
	if err != nil {
		return nil, err
	}
	pieces, err := p.pieces(nil, open)
	values := make([]string, len(pieces))
	for i, at := range pieces {
		values[i] = string(open[at.from:at.to])
	}
	return values, err
}

// IsPersonal tells whether events of a type can hold something that is somebody's.
func (t *Types) IsPersonal(name string) bool { return t.byName[name].personal != nil }
