package http

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"
)

// readable says what huma says of an input at a location in words that tell what to do.
func readable(all huma.Registry, op *huma.Operation, location, message string) string {
	switch {
	case message == validation.MsgUnexpectedProperty:
		return "is not known here" + knownBeside(all, op, location)
	case message == validation.MsgExpectedMatchExactlyOneSchema: // wordsSchema is the only choice of schemas
		return "must be a list of texts, or one text with commas between"
	case strings.Contains(message, "invalid UUID"):
		return "must be a UUID such as 01981b5e-8c00-7000-8000-000000000001"
	case strings.HasPrefix(message, "json:"): // in terms of Go types
		return "holds a value of the wrong kind, or a number out of range"
	}
	return message
}

// knownBeside lists the properties that there are where an unknown one was sent.
func knownBeside(all huma.Registry, op *huma.Operation, location string) string {
	path := strings.Split(location, ".")
	if path[0] != "body" || op == nil {
		return ""
	}
	s := bodySchema(all, op)
	for _, name := range path[1:max(1, len(path)-1)] {
		name, _, inList := strings.Cut(name, "[")
		if s = property(all, s, name); s != nil && inList {
			s = resolved(all, s.Items)
		}
	}
	if s == nil || len(s.Properties) == 0 {
		return ""
	}
	return "; there is " + strings.Join(slices.Sorted(maps.Keys(s.Properties)), ", ")
}

// bodySchema is what an operation's body must be like; nil where it takes none.
func bodySchema(all huma.Registry, op *huma.Operation) *huma.Schema {
	if op.RequestBody == nil {
		return nil
	}
	for _, media := range op.RequestBody.Content {
		return resolved(all, media.Schema)
	}
	return nil
}

func property(all huma.Registry, s *huma.Schema, name string) *huma.Schema {
	if s == nil {
		return nil
	}
	return resolved(all, s.Properties[name])
}

func resolved(all huma.Registry, s *huma.Schema) *huma.Schema {
	if s != nil && s.Ref != "" {
		return all.SchemaFromRef(s.Ref)
	}
	return s
}

// checkWhole refuses whole numbers that are written like fractions (52.0, 1e2): they fit the schema,
// and the decoder refuses them without saying where they are.
func checkWhole(all huma.Registry, op *huma.Operation, body []byte) *Problem {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var parsed any
	if decoder.Decode(&parsed) != nil { // checkJSON has told
		return nil
	}
	if path, found := findFraction(all, bodySchema(all, op), parsed, "body"); found {
		return invalid("request_invalid", path, "must be a whole number, written without point and exponent")
	}
	return nil
}

func findFraction(all huma.Registry, s *huma.Schema, v any, path string) (string, bool) {
	if s == nil {
		return "", false
	}
	switch v := v.(type) {
	case json.Number:
		return path, s.Type == huma.TypeInteger && strings.ContainsAny(string(v), ".eE")
	case []any:
		for i, e := range v {
			if p, found := findFraction(all, resolved(all, s.Items), e, fmt.Sprintf("%s[%d]", path, i)); found {
				return p, true
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if p, found := findFraction(all, property(all, s, name), v[name], path+"."+name); found {
				return p, true
			}
		}
	}
	return "", false
}
