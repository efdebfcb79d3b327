package analytics

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"gifty/domain"
)

// OwnModule is the module of the configuration in which people keep funnels of their own, by name. What it
// ships is empty: the funnels that come with the product are read tables, too, whose shape only the program
// can change.
const OwnModule = "funnels"

// ParseOwn reads the module's definitions, in the order of their names. It does not look whether they can be
// asked: an event that was known when they were published may not be any more, and spoils one of them only.
// Errors: own_funnels_malformed, and own_funnels_invalid, which names each definition that can't be read.
func ParseOwn(config []byte) ([]Definition, error) {
	var texts map[string]json.RawMessage
	if err := json.Unmarshal(config, &texts); err != nil {
		return nil, domain.Invalid("own_funnels_malformed", "these are no funnels by their names: %s", err)
	}
	bad := errOwn()
	var list []Definition
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		d, err := Parse(texts[name])
		switch {
		case err != nil:
			bad = bad.On(name, "%s", err)
		case d.Name != "" && d.Name != name:
			bad = bad.On(name+".name", "must be absent, or %s, under which it stands", name)
		}
		d.Name = name
		list = append(list, d)
	}
	if len(bad.Fields) > 0 {
		return nil, bad
	}
	return list, nil
}

// CheckOwn names whatever could not be asked of these events, for each definition (own_funnels_invalid).
// Nothing personal may be asked: who may see funnels may see all that are kept, and what conditions compare
// with would stand in the log for ever.
func CheckOwn(list []Definition, schema Schema) error {
	shipped, err := Shipped()
	if err != nil {
		return err
	}
	bad := errOwn()
	if len(list) > maxFunnels {
		bad = bad.On("", "must be %d at most, are %d", maxFunnels, len(list))
	}
	for _, d := range list {
		if named(shipped, d.Name) >= 0 {
			bad = bad.On(d.Name, "is the name of a funnel that comes with the product; take another")
		}
		var wrong *domain.Error
		switch err := d.Check(schema, Permission{}); {
		case errors.As(err, &wrong):
			for _, f := range wrong.Fields {
				bad = bad.On(d.Name+"."+f.Path, "%s", f.Message)
			}
		case err != nil:
			return err
		}
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

func errOwn() *domain.Error {
	return domain.Invalid("own_funnels_invalid", "these funnels cannot be kept as they stand; correct what is listed. The module holds definitions by their names; what asks about personal fields is asked from a file instead")
}

// All is the funnels that come with the product and then those of one's own. Of the same name, as a later
// version of the product may bring it, the product's counts.
func All(own []Definition) ([]Definition, error) {
	list, err := Shipped()
	if err != nil {
		return nil, err
	}
	for _, d := range own {
		if named(list, d.Name) < 0 {
			list = append(list, d)
		}
	}
	return list, nil
}

// Named is the funnel of this name, or funnel_not_found.
func Named(list []Definition, name string) (Definition, error) {
	if i := named(list, name); i >= 0 {
		return list[i], nil
	}
	var names []string
	for _, d := range list {
		names = append(names, d.Name)
	}
	return Definition{}, domain.NotFound("funnel_not_found", "there is no funnel %.100q; there are %s", name, strings.Join(names, ", "))
}

func named(list []Definition, name string) int {
	return slices.IndexFunc(list, func(d Definition) bool { return d.Name == name })
}
