// Package demo is a catalogue of gifts that ships in the binary, so that the first recommendation
// of a new installation is a good one. Its shops are invented, its addresses end in .example (a
// name reserved for documentation) and its texts were written for it.
//
// The products are in data/products, a file per category, in paragraphs of lines:
//
//	Рыбалка                                   the category in Russian
//	Fishing                                   and in English
//
//	fishing-travel-rod copper-nail 5400 59    slug, merchant, price in RUB, price in EUR
//	Компактная удочка …                       the title in Russian
//	Складывается до 48 см …                   the description in Russian, 40–300 characters
//	Travel fishing rod …                      the title in English
//	Packs down to 48 cm …                     the description in English, 40–300 characters
//
// A slug is forever: it names the product's offers in logs and links. The merchants, a paragraph
// each (key, Russian name, English name), are in data/merchants.txt.
package demo

import (
	"embed"
	"fmt"
	"iter"

	"gifty/domain"
	"gifty/domain/catalogue"
)

//go:embed data
var data embed.FS

// site does not exist, and by RFC 2606 never will: nothing may fetch a demo product's page.
const site = "https://demo.gifty.example/"

// Items yields two offers of each product: in Russian, priced in RUB, with id "ru-<slug>", and in
// English, priced in EUR, with id "en-<slug>". Category and merchant are in the offer's language,
// and Raw is {"language": "ru" or "en", "product": "<slug>"}, so that a search in one language can
// leave the other's offers out. The order is the same every time. There is no image: a page would
// only show a broken one. An error is a mistake in the embedded files and ends the sequence.
func Items() iter.Seq2[catalogue.Item, error] {
	return func(yield func(catalogue.Item, error) bool) {
		products, err := load(data)
		if err != nil {
			yield(catalogue.Item{}, err)
			return
		}
		for _, p := range products {
			if !yield(p.offer(russian), nil) || !yield(p.offer(english), nil) {
				return
			}
		}
	}
}

// language indexes whatever is said twice.
type language int

const (
	russian language = iota
	english
)

func (l language) String() string { return [...]string{"ru", "en"}[l] }

func (l language) currency() string { return [...]string{"RUB", "EUR"}[l] }

// words are a text in each language.
type words [2]string

type product struct {
	slug                                   string
	category, merchant, title, description words
	price                                  [2]domain.Amount
}

func (p product) offer(l language) catalogue.Item {
	price := p.price[l]
	return catalogue.Item{
		ID:          l.String() + "-" + p.slug,
		Title:       p.title[l],
		Description: p.description[l],
		Price:       &price,
		Currency:    l.currency(),
		ProductURL:  site + l.String() + "/" + p.slug,
		Merchant:    p.merchant[l],
		Category:    p.category[l],
		Available:   true,
		Raw:         fmt.Appendf(nil, `{"language":%q,"product":%q}`, l, p.slug),
	}
}
