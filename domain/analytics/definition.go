// Package analytics answers questions of the log: funnels, their cohorts and retention. It is given
// events by their types and fields, folds them by entity, and reports. What the events are and where
// they come from it does not know.
package analytics

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"gifty/domain"
)

// Definition is a funnel: how far entities of a kind get through steps within a window of time.
type Definition struct {
	Name   string `json:"name" maxLength:"100" doc:"Lower case letters, digits, - and _."`
	Title  string `json:"title,omitempty" maxLength:"300"`
	Entity string `json:"entity" doc:"Whose way it is: giver, recipient, session, hypothesis, recommendation, recommended_gift, search; another name with key."`
	// Key is what tells one entity from another: parts, each the first of some fields that an event
	// has. Empty for the entities that are known by name.
	Key        [][]string  `json:"key,omitempty" doc:"The fields that tell one entity from another, for an entity that is not known by name: parts, each a list of fields of which the first that an event has counts."`
	Window     Duration    `json:"window" doc:"From the first step to the last at most: 30m, 12h, 7d."`
	Mode       []Mode      `json:"mode,omitempty" doc:"How steps follow each other; absent: ordered."`
	Steps      []Step      `json:"steps" minItems:"1" maxItems:"32"`
	Exclude    []Exclusion `json:"exclude,omitempty" maxItems:"32"`
	Among      []string    `json:"among,omitempty" doc:"With strict_order: further types of events that may not come between."`
	Breakdowns []Breakdown `json:"breakdowns,omitempty" maxItems:"20"`
	Every      Period      `json:"every,omitempty" enum:"day,week,month" doc:"Report by the period in which entities began, too."`
	Retention  *Retention  `json:"retention,omitempty"`
}

// Mode is how steps have to follow each other.
type Mode string

// The modes. All but AnyOrder are those of ClickHouse's windowFunnel, and strict ones can be combined.
const (
	Ordered             Mode = "ordered"              // in their order; what comes between does not matter
	StrictOrder         Mode = "strict_order"         // nothing else comes between
	StrictDeduplication Mode = "strict_deduplication" // a step that comes again ends the way
	StrictIncrease      Mode = "strict_increase"      // each step is later than the one before
	AnyOrder            Mode = "any_order"            // all within the window, in whatever order
)

// Step is reached by any of some events.
type Step struct {
	Name   string  `json:"name" maxLength:"100"`
	Events []Match `json:"events" minItems:"1" doc:"Any of these."`
}

// Match is events of a type whose fields hold what is asked for, all of it.
type Match struct {
	Type  string      `json:"type" doc:"The stored name: discovery.started.v1."`
	Where []Condition `json:"where,omitempty" doc:"All of these."`
}

// Condition is what a field must hold. Exactly one of the tests is given. Of a field in a list any
// element will do; a field that is absent passes exists: false and not, and nothing else.
type Condition struct {
	Field   string   `json:"field" doc:"JSON names with dots between, [] after a list's: brief.occasion, items[].position."`
	Is      []string `json:"is,omitempty" doc:"One of these."`
	Not     []string `json:"not,omitempty" doc:"None of these."`
	Above   *float64 `json:"above,omitempty"`
	AtLeast *float64 `json:"at_least,omitempty"`
	Below   *float64 `json:"below,omitempty"`
	AtMost  *float64 `json:"at_most,omitempty"`
	Exists  *bool    `json:"exists,omitempty"`
}

// Exclusion is events that end the ways that are between two steps: what was reached stays reached,
// and a new way may begin.
type Exclusion struct {
	Events []Match `json:"events" minItems:"1"`
	After  int     `json:"after,omitempty" doc:"The step after which it counts, from 1; absent: the first."`
	Before int     `json:"before,omitempty" doc:"The step before which it counts; absent: the last."`
}

