package eventstore

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"

	"gifty/domain"
)

// Types is the register of event types: which Go struct is stored under which name. It is
// immutable once made and safe for concurrent use.
type Types struct {
	byName map[string]decoder
	byGo   map[reflect.Type]string
	names  map[reflect.Type][]string
	keys   *Keys // of personal fields; nil: they are stored as they are
}

type decoder struct {
	goType  reflect.Type
	decode  func([]byte) (any, error)
	upcasts []func([]byte) ([]byte, error)

	personal *personal // nil: nothing is
}

var typeName = regexp.MustCompile(`^[a-z][a-z_]*\.[a-z][a-z_]*\.v[1-9][0-9]*$`)

// NewTypes registers event types. It fails on a malformed name and on a name or struct that is
// registered twice, since either would make stored events ambiguous.
func NewTypes(types ...domain.EventType) (*Types, error) {
	t := &Types{byName: map[string]decoder{}, byGo: map[reflect.Type]string{}, names: map[reflect.Type][]string{}}
	for _, e := range types {
		if err := t.register(e); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *Types) register(e domain.EventType) error {
	if _, twice := t.byGo[e.Go]; twice {
		return fmt.Errorf("event struct %s is registered twice", e.Go)
	}
	t.byGo[e.Go] = e.Name
	if err := t.name(e.Name, e, nil); err != nil {
		return err
	}
	// Older[0] is the most recent predecessor: its payload needs one step, Older[1]'s two, and so on.
	var steps []func([]byte) ([]byte, error)
	for _, older := range e.Older {
		steps = append([]func([]byte) ([]byte, error){older.Upcast}, steps...)
		if err := t.name(older.Name, e, steps); err != nil {
			return err
		}
	}
	return nil
}

func (t *Types) name(name string, e domain.EventType, upcasts []func([]byte) ([]byte, error)) error {
	if !typeName.MatchString(name) {
		return fmt.Errorf("event name %q is not of the form context.fact.v1", name)
	}
	if _, twice := t.byName[name]; twice {
		return fmt.Errorf("event name %s is registered twice", name)
	}
	p, err := personalIn(e.Go)
	if err != nil {
		return fmt.Errorf("event %s: %w", name, err)
	}
	t.byName[name] = decoder{goType: e.Go, decode: e.Decode, upcasts: upcasts, personal: p}
	t.names[e.Go] = append(t.names[e.Go], name)
	return nil
}

// Encode returns the stored name and JSON payload of an event, nothing of it sealed. An unregistered
// struct is an error.
func (t *Types) Encode(event any) (name string, payload []byte, err error) {
	name, ok := t.byGo[reflect.TypeOf(event)]
	if !ok {
		return "", nil, fmt.Errorf("event %T is not registered", event)
	}
	payload, err = json.Marshal(event)
	if err != nil {
		return "", nil, fmt.Errorf("encode %s: %w", name, err)
	}
	return name, storable(payload), nil
}

// Decode turns a stored payload into the registered struct, by value, opening what is sealed and
// upcasting an older shape first. An unknown name is an error: skipping it would silently lose a fact.
func (t *Types) Decode(name string, payload []byte) (any, error) {
	payload, err := t.Opened(name, payload)
	if err != nil {
		return nil, err
	}
	return t.decodeOpened(name, payload)
}

// decodeOpened is Decode of what has been opened.
func (t *Types) decodeOpened(name string, payload []byte) (any, error) {
	d, ok := t.byName[name]
	if !ok {
		return nil, fmt.Errorf("event type %q is unknown to this version of the program", name)
	}
	for _, upcast := range d.upcasts {
		var err error
		if payload, err = upcast(payload); err != nil {
			return nil, fmt.Errorf("upcast %s: %w", name, err)
		}
	}
	return d.decode(payload)
}

// Names are all names under which events of a Go type are stored, older ones too.
func (t *Types) Names(e reflect.Type) []string { return t.names[e] }

// All are the current names, one a struct.
func (t *Types) All() map[string]reflect.Type {
	all := make(map[string]reflect.Type, len(t.byGo))
	for goType, name := range t.byGo {
		all[name] = goType
	}
	return all
}
