package main

import (
	"maps"
	"slices"
	"strings"
)

// pairs is a setting of the form NAME=VALUE,NAME=VALUE; semicolons and spaces part them, too.
type pairs struct {
	of map[string]string
	// malformed is reported later, without the text: a parser's error would repeat it, and it may be a
	// secret.
	malformed bool
}

// UnmarshalText never fails; see malformed.
func (p *pairs) UnmarshalText(text []byte) error {
	*p = pairs{}
	for entry := range strings.FieldsFuncSeq(string(text), func(r rune) bool { return r == ',' || r == ';' || r <= ' ' }) {
		name, value, ok := strings.Cut(entry, "=")
		if !ok || name == "" || value == "" {
			p.malformed = true
			continue
		}
		if p.of == nil {
			p.of = map[string]string{}
		}
		p.of[name] = value
	}
	return nil
}

func (p pairs) String() string { return p.shown(func(s string) string { return s }) }

func (p pairs) shown(value func(string) string) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(p.of)) {
		all = append(all, name+"="+value(p.of[name]))
	}
	return strings.Join(all, ",")
}

// keys are pairs whose values nobody is shown.
type keys struct{ pairs }

func (k keys) String() string { return k.shown(func(string) string { return "(set)" }) }

// urls are pairs whose values are shown without what is secret in them.
type urls struct{ pairs }

func (u urls) String() string { return u.shown(withoutPassword) }
