package feed

import (
	"slices"
	"strings"

	"gifty/domain/catalogue"
)

// maxCategories bounds what is remembered of a shop: the largest marketplaces have some ten thousand.
const maxCategories = 200_000

// maxCategoryDepth ends a chain of parents that leads in a circle.
const maxCategoryDepth = 16

// yml is a Yandex Market catalogue: a shop's name, currencies and categories, then its offers.
func yml() dialect {
	s := &shop{categories: map[string]shopCategory{}}
	return dialect{root: "yml_catalog", record: "offer", around: s.learn, complete: s.complete}
}

// shop is what precedes the offers and holds for all of them.
type shop struct {
	name       string
	currency   string // the one that prices are in: its rate is 1
	categories map[string]shopCategory
}

type shopCategory struct{ name, parent string }

func (s *shop) learn(path []*element) {
	e := path[len(path)-1]
	switch e.name {
	case "name":
		if len(path) == 3 { // yml_catalog, shop, name
			s.name = strings.TrimSpace(e.text.String())
		}
	case "currency":
		if e.get("rate") == "1" && s.currency == "" {
			s.currency = e.get("id")
		}
	case "category":
		if len(s.categories) < maxCategories {
			s.categories[e.get("id")] = shopCategory{name: strings.TrimSpace(e.text.String()), parent: e.get("parentId")}
		}
	}
}

// complete names the offer's shop and category, and writes the title of an offer that has a vendor
// and a model instead of a name.
func (s *shop) complete(it *catalogue.Item, v values) {
	if s.name != "" {
		it.Merchant = s.name // the vendor, read so far, is the brand
	}
	if strings.TrimSpace(it.Title) == "" {
		it.Title = strings.Join(slices.DeleteFunc([]string{v.text("typePrefix"), v.text("vendor"), v.text("model")}, isEmpty), " ")
	}
	if it.Category == "" {
		it.Category = s.path(v.text("categoryId"))
	}
	if it.Currency == "" {
		it.Currency = s.currency
	}
	if v.text("@deleted") == "true" {
		it.Available = false
	}
}

// path names a category from the widest to the narrowest.
func (s *shop) path(id string) string {
	var names []string
	for range maxCategoryDepth {
		c, ok := s.categories[id]
		if !ok {
			break
		}
		names = append(names, c.name)
		id = c.parent
	}
	slices.Reverse(names)
	return strings.Join(slices.DeleteFunc(names, isEmpty), categorySeparator)
}

func (v values) text(name string) string {
	s, _ := text(v[name])
	return strings.TrimSpace(s)
}

func isEmpty(s string) bool { return s == "" }
