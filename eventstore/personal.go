package eventstore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"

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
}

// member is a place in the payload, and what is personal in it. Lists are not places: all elements
// are alike.
type member struct {
	cut     bool
	members map[string]*member // by name in quotes, as it is written
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
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Array {
		t = t.Elem()
	}
	if t.Kind() == reflect.Map {
		return noneIn(t)
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

// noneIn refuses what is personal in a map's values: by their names they can't be told from members.
func noneIn(t reflect.Type) error {
	in := personal{root: &member{}}
	if err := in.add(in.root, t.Elem()); err != nil {
		return err
	}
	if in.tag != "" {
		return fmt.Errorf("%s has personal fields in a map's values; tag the map itself", t)
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
		at.members[strconv.Quote(name)] = in
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

// pieces finds the personal values that say something, in JSON as json.Marshal writes it.
func (p *personal) pieces(payload []byte) []piece {
	dst, _ := p.root.find(make([]piece, 0, usualPieces), payload, 0)
	return dst
}

// usualPieces are more than most events have.
const usualPieces = 8

// find looks through the value that begins at a place, and tells where it ends.
func (m *member) find(dst []piece, j []byte, at int) ([]piece, int) {
	switch {
	case at >= len(j):
		return dst, at
	case m != nil && m.cut:
		end := skip(j, at)
		if !blank(j[at:end]) {
			dst = append(dst, piece{at, end})
		}
		return dst, end
	case m == nil || m.members == nil || j[at] != '{' && j[at] != '[':
		return dst, skip(j, at)
	}
	object := j[at] == '{'
	for at++; at < len(j) && j[at] != '}' && j[at] != ']'; {
		in := m
		if object {
			end := skipString(j, at)
			in, at = m.members[string(j[at:end])], end+len(":")
		}
		if dst, at = in.find(dst, j, at); at < len(j) && j[at] == ',' {
			at++
		}
	}
	return dst, at + 1
}

// skip is where the value ends that begins at a place.
func skip(j []byte, at int) int {
	for depth := 0; at < len(j); {
		switch j[at] {
		case '"':
			at = skipString(j, at)
		case '{', '[':
			depth++
			at++
		case '}', ']':
			depth--
			at++
		case ',', ':':
			at++
		default:
			for at++; at < len(j) && j[at] != ',' && j[at] != '}' && j[at] != ']'; at++ {
			}
		}
		if depth <= 0 {
			return at
		}
	}
	return at
}

// skipString is where the string ends that begins at a place.
func skipString(j []byte, at int) int {
	for from := at + 1; from < len(j); {
		quote := bytes.IndexByte(j[from:], '"')
		if quote < 0 {
			break
		}
		from += quote + 1
		backslashes := from - 2
		for backslashes > at && j[backslashes] == '\\' {
			backslashes--
		}
		if (from-backslashes)%2 == 0 {
			return from
		}
	}
	return len(j)
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
	pieces := p.pieces(open)
	values := make([]string, len(pieces))
	for i, at := range pieces {
		values[i] = string(open[at.from:at.to])
	}
	return values, nil
}

// IsPersonal tells whether events of a type can hold something that is somebody's.
func (t *Types) IsPersonal(name string) bool { return t.byName[name].personal != nil }
