package http

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/analytics"
	"gifty/domain/discovery"
	"gifty/domain/recommendation"
)

const schemaPrefix = "#/components/schemas/"

// schemas is huma's Registry with what huma does not know of our types: ids are of format uuid,
// amounts are numbers, the domain's word lists are enums, lists are never null.
type schemas struct {
	byName map[string]*huma.Schema
	types  map[string]reflect.Type
}

func newSchemas() *schemas {
	return &schemas{byName: map[string]*huma.Schema{}, types: map[string]reflect.Type{}}
}

// Schema describes t. Named structs become references to components.
func (r *schemas) Schema(t reflect.Type, allowRef bool, hint string) *huma.Schema {
	nullable := t.Kind() == reflect.Pointer
	base := t
	for base.Kind() == reflect.Pointer {
		base = base.Elem()
	}
	if base == reflect.TypeFor[huma.ErrorModel]() {
		base = reflect.TypeFor[Problem]() // what fromHuma makes of it
	}
	if s := scalar(base); s != nil {
		s.Nullable = nullable
		s.PrecomputeMessages()
		return s
	}
	if base.Kind() != reflect.Struct || base == reflect.TypeFor[time.Time]() || base.Implements(reflect.TypeFor[huma.SchemaProvider]()) {
		s := huma.SchemaFromType(r, t)
		if base.Kind() == reflect.Slice {
			s.Nullable = false
		}
		return s
	}
	return r.component(base, allowRef, hint)
}

func (r *schemas) component(t reflect.Type, allowRef bool, hint string) *huma.Schema {
	name := schemaName(t, hint)
	known, ok := r.types[name]
	switch {
	case ok && known != t: // two types of one name would overwrite each other
		panic(fmt.Sprintf("schemas: %s is both %s and %s", name, known, t))
	case !ok:
		r.types[name], r.byName[name] = t, &huma.Schema{} // first, for types that hold themselves
		r.byName[name] = huma.SchemaFromType(r, t)
		if t == reflect.TypeFor[discovery.Quiz]() {
			describeQuiz(r.byName[name])
		}
	}
	if allowRef {
		return &huma.Schema{Ref: schemaPrefix + name}
	}
	return r.byName[name]
}

// schemaName is the type's name; a page of R is RPage.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	if of, isPage := strings.CutPrefix(name, "Page"); isPage {
		return of + "Page"
	}
	return name
}

// scalar describes the types that are one value in JSON; nil for any other.
func scalar(t reflect.Type) *huma.Schema {
	switch t {
	case reflect.TypeFor[uuid.UUID]():
		return &huma.Schema{Type: huma.TypeString, Format: "uuid"}
	case reflect.TypeFor[domain.Amount]():
		return &huma.Schema{Type: huma.TypeNumber, Description: "an exact decimal"}
	case reflect.TypeFor[analytics.Duration]():
		return &huma.Schema{Type: huma.TypeString, Description: "such as 30m, 12h or 7d"}
	case reflect.TypeFor[day]():
		return &huma.Schema{Type: huma.TypeString, Format: "date"}
	case reflect.TypeFor[discovery.Words]():
		return wordsSchema()
	case reflect.TypeFor[relationWord]():
		return enum(relationWords())
	case reflect.TypeFor[discovery.Reaction]():
		return enum(discovery.Reactions())
	case reflect.TypeFor[recommendation.Reaction]():
		return enum(recommendation.Reactions())
	case reflect.TypeFor[discovery.Action]():
		return enum(discovery.Actions())
	case reflect.TypeFor[discovery.Target]():
		return enum(discovery.Targets())
	case reflect.TypeFor[discovery.Goal]():
		return enum(discovery.Goals())
	case reflect.TypeFor[discovery.Effort]():
		return enum(discovery.Efforts())
	case reflect.TypeFor[discovery.SessionMode]():
		return enum(discovery.SessionModes())
	case reflect.TypeFor[discovery.Language]():
		return enum(discovery.Languages())
	}
	return nil
}

