package console

import (
	"cmp"
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"gifty/domain"
	"gifty/domain/analytics"
)

// parse reads a definition in YAML, which JSON is, too. It need not have a name.
func parse(text string) (analytics.Definition, error) {
	asJSON, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		return analytics.Definition{}, domain.Invalid("funnel_unreadable", "this is no definition of a funnel: %s", err)
	}
	d, err := analytics.Parse(asJSON)
	d.Name = cmp.Or(d.Name, "own")
	return d, err
}

// text is the funnel's definition, to be changed and run: as it was written, or as it is kept.
func (q *inquiry) text() string {
	if own := q.own(); own != "" && reflect.DeepEqual(q.shown, q.chosen) {
		return own
	}
	text, err := json.MarshalIndent(q.shown, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// command asks the same in a terminal.
func (q *inquiry) command() string {
	name := q.chosen.Name
	if q.own() != "" || !reflect.DeepEqual(q.shown, q.chosen) { // what stands in the field
		name += ".json"
	}
	words := []string{"gifty", "funnel", name, "--as-of", plain(q.upTo)}
	if !q.from.IsZero() {
		words = append(words, "--from", q.from.Format(time.RFC3339))
	}
	if !q.to.IsZero() {
		words = append(words, "--to", q.to.Format(time.RFC3339))
	}
	return strings.Join(words, " ")
}
