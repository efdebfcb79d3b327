package configuration

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// Difference is a place where two versions are not the same. What one of them lacks is nil there.
type Difference struct {
	Path string `json:"path"` // "pivot.en.cards[1].text"; "prompt_template"
	From any    `json:"from"`
	To   any    `json:"to"`
}

// Diff lists where two versions differ, in the order of their paths.
func Diff(from, to Revision) ([]Difference, error) {
	var a, b any
	if err := json.Unmarshal(from.Config, &a); err != nil {
		return nil, fmt.Errorf("version %d: %w", from.Version, err)
	}
	if err := json.Unmarshal(to.Config, &b); err != nil {
		return nil, fmt.Errorf("version %d: %w", to.Version, err)
	}
	out := compare("", a, b, []Difference{})
	if from.PromptTemplate != to.PromptTemplate {
		out = append(out, Difference{"prompt_template", from.PromptTemplate, to.PromptTemplate})
	}
	return out, nil
}

func compare(path string, a, b any, out []Difference) []Difference {
	if reflect.DeepEqual(a, b) {
		return out
	}
	switch a := a.(type) {
	case map[string]any:
		if b, same := b.(map[string]any); same {
			names := maps.Clone(a)
			maps.Copy(names, b)
			for _, name := range slices.Sorted(maps.Keys(names)) {
				at := name
				if path != "" {
					at = path + "." + name
				}
				out = compare(at, a[name], b[name], out)
			}
			return out
		}
	case []any:
		if b, same := b.([]any); same {
			for i := range max(len(a), len(b)) {
				out = compare(fmt.Sprintf("%s[%d]", path, i), nth(a, i), nth(b, i), out)
			}
			return out
		}
	}
	return append(out, Difference{path, a, b})
}

func nth(list []any, i int) any {
	if i < len(list) {
		return list[i]
	}
	return nil
}
