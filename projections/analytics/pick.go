package analytics

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// picker takes some fields' values out of JSON without decoding the rest. It relies on the JSON
// being well-formed, as Postgres has found it to be. One goroutine's.
type picker struct {
	root   *node
	values [][]string // by field
}

// node is a place in the JSON that fields lie at or below.
type node struct {
	field   int // -1: none
	element *node
	names   []string
	members []*node
}

func newPicker(paths []string) *picker {
	p := &picker{root: &node{field: -1}, values: make([][]string, len(paths))}
	for i, path := range paths {
		at := p.root
		for part := range strings.SplitSeq(path, ".") {
			name, lists := strings.TrimRight(part, "[]"), strings.Count(part, "[]")
			at = at.member(name)
			for range lists {
				if at.element == nil {
					at.element = &node{field: -1}
				}
				at = at.element
			}
		}
		at.field = i
	}
	return p
}

func (n *node) member(name string) *node {
	for i, known := range n.names {
		if known == name {
			return n.members[i]
		}
	}
	n.names, n.members = append(n.names, name), append(n.members, &node{field: -1})
	return n.members[len(n.members)-1]
}

var errJSON = errors.New("the payload is no JSON object as it should be")

// pick returns the values by field. They refer to the JSON, and last until the next pick.
func (p *picker) pick(text []byte) ([][]string, error) {
	for i := range p.values {
		p.values[i] = p.values[i][:0]
	}
	s := scanner{text: text}
	s.value(p.root, p)
	if s.bad {
		return nil, errJSON
	}
	return p.values, nil
}

// scanner goes over JSON.
type scanner struct {
	text []byte
	at   int
	bad  bool
}

func (s *scanner) space() byte {
	for ; s.at < len(s.text); s.at++ {
		if c := s.text[s.at]; c > ' ' {
			return c
		}
	}
	s.bad = true
	return 0
}

// value reads the value at hand, of which fields at n are wanted; nil: none are.
func (s *scanner) value(n *node, p *picker) {
	switch c := s.space(); {
	case s.bad:
	case n == nil:
		s.skip()
	case c == '{' && n.members != nil:
		s.object(n, p)
	case c == '[' && n.element != nil:
		s.list(n.element, p)
	case c == '{' || c == '[' || n.field < 0:
		s.skip()
	case c == '"':
		p.values[n.field] = append(p.values[n.field], s.str())
	default:
		if v := s.plain(); v != "null" {
			p.values[n.field] = append(p.values[n.field], v)
		}
	}
}

func (s *scanner) object(n *node, p *picker) {
	s.at++
	for {
		switch s.space() {
		case '}':
			s.at++
			return
		case ',':
			s.at++
			continue
		case '"':
		default:
			s.bad = true
			return
		}
		name := s.str()
		if s.space() != ':' {
			s.bad = true
			return
		}
		s.at++
		var member *node
		for i, known := range n.names {
			if known == name {
				member = n.members[i]
				break
			}
		}
		if s.value(member, p); s.bad {
			return
		}
	}
}

func (s *scanner) list(element *node, p *picker) {
	s.at++
	for {
		switch s.space() {
		case ']':
			s.at++
			return
		case ',':
			s.at++
			continue
		}
		if s.bad {
			return
		}
		if s.value(element, p); s.bad {
			return
		}
	}
}

// skip passes over a value of any kind.
func (s *scanner) skip() {
	depth := 0
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case '"':
			s.quoted()
			if depth == 0 || s.bad {
				return
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth <= 0 {
				if depth == 0 {
					s.at++
				}
				return
			}
		case ',':
			if depth == 0 {
				return
			}
		}
		s.at++
	}
	s.bad = depth > 0
}

// quoted passes over a string and returns what is between its quotes, and whether that has escapes.
func (s *scanner) quoted() (inner []byte, escaped bool) {
	begin := s.at + 1
	for s.at = begin; s.at < len(s.text); s.at++ {
		switch s.text[s.at] {
		case '\\':
			escaped = true
			s.at++
		case '"':
			inner = s.text[begin:s.at]
			s.at++
			return inner, escaped
		}
	}
	s.bad = true
	return nil, false
}

func (s *scanner) str() string {
	inner, escaped := s.quoted()
	if escaped {
		var text string
		if json.Unmarshal(s.text[s.at-len(inner)-2:s.at], &text) != nil {
			s.bad = true
		}
		return text
	}
	return alias(inner)
}

// plain is a number, true, false or null.
func (s *scanner) plain() string {
	begin := s.at
	for s.at < len(s.text) && s.text[s.at] > ' ' && !strings.ContainsRune(",]}", rune(s.text[s.at])) && s.text[s.at] < utf8.RuneSelf {
		s.at++
	}
	if s.bad = s.bad || s.at == begin; s.bad {
		return "null"
	}
	return alias(s.text[begin:s.at])
}

// alias is the bytes as a string without a copy, for as long as they stay as they are.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// Pick takes the values of fields, by their paths, out of an event's JSON, which must be well-formed.
func Pick(paths []string, payload []byte) ([][]string, error) { return newPicker(paths).pick(payload) }
