package analytics

import (
	"embed"
	"fmt"
	"path"
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
	return Named(list, name)
}
