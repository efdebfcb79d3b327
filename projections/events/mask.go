package events

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"gifty/eventstore"
)

// Masked stands where a personal field is that may not be seen.
const Masked = "***"

// Masks hide what is personal in events' payloads. Safe for concurrent use.
type Masks struct {
	types  *eventstore.Types
	byName map[string]*place
}

// place is a member of a payload, and what is known of its own members.
type place struct {
	personal bool
	members  map[string]*place // nil: all that is in it may be seen
}

// NewMasks learns from the types' struct tags what is personal.
func NewMasks(types *eventstore.Types) *Masks {
	m := &Masks{types: types, byName: map[string]*place{}}
	for _, event := range types.All() {
		root := &place{members: map[string]*place{}}
		for _, f := range Fields(event) {
			root.add(strings.Split(strings.ReplaceAll(f.Path, "[]", ""), "."), f)
		}
		for _, name := range types.Names(event) {
			m.byName[name] = root
		}
	}
	return m
}

func (p *place) add(path []string, f Field) {
	if p.members == nil {
		p.members = map[string]*place{}
	}
	next := p.members[path[0]]
	if next == nil {
		next = &place{}
		p.members[path[0]] = next
	}
	if len(path) > 1 {
		next.add(path[1:], f)
		return
	}
	next.personal = len(f.Personal) > 0
}

// Mask is a stored payload in today's shape, with Masked in place of every personal field, and of
// what this program does not know: it can't tell.
func (m *Masks) Mask(name string, payload []byte) ([]byte, error) {
	known, ok := m.byName[name]
	if !ok {
		return []byte(`"` + Masked + `"`), nil
	}
	payload, err := m.types.Current(name, payload)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	in, to := jsontext.NewDecoder(bytes.NewReader(payload), jsontext.AllowDuplicateNames(true)), jsontext.NewEncoder(&out, jsontext.AllowDuplicateNames(true))
	if err := known.copy(to, in); err != nil {
		return nil, fmt.Errorf("mask %s: %w", name, err)
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}

func (p *place) copy(to *jsontext.Encoder, in *jsontext.Decoder) error {
	kind := in.PeekKind()
	if p.members == nil || kind != '{' && kind != '[' {
		value, err := in.ReadValue()
		if err != nil {
			return err
		}
		return to.WriteValue(value)
	}
	if err := pass(to, in); err != nil {
		return err
	}
	for in.PeekKind() != '}' && in.PeekKind() != ']' {
		member := p // an element of a list
		if kind == '{' {
			name, err := in.ReadToken()
			if err != nil {
				return err
			}
			member = p.members[name.String()]
			if err := to.WriteToken(name); err != nil {
				return err
			}
		}
		var err error
		if member == nil || member.personal {
			if err = in.SkipValue(); err == nil {
				err = to.WriteToken(jsontext.String(Masked))
			}
		} else {
			err = member.copy(to, in)
		}
		if err != nil {
			return err
		}
	}
	return pass(to, in)
}

func pass(to *jsontext.Encoder, in *jsontext.Decoder) error {
	token, err := in.ReadToken()
	if err != nil {
		return err
	}
	return to.WriteToken(token)
}
