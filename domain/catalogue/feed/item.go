package feed

import (
	"encoding/json"
	"strings"

	"github.com/shopspring/decimal"

	"gifty/domain/catalogue"
)

// item reads the fields of a record, as yet without cleaning or judging them.
func (o Options) item(v values) (catalogue.Item, error) {
	chosen := v.roles()
	it := catalogue.Item{Merchant: o.Merchant}
	for _, f := range []struct {
		field field
		name  string
		to    *string
	}{
		{fieldID, "id", &it.ID}, {fieldTitle, "title", &it.Title}, {fieldDescription, "description", &it.Description},
		{fieldImage, "image_url", &it.ImageURL}, {fieldLink, "product_url", &it.ProductURL},
		{fieldMerchant, "merchant", &it.Merchant}, {fieldCurrency, "currency", &it.Currency},
	} {
		if chosen[f.field] == nil {
			continue
		}
		s, ok := text(chosen[f.field])
		if !ok {
			return it, refuse("field_not_text", f.name, "must be text")
		}
		*f.to = s
	}
	var err error
	if it.Category, err = readCategory(chosen[fieldCategory]); err != nil {
		return it, err
	}
	if it.Available, err = readAvailable(chosen[fieldAvailable]); err != nil {
		return it, err
	}
	return it, setPrice(&it, chosen[fieldSalePrice], chosen[fieldPrice])
}

// text is the value as text: of a list its first part that is not blank, of an XML element its content.
func text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case []any:
		for _, e := range v {
			if !blank(e) {
				return text(e)
			}
		}
		return "", true
	case map[string]any:
		s, ok := v[content].(string)
		return s, ok
	}
	return "", false
}

// content is the key of an element's text beside its attributes and children.
const content = "#text"

// readCategory joins a list, from the widest to the narrowest. Google's category numbers say nothing to people
// and are left out.
func readCategory(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	parts, ok := v.([]any)
	if !ok {
		parts = []any{v}
	}
	var names []string
	for _, p := range parts {
		if blank(p) {
			continue
		}
		name, ok := text(p)
		if !ok {
			return "", refuse("field_not_text", "category", "must be text or a list of texts")
		}
		if strings.Trim(name, "0123456789") != "" {
			names = append(names, name)
		}
	}
	return strings.Join(names, categorySeparator), nil
}

// categorySeparator stands between a category and the narrower one in it.
const categorySeparator = " > "

// readAvailable understands yes and no, how many are left, and Google's and schema.org's words. A
// product that can only be ordered ahead is not available: a gift has its day.
func readAvailable(v any) (bool, error) {
	if v == nil {
		return true, nil
	}
	if b, ok := v.(bool); ok {
		return b, nil
	}
	s, ok := text(v)
	if !ok {
		return false, refuse("availability_invalid", "available", "must be true or false")
	}
	word := squash(s)
	switch word[strings.LastIndexByte(word, '/')+1:] {
	case "true", "yes", "да", "instock", "available", "limitedavailability", "instoreonly", "onlineonly", "вналичии":
		return true, nil
	case "false", "no", "нет", "outofstock", "soldout", "discontinued", "unavailable", "preorder", "backorder", "нетвналичии", "подзаказ":
		return false, nil
	}
	if n, err := decimal.NewFromString(word); err == nil {
		return n.IsPositive(), nil
	}
	return false, refuse("availability_invalid", "available", "%.40q is neither available nor not; write in_stock or out_of_stock", s)
}

// setPrice prefers a sale's price; 0 there means that there is no sale.
func setPrice(it *catalogue.Item, sale, regular any) error {
	p, err := readPrice(sale)
	if err == nil && (p.amount == nil || p.amount.IsZero()) {
		p, err = readPrice(regular)
	}
	if err != nil {
		return err
	}
	it.Price = p.amount
	return p.settleCurrency(&it.Currency)
}