func enum[T ~string](values []T) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, name := range enumNames(values) {
		s.Enum = append(s.Enum, name)
	}
	return s
}

func enumNames[T ~string](values []T) []string {
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = string(v)
	}
	return names
}

func wordsSchema() *huma.Schema {
	text := &huma.Schema{Type: huma.TypeString}
	return &huma.Schema{
		Description: "a list of words, or one text with commas between",
		OneOf:       []*huma.Schema{{Type: huma.TypeArray, Items: text}, text},
	}
}

// describeQuiz says what the domain will check.
func describeQuiz(s *huma.Schema) {
	s.Description = "What a giver tells about a person. Every field may be left out."
	zero, oldest := 0.0, float64(discovery.MaxAge)
	for name, doc := range map[string]string{
		"recipient_age":         "years",
		"recipient_gender":      "a free word: female, male, nonbinary",
		"relationship":          "who they are to the giver, in a word: father, partner, colleague",
		"occasion":              "in a word: birthday, new_year, march_8",
		"vibe":                  "how the gift should feel: funny, cozy, elegant",
		"interests":             "what they like",
		"interests_description": "the same at length, in your own words",
		"budget":                "the most that a product may cost, in whole units of currency",
		"currency":              "ISO 4217. A budget without one is in RUB; without a budget, gifts of any currency are found, or of the one named",
		"budget_rub":            "budget in roubles, in place of budget and currency",
		"deadline_days":         "days until the gift is needed",
		"constraints":           "what the gift must not be, or may be, as tags: " + strings.Join(enumNames(discovery.Constraints()), ", "),
		"language":              "of the ideas' texts",
	} {
		property := *s.Properties[name]
		property.Description = doc
		s.Properties[name] = &property
	}
	s.Properties["recipient_age"].Minimum, s.Properties["recipient_age"].Maximum = &zero, &oldest
	s.Properties["budget"].ExclusiveMinimum, s.Properties["budget_rub"].ExclusiveMinimum = &zero, &zero
	s.Properties["deadline_days"].Minimum = &zero
	s.PrecomputeMessages()
}

func schemaOf[T any](r huma.Registry) *huma.Schema { return r.Schema(reflect.TypeFor[T](), true, "") }

// SchemaFromRef resolves a reference.
func (r *schemas) SchemaFromRef(ref string) *huma.Schema {
	return r.byName[strings.TrimPrefix(ref, schemaPrefix)]
}

// TypeFromRef is the Go type behind a reference.
func (r *schemas) TypeFromRef(ref string) reflect.Type {
	return r.types[strings.TrimPrefix(ref, schemaPrefix)]
}

// Map is every component by name.
func (r *schemas) Map() map[string]*huma.Schema { return r.byName }

// RegisterTypeAlias is not needed: scalar knows the special types.
func (r *schemas) RegisterTypeAlias(reflect.Type, reflect.Type) {}

// MarshalJSON writes the components.
func (r *schemas) MarshalJSON() ([]byte, error) { return json.Marshal(r.byName) }

// day is a date without a time, "1974-05-17" in JSON; midnight UTC in Go.
type day struct{ time.Time }

// UnmarshalJSON reads "1974-05-17".
func (d *day) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	var err error
	d.Time, err = time.Parse(time.DateOnly, s)
	return err
}

// MarshalJSON writes "1974-05-17".
func (d day) MarshalJSON() ([]byte, error) { return json.Marshal(d.Format(time.DateOnly)) }

// optional is a field of a merge patch (RFC 7396): absent, null, or a value.
type optional[T any] struct {
	Set   bool
	Value *T // nil for null
}

// UnmarshalJSON is only called for fields that are there.
func (o *optional[T]) UnmarshalJSON(b []byte) error {
	o.Set = true
	return json.Unmarshal(b, &o.Value)
}

// Schema is that of T, or null.
func (optional[T]) Schema(r huma.Registry) *huma.Schema {
	s := *r.Schema(reflect.TypeFor[T](), true, "")
	s.Nullable = true
	return &s
}
