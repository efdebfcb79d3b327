package analytics

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gifty/domain"
)

// Schema is what events there are, by type, and what their fields hold, by path.
type Schema map[string]map[string]FieldKind

// FieldKind is what is known of a field.
type FieldKind struct {
	Number   bool // numbers; else text, or true and false
	Personal bool // may identify a person
}

// Permission is what whoever asks may see.
type Permission struct {
	// Personal allows conditions on and breakdowns by personal fields. Bands are always allowed.
	Personal bool
}

// entities are those known by name, with their keys.
func entities() map[string][][]string {
	return map[string][][]string{
		"giver":            {{"giver_id", "@giver"}},
		"recipient":        {{"recipient_id"}},
		"session":          {{"session_id"}},
		"hypothesis":       {{"hypothesis_id", "gift.hypothesis_id"}},
		"recommendation":   {{"recommendation_id"}},
		"recommended_gift": {{"recommendation_id"}, {"gift_id", "items[].gift_id"}},
		"search":           {{"search_id"}},
	}
}

func (d Definition) key() [][]string {
	if len(d.Key) > 0 {
		return d.Key
	}
	return entities()[d.Entity]
}

// limits of a definition.
const (
	maxSteps   = 32 // as ClickHouse's
	maxExclude = 32 // a bit each
	maxBreaks  = 20
	maxText    = 300 // of titles and names, in bytes
	maxPeriods = 60
	maxTop     = 1000
	defaultTop = 20
)

// checker collects what is wrong with a definition.
type checker struct {
	Definition
	schema Schema
	may    Permission
	bad    *domain.Error
}

// Check names everything in a definition that can't be used with these events.
func (d Definition) Check(schema Schema, may Permission) error {
	c := &checker{d, schema, may, domain.Invalid("funnel_invalid", "the funnel %q cannot be asked as it is defined; correct what is listed", d.Name)}
	c.head()
	for i, s := range d.Steps {
		at := fmt.Sprintf("steps[%d]", i)
		if strings.TrimSpace(s.Name) == "" {
			c.blame(at+".name", "must not be empty")
		}
		c.matches(at+".events", s.Events)
	}
	for i, e := range d.Exclude {
		at := fmt.Sprintf("exclude[%d]", i)
		c.matches(at+".events", e.Events)
		if after, before := e.span(len(d.Steps)); after < 1 || after >= before || before > len(d.Steps) {
			c.blame(at, "must be after one of the steps and before a later one, from 1 to %d", len(d.Steps))
		}
	}
	for i, name := range d.Among {
		at := fmt.Sprintf("among[%d]", i)
		c.event(at, name)
		c.keyed(at, name)
	}
	c.breakdowns()
	c.retention()
	if len(c.bad.Fields) > 0 {
		return c.bad
	}
	return nil
}

func (c *checker) blame(path, format string, args ...any) {
	c.bad = c.bad.On(path, format, args...)
}

func (c *checker) head() {
	if c.Name == "" || strings.Trim(c.Name, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		c.blame("name", "must be lower case letters, digits, - and _")
	}
	if c.key() == nil {
		c.blame("entity", "%q is not known by name; known are %s; for another say its key", c.Entity, strings.Join(slices.Sorted(maps.Keys(entities())), ", "))
	}
	if c.Window < Duration(time.Microsecond) { // moments are no finer
		c.blame("window", "must be more than nothing, such as 30m, 12h or 7d")
	}
	if len(c.Title) > maxText {
		c.blame("title", "must have at most %d bytes", maxText)
	}
	if len(c.Steps) == 0 || len(c.Steps) > maxSteps {
		c.blame("steps", "must be 1 to %d, are %d", maxSteps, len(c.Steps))
	}
	if len(c.Exclude) > maxExclude {
		c.blame("exclude", "must be %d at most, are %d", maxExclude, len(c.Exclude))
	}
	if len(c.Breakdowns) > maxBreaks {
		c.blame("breakdowns", "must be %d at most, are %d", maxBreaks, len(c.Breakdowns))
	}
	if c.Every != "" && !c.Every.valid() {
		c.blame("every", "must be day, week or month")
	}
	for i, m := range c.Mode {
		switch {
		case !slices.Contains([]Mode{Ordered, StrictOrder, StrictDeduplication, StrictIncrease, AnyOrder}, m):
			c.blame(fmt.Sprintf("mode[%d]", i), "must be one of ordered, strict_order, strict_deduplication, strict_increase, any_order")
		case len(c.Mode) > 1 && (m == Ordered || m == AnyOrder):
			c.blame(fmt.Sprintf("mode[%d]", i), "%s stands alone", m)
		}
	}
	if slices.Contains(c.Mode, AnyOrder) && len(c.Exclude) > 0 {
		c.blame("exclude", "goes not with any_order, where nothing is between steps")
	}
	if len(c.Among) > 0 && !slices.Contains(c.Mode, StrictOrder) {
		c.blame("among", "only matters with strict_order")
	}
}

func (c *checker) event(path, name string) bool {
	if _, known := c.schema[name]; known {
		return true
	}
	c.blame(path, "there is no event %q; there are %s", name, strings.Join(c.near(name), ", "))
	return false
}

