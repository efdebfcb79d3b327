package feed

import (
	"strings"

	"gifty/domain/catalogue"
)

// field is what a feed's own name for a value means to us.
type field int

const (
	fieldNone field = iota
	fieldID
	fieldTitle
	fieldDescription
	fieldPrice
	fieldSalePrice
	fieldCurrency
	fieldImage
	fieldLink
	fieldMerchant
	fieldCategory
	fieldAvailable
	fieldCount
)

// role tells what a column, key or element holds. Of several that mean the same field the lowest
// rank wins: a tracking link before the plain one, a shop before a brand.
func role(name string) (f field, rank int) {
	switch squash(name) {
	case "id", "productid", "offerid", "externalid":
		return fieldID, 0
	case "sku", "артикул":
		return fieldID, 1
	case "title", "название", "наименование":
		return fieldTitle, 0
	case "name", "productname":
		return fieldTitle, 1
	case "description", "описание":
		return fieldDescription, 0
	case "desc":
		return fieldDescription, 1
	case "saleprice", "discountprice":
		return fieldSalePrice, 0
	case "price", "цена":
		return fieldPrice, 0
	case "currency", "currencyid", "currencycode", "валюта":
		return fieldCurrency, 0
	case "imageurl", "imagelink", "изображение":
		return fieldImage, 0
	case "image", "picture", "img", "images", "pictures", "photo":
		return fieldImage, 1
	case "trackinglink", "trackingurl":
		return fieldLink, 0
	case "producturl", "productlink":
		return fieldLink, 1
	case "url", "link", "ссылка":
		return fieldLink, 2
	case "externallink", "href":
		return fieldLink, 3
	case "merchant", "магазин":
		return fieldMerchant, 0
	case "seller", "shop":
		return fieldMerchant, 1
	case "vendor", "brand", "бренд":
		return fieldMerchant, 2
	case "category", "categoryname", "категория":
		return fieldCategory, 0
	case "producttype", "categories":
		return fieldCategory, 1
	case "googleproductcategory":
		return fieldCategory, 2
	case "available", "availability", "instock", "наличие":
		return fieldAvailable, 0
	}
	return fieldNone, 0
}

// squash makes one name of "g:image_link", "Image Link", "imageLink" and, for attributes, "@image-link".
func squash(name string) string {
	name = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(name)), "@")
	name = strings.TrimPrefix(name, "g:")
	if !strings.ContainsAny(name, "_- ") {
		return name
	}
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == ' ' {
			return -1
		}
		return r
	}, name)
}

// values are a record's fields by the names that the feed gives them. A value is a string, a
// json.Number, a bool, nil, a list or an object of the same.
type values map[string]any

// add keeps what a feed says several times as a list.
func (v values) add(name string, value any) {
	switch old := v[name].(type) {
	case nil:
		v[name] = value
	case []any:
		v[name] = append(old, value)
	default:
		v[name] = []any{old, value}
	}
}

// roles picks the value for each field that the record has one for.
func (v values) roles() [fieldCount]any {
	var best [fieldCount]struct {
		name string
		rank int
	}
	var chosen [fieldCount]any
	for name, value := range v {
		f, rank := role(name)
		if f == fieldNone || blank(value) {
			continue
		}
		b := &best[f]
		// Names decide between equals, so that the same record always gives the same product.
		if chosen[f] == nil || rank < b.rank || rank == b.rank && name < b.name {
			b.name, b.rank, chosen[f] = name, rank, value
		}
	}
	return chosen
}

func blank(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case []any:
		for _, e := range v {
			if !blank(e) {
				return false
			}
		}
		return true
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// product makes a record into a line. complete, when not nil, adds what the record leaves to the
// rest of the feed.
func (o Options) product(number int, v values, complete func(*catalogue.Item, values)) Line {
	it, err := o.item(v)
	if err != nil {
		return Line{Number: number, Refused: err}
	}
	if complete != nil {
		complete(&it, v)
	}
	if it.Currency == "" {
		it.Currency = o.Currency
	}
	if it, err = catalogue.NormaliseFields(it, v); err != nil {
		return Line{Number: number, Refused: err}
	}
	return Line{Number: number, Item: it}
}