// Breakdown tells entities apart by a value that their events carry.
type Breakdown struct {
	Name   string    `json:"name" maxLength:"100"`
	Field  string    `json:"field" doc:"Of the entity's events; one of its key is the entity's own."`
	Touch  Touch     `json:"touch,omitempty" enum:"first,last" doc:"Of the entity's first event that has it (absent), or of the last one until it is through."`
	Lookup *Lookup   `json:"lookup,omitempty" doc:"What the field's value stands for, from other events."`
	Bands  []float64 `json:"bands,omitempty" doc:"Numbers at which bands begin: 13, 18, 30 makes <13, 13–17 …"`
	Top    int       `json:"top,omitempty" minimum:"0" maximum:"1000" doc:"So many values, the most frequent; the others together. 20 when absent."`
}

// Touch is which of an entity's events its value is taken from.
type Touch string

// The touches.
const (
	FirstTouch Touch = "first"
	LastTouch  Touch = "last"
)

// Lookup turns a key into a value, as the last of some events says.
type Lookup struct {
	Events []string `json:"events" minItems:"1" doc:"Their types."`
	Key    string   `json:"key" doc:"Their field that holds the key."`
	Field  string   `json:"field" doc:"Their field that holds the value."`
}

// Retention is how many of those who began in a period come back in later ones.
type Retention struct {
	Every   Period  `json:"every" enum:"day,week,month"`
	Periods int     `json:"periods" minimum:"1" maximum:"60" doc:"So many after the first."`
	Events  []Match `json:"events" minItems:"1" doc:"Any of these is coming back."`
}

// Duration is a time.Duration that is written 90s, 30m, 12h or 7d.
type Duration time.Duration

// MarshalJSON writes days where there are whole ones.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

func (d Duration) String() string {
	const day = 24 * time.Hour
	if t := time.Duration(d); t >= day && t%day == 0 {
		return strconv.FormatInt(int64(t/day), 10) + "d"
	}
	return time.Duration(d).String()
}

// UnmarshalJSON reads what MarshalJSON writes, and what time.ParseDuration reads.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) != nil {
		s = string(b) // a bare number
	}
	var t time.Duration
	var err error
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 16)
		t = time.Duration(n) * 24 * time.Hour
	} else {
		t, err = time.ParseDuration(s)
	}
	if err != nil {
		return fmt.Errorf("%.50q is no time such as 30m, 12h or 7d, of 65535 days at most", s)
	}
	*d = Duration(t)
	return nil
}

// Parse reads a definition in JSON. A field that there is not is an error: misspelt, it would change
// the question silently.
func Parse(text []byte) (d Definition, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	err = decoder.Decode(&d)
	if err == nil && decoder.More() {
		err = errors.New("more follows the definition")
	}
	if err != nil {
		why := strings.TrimPrefix(err.Error(), "json: ")
		if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
			why = fmt.Sprintf("%s must be %s, but is %s", cmp.Or(wrong.Field, "it"), inWords(wrong.Type), wrong.Value)
		}
		bad := domain.Invalid("funnel_unreadable", "this is no definition of a funnel: %s", why)
		var read any
		if json.Unmarshal(text, &read) == nil {
			bad = strange(bad, read, reflect.TypeOf(d), "")
		}
		err = bad
	}
	return d, err
}

// inWords is a type for who writes a definition and knows no Go.
func inWords(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "text in quotes"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	case reflect.Int:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	}
	return "fields and their values"
}

// strange names the fields of what was read that a type does not have, and those that it has.
func strange(bad *domain.Error, read any, t reflect.Type, at string) *domain.Error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch read := read.(type) {
	case []any:
		for i, element := range read {
			if t.Kind() == reflect.Slice {
				bad = strange(bad, element, t.Elem(), fmt.Sprintf("%s[%d]", at, i))
			}
		}
	case map[string]any:
		if t.Kind() != reflect.Struct {
			return bad
		}
		known, names := map[string]reflect.Type{}, []string{}
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			known[name], names = t.Field(i).Type, append(names, name)
		}
		for _, name := range slices.Sorted(maps.Keys(read)) {
			path := strings.TrimPrefix(at+"."+name, ".")
			if known[name] == nil {
				bad = bad.On(path, "is not known; there are %s", strings.Join(names, ", "))
				continue
			}
			bad = strange(bad, read[name], known[name], path)
		}
	}
	return bad
}