// near are the events of the same context as one that there is not, or the contexts that there are.
func (c *checker) near(name string) (list []string) {
	context, _, _ := strings.Cut(name, ".")
	var contexts []string
	for known := range c.schema {
		of, _, _ := strings.Cut(known, ".")
		if contexts = append(contexts, of+".…"); of == context {
			list = append(list, known)
		}
	}
	if len(list) == 0 {
		list = contexts
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// keyed blames an event that does not say which entity it is about.
func (c *checker) keyed(path, name string) {
	fields, known := c.schema[name]
	if !known {
		return
	}
	for _, part := range c.key() {
		if !slices.ContainsFunc(part, func(f string) bool { _, ok := fields[f]; return ok }) {
			c.blame(path, "%s does not say which %s it is about: it has no %s", name, c.Entity, strings.Join(part, ", nor "))
		}
	}
}

func (c *checker) field(path, event, field string) (FieldKind, bool) {
	fields, known := c.schema[event]
	if !known {
		return FieldKind{}, false
	}
	kind, ok := fields[field]
	if !ok {
		c.blame(path, "%s has no field %q; it has %s", event, field, strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
	}
	return kind, ok
}

func (c *checker) matches(path string, list []Match) {
	if len(list) == 0 {
		c.blame(path, "must name an event")
	}
	for i, m := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		c.event(at+".type", m.Type)
		c.keyed(at+".type", m.Type)
		for j, w := range m.Where {
			c.condition(fmt.Sprintf("%s.where[%d]", at, j), m.Type, w)
		}
	}
}

func (c *checker) condition(path, event string, w Condition) {
	kind, ok := c.field(path+".field", event, w.Field)
	if !ok {
		return
	}
	numeric := 0
	for _, n := range []*float64{w.Above, w.AtLeast, w.Below, w.AtMost} {
		if n != nil {
			numeric++
		}
	}
	tests := numeric
	for _, given := range []bool{w.Is != nil, w.Not != nil, w.Exists != nil} {
		if given {
			tests++
		}
	}
	switch {
	case tests != 1:
		c.blame(path, "must say exactly one of is, not, above, at_least, below, at_most, exists")
	case numeric == 1 && !kind.Number:
		c.blame(path, "%s holds no numbers", w.Field)
	case kind.Personal && !c.may.Personal && w.Exists == nil:
		c.blame(path, "%s is personal; whoever may see personal fields must say so", w.Field)
	}
}

func (c *checker) breakdowns() {
	for i, b := range c.Breakdowns {
		at := fmt.Sprintf("breakdowns[%d]", i)
		if strings.TrimSpace(b.Name) == "" || slices.ContainsFunc(c.Breakdowns[:i], func(o Breakdown) bool { return o.Name == b.Name }) {
			c.blame(at+".name", "must not be empty, nor the same twice")
		}
		if b.Touch != "" && b.Touch != FirstTouch && b.Touch != LastTouch {
			c.blame(at+".touch", "must be first or last")
		}
		if b.Top < 0 || b.Top > maxTop {
			c.blame(at+".top", "must be 1 to %d", maxTop)
		}
		if !slices.IsSorted(b.Bands) {
			c.blame(at+".bands", "must ascend")
		}
		kind := c.carried(at, b)
		if l := b.Lookup; l != nil {
			if len(l.Events) == 0 {
				c.blame(at+".lookup.events", "must name an event")
			}
			for j, name := range l.Events {
				in := fmt.Sprintf("%s.lookup.events[%d]", at, j)
				if c.event(in, name) {
					c.field(in+".key", name, l.Key)
					kind, _ = c.field(in+".field", name, l.Field)
				}
			}
		}
		switch {
		case len(b.Bands) > 0 && !kind.Number:
			c.blame(at+".bands", "are of numbers, which the field does not hold")
		case kind.Personal && len(b.Bands) == 0 && !c.may.Personal:
			c.blame(at, "%s is personal; take bands of it, or say that you may see personal fields", b.Name)
		}
	}
}

// carried is the kind of a breakdown's field, which at least one of the funnel's events must have.
func (c *checker) carried(path string, b Breakdown) (kind FieldKind) {
	for _, name := range c.types() {
		if k, ok := c.schema[name][b.Field]; ok {
			kind, path = k, ""
		}
	}
	if path != "" {
		c.blame(path+".field", "none of the steps' events has the field %q", b.Field)
	}
	return kind
}

// types are the events that are about the funnel's entities: its steps', exclusions' and further ones.
func (d Definition) types() []string {
	names := slices.Clone(d.Among)
	add := func(list []Match) {
		for _, m := range list {
			names = append(names, m.Type)
		}
	}
	for _, s := range d.Steps {
		add(s.Events)
	}
	for _, e := range d.Exclude {
		add(e.Events)
	}
	if d.Retention != nil {
		add(d.Retention.Events)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (c *checker) retention() {
	r := c.Retention
	if r == nil {
		return
	}
	if !r.Every.valid() {
		c.blame("retention.every", "must be day, week or month")
	}
	if r.Periods < 1 || r.Periods > maxPeriods {
		c.blame("retention.periods", "must be 1 to %d", maxPeriods)
	}
	c.matches("retention.events", r.Events)
}

// span is the steps between which the exclusion counts, from 1.
func (e Exclusion) span(steps int) (after, before int) {
	after, before = e.After, e.Before
	if after == 0 {
		after = 1
	}
	if before == 0 {
		before = steps
	}
	return after, before
}
