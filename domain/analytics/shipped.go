package analytics

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"gifty/domain"
)

//go:embed shipped/*.json
var shipped embed.FS

// Shipped are the funnels that come with the product, by name.
func Shipped() ([]Definition, error) {
	files, err := shipped.ReadDir("shipped")
	if err != nil {
		return nil, err
	}
	var list []Definition
	for _, f := range files {
		text, err := shipped.ReadFile(path.Join("shipped", f.Name()))
		if err != nil {
			return nil, err
		}
		d, err := Parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
		list = append(list, d)
	}
	return list, nil
}

// ShippedNamed is one of them.
func ShippedNamed(name string) (Definition, error) {
	list, err := Shipped()
	if err != nil {
		return Definition{}, err
	}
	var names []string
	for _, d := range list {
		names = append(names, d.Name)
	}
	if i := slices.Index(names, name); i >= 0 {
		return list[i], nil
	}
	return Definition{}, domain.NotFound("funnel_not_found", "there is no funnel %q; there are %s", name, strings.Join(names, ", "))
}
