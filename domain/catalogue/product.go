package catalogue

import (
	"maps"

	"gifty/domain"
)

// Product is one offer of one shop.
type Product struct {
	domain.Root
	GiftID   string
	Content  Content
	Price    *domain.Amount
	Currency string
	Retired  bool
	Embedded map[Model]string // content hash that each model's vector stands for
}

// ProductStream is where a product's events are.
func ProductStream(giftID string) string { return "product-" + giftID }

// Apply folds one event of the stream.
func (p *Product) Apply(event any) {
	switch e := event.(type) {
	case ProductListed:
		p.GiftID, p.Content, p.Price, p.Currency = e.GiftID, e.Content, e.Price, e.Currency
	case ProductChanged:
		p.Content = e.Content
	case ProductPriceChanged:
		p.Price, p.Currency = e.Price, e.Currency
	case ProductRetired:
		p.Retired = true
	case ProductRestored:
		p.Retired = false
	case ProductEmbedded:
		if p.Embedded == nil {
			p.Embedded = map[Model]string{}
		}
		p.Embedded[Model{Name: e.Model, Version: e.Version, Dim: e.Dim}] = e.ContentHash
	case VectorRetired:
		maps.DeleteFunc(p.Embedded, func(m Model, _ string) bool { return m.Name == e.Model && m.Version == e.Version })
	}
}

// Effect is what offering an item did to its product.
type Effect string

// The effects.
const (
	New       Effect = "new"
	Changed   Effect = "changed"
	Unchanged Effect = "unchanged"
)

// Offer takes what a feed says of the product. The same again records nothing. A new price is a
// fact of its own, so that nothing made from the text is made anew.
func (p *Product) Offer(source string, it Item) Effect {
	content := Content{
		Title: it.Title, Description: it.Description, ImageURL: it.ImageURL, ProductURL: it.ProductURL,
		Merchant: it.Merchant, Category: it.Category, Raw: it.Raw,
	}
	before := len(p.Pending())
	effect := Changed
	switch fields := p.Content.differs(content); {
	case !p.known():
		effect = New
		domain.Record(p, ProductListed{GiftID: GiftID(source, it), Source: source, Content: content, Price: it.Price, Currency: it.Currency})
	case len(fields) > 0:
		domain.Record(p, ProductChanged{GiftID: p.GiftID, Fields: fields, Content: content})
	}
	if !samePrice(p.Price, it.Price) || p.Currency != it.Currency {
		domain.Record(p, ProductPriceChanged{GiftID: p.GiftID, Price: it.Price, Currency: it.Currency})
	}
	switch {
	case !it.Available && !p.Retired:
		domain.Record(p, ProductRetired{GiftID: p.GiftID, Reason: "unavailable"})
	case it.Available && p.Retired:
		domain.Record(p, ProductRestored{GiftID: p.GiftID})
	}
	if len(p.Pending()) == before {
		return Unchanged
	}
	return effect
}

// Embed records a vector that a model made of the product's text with this hash. A vector that is
// there already, or of a text that has changed meanwhile, records nothing.
func (p *Product) Embed(m Model, contentHash string, sha256 []byte) bool {
	if !p.known() || p.Content.Hash() != contentHash || p.Embedded[m] == contentHash {
		return false
	}
	domain.Record(p, ProductEmbedded{GiftID: p.GiftID, Model: m.Name, Version: m.Version, Dim: m.Dim, ContentHash: contentHash, SHA256: sha256})
	return true
}

// RetireVector records that a model's vector is searched by no more, if there is one: the model may make it anew.
func (p *Product) RetireVector(model, version string) bool {
	for m := range p.Embedded {
		if m.Name == model && m.Version == version {
			domain.Record(p, VectorRetired{GiftID: p.GiftID, Model: model, Version: version})
			return true
		}
	}
	return false
}

func (p *Product) known() bool { return p.GiftID != "" }

// differs names the fields that a person would see changed. The feed's raw fields hold the price
// and such and are no change by themselves, nor are an address's tracking parameters.
func (c Content) differs(o Content) (fields []string) {
	for _, f := range []struct{ name, was, is string }{
		{"category", c.Category, o.Category}, {"description", c.Description, o.Description},
		{"image_url", c.ImageURL, o.ImageURL}, {"merchant", c.Merchant, o.Merchant},
		{"product_url", CleanURL(c.ProductURL), CleanURL(o.ProductURL)}, {"title", c.Title, o.Title},
	} {
		if f.was != f.is {
			fields = append(fields, f.name)
		}
	}
	return fields
}

func samePrice(a, b *domain.Amount) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(b.Decimal)
}

// Category is a name that feeds use, to be mapped to one of ours.
type Category struct {
	domain.Root
}

// CategoryStream is where a category's events are.
func CategoryStream(externalName string) string { return "category-" + externalName }

// Apply folds one event of the stream.
func (*Category) Apply(any) {}

// See records the first use of a name.
func (c *Category) See(name, source string) {
	if !c.Exists() && len(c.Pending()) == 0 {
		domain.Record(c, CategorySeen{ExternalName: name, Source: source})
	}
}
