package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"gifty/eventstore"
)

// story prints the events of one stream as people would tell them: when, who, what, and in what words.
// What was named earlier in the stream goes by its name; other ids say nothing to a person and are left out.
type story struct {
	out   io.Writer
	width int               // of the terminal; 0: none
	names map[string]string // by id
	day   string            // of the event before
}

const storyLine = "%9v  %-12s  %-8s  %-22s  %s\n"

// Write tells an event.
func (s *story) Write(e eventstore.Entry) error {
	if day := e.OccurredAt.Format("2006-01-02 MST"); day != s.day {
		s.day = day
		if _, err := fmt.Fprintf(s.out, "%s, %s\n", e.Stream, day); err != nil {
			return err
		}
	}
	payload, err := inOrder(json.NewDecoder(bytes.NewReader(e.Payload)))
	if err != nil {
		return fmt.Errorf("position %d: %w", e.Position, err)
	}
	s.learn(payload)
	told := s.tell(payload)
	if fields, is := payload.(object); is {
		told = s.fields(fields)
	}
	actor, _, _ := strings.Cut(e.Actor, ":")
	line := fmt.Sprintf(storyLine, e.Position, e.OccurredAt.Format("15:04:05.000"), actor, fact(e.Type), told)
	if s.width > 0 {
		line = shorten(strings.TrimSuffix(line, "\n"), s.width) + "\n"
	}
	_, err = io.WriteString(s.out, line)
	return err
}

// Flush has nothing to do.
func (*story) Flush() error { return nil }

// Close has nothing to do.
func (*story) Close() error { return nil }

// fact is what a type is called between its context and its version: "discovery.track_filled.v1" is
// "track filled".
func fact(eventType string) string {
	parts := strings.Split(eventType, ".")
	if len(parts) == 3 {
		return spaced(parts[1])
	}
	return eventType
}

func spaced(name string) string { return strings.ReplaceAll(name, "_", " ") }

// object is a JSON object with its fields in their order.
type object []field

type field struct {
	key   string
	value any
}

// inOrder reads the next JSON value.
func inOrder(d *json.Decoder) (any, error) {
	d.UseNumber()
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		o := object{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			value, err := inOrder(d)
			if err != nil {
				return nil, err
			}
			o = append(o, field{fmt.Sprint(key), value})
		}
		_, err = d.Token()
		return o, err
	case json.Delim('['):
		list := []any{}
		for d.More() {
			value, err := inOrder(d)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		_, err = d.Token()
		return list, err
	}
	return token, nil
}

// learn remembers what the value calls things.
func (s *story) learn(value any) {
	switch v := value.(type) {
	case []any:
		for _, one := range v {
			s.learn(one)
		}
	case object:
		for i, f := range v {
			s.learn(f.value)
			id, _ := f.value.(string)
			if name := v.nameOf(i); name != "" && uuid.Validate(id) == nil {
				s.names[id] = name
			}
		}
	}
}

// nameOf is what the object calls the thing whose id is its i-th field: by the object beside "topic_id" that
// "topic" holds, or by a title of its own, which is its first id's.
func (o object) nameOf(i int) string {
	of, is := strings.CutSuffix(o[i].key, "_id")
	if !is {
		return ""
	}
	beside, _ := o.get(of).(object)
	names := []any{beside.get("name"), beside.get("need")}
	if i == 0 {
		names = append(names, o.get("title"))
	}
	for _, name := range names {
		if text, is := name.(string); is && text != "" {
			return text
		}
	}
	return ""
}

func (o object) get(key string) any {
	for _, f := range o {
		if f.key == key {
			return f.value
		}
	}
	return nil
}

// tell is a value in words; empty when it says nothing.
func (s *story) tell(value any) string {
	switch v := value.(type) {
	case string:
		if uuid.Validate(v) == nil {
			v = s.names[v]
		}
		if strings.ContainsAny(v, " ,") {
			return "“" + v + "”"
		}
		return v
	case bool:
		return map[bool]string{true: "yes"}[v]
	case []any:
		var all []string
		for _, one := range v {
			if told := s.tell(one); told != "" {
				all = append(all, told)
			}
		}
		if len(all) < 2 {
			return strings.Join(all, "")
		}
		return "[" + strings.Join(all, ", ") + "]"
	case object:
		if told := s.fields(v); told != "" {
			return "(" + told + ")"
		}
		return ""
	case json.Number:
		if _, decimals, _ := strings.Cut(v.String(), "."); len(decimals) > 3 {
			if number, err := v.Float64(); err == nil {
				return strconv.FormatFloat(number, 'f', 3, 64)
			}
		}
		return v.String()
	}
	return ""
}

// fields tells those that say something.
func (s *story) fields(o object) string {
	var all []string
	for i, f := range o {
		told := s.tell(f.value)
		if told == "" || strings.HasSuffix(f.key, "sha256") || o.nameOf(i) != "" { // what has the name follows
			continue
		}
		all = append(all, spaced(strings.TrimSuffix(f.key, "_id"))+" "+told)
	}
	return strings.Join(all, ", ")
}
