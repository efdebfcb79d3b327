package feed

import (
	"encoding/xml"
	"slices"
	"strings"
)

// element is an XML element while it is open.
type element struct {
	name   string
	text   strings.Builder
	fields values // attributes as "@name", and children
}

func (e *element) attribute(name, value string) { e.add("@"+name, value) }

func (e *element) add(name string, value any) {
	if e.fields == nil {
		e.fields = values{}
	}
	e.fields.add(name, value)
}

// value is a plain string, or an object when the element has attributes or children.
func (e *element) value() any {
	text := strings.TrimSpace(e.text.String())
	if e.fields == nil {
		return text
	}
	if text != "" {
		e.fields[content] = text
	}
	return map[string]any(e.fields)
}

func (e *element) get(attribute string) string {
	s, _ := e.fields["@"+attribute].(string)
	return s
}

const googleNamespace = "http://base.google.com/ns/1.0"

// findGoogle learns how the feed abbreviates Google's namespace.
func (p *parser) findGoogle(attributes []xml.Attr) {
	for _, a := range attributes {
		if a.Name.Space == "xmlns" && a.Value == googleNamespace {
			p.google = a.Name.Local
		}
	}
}

// name is an element's or attribute's name with its prefix, which for Google's is always "g".
func (p *parser) name(n xml.Name) string {
	switch n.Space {
	case "":
		return n.Local
	case p.google:
		return "g:" + n.Local
	}
	return n.Space + ":" + n.Local
}

// damaged tells whether bytes that are no text were replaced on the way, anywhere in a value.
func damaged(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.ContainsRune(v, '\ufffd')
	case []any:
		return slices.ContainsFunc(v, damaged)
	case map[string]any:
		for name, e := range v {
			if damaged(name) || damaged(e) {
				return true
			}
		}
	}
	return false
}
