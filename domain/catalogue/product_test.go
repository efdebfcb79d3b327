package catalogue_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/domain/domaintest"
)

const shop, gift = "shop", "shop:1"

func amount(n int64) *domain.Amount { return new(domain.WholeAmount(n)) }

func teapot() catalogue.Item {
	return catalogue.Item{
		ID: "1", Title: "Teapot", Description: "Cast iron", Price: amount(1990), Currency: "RUB",
		ImageURL: "https://shop.example/1.jpg", ProductURL: "https://shop.example/1?utm_source=feed", Merchant: "Shop", Category: "Tea",
		Available: true, Raw: json.RawMessage(`{"price":"1990"}`),
	}
}

func content(it catalogue.Item) catalogue.Content {
	return catalogue.Content{
		Title: it.Title, Description: it.Description, ImageURL: it.ImageURL, ProductURL: it.ProductURL,
		Merchant: it.Merchant, Category: it.Category, Raw: it.Raw,
	}
}

func listed(it catalogue.Item) catalogue.ProductListed {
	return catalogue.ProductListed{GiftID: gift, Source: shop, Content: content(it), Price: it.Price, Currency: it.Currency}
}

func changed(it catalogue.Item, fields ...string) catalogue.ProductChanged {
	return catalogue.ProductChanged{GiftID: gift, Fields: fields, Content: content(it)}
}

var (
	model    = catalogue.Model{Name: "m", Version: "1", Dim: catalogue.Dimensions}
	retired  = catalogue.ProductRetired{GiftID: gift, Reason: "unavailable"}
	restored = catalogue.ProductRestored{GiftID: gift}
)

func TestOffer(t *testing.T) {
	t.Parallel()
	with := func(change func(*catalogue.Item)) catalogue.Item {
		it := teapot()
		change(&it)
		return it
	}
	known := []any{listed(teapot())}
	gone := with(func(it *catalogue.Item) { it.Available = false })
	cheaper := with(func(it *catalogue.Item) { it.Price, it.Raw = amount(990), json.RawMessage(`{"price":"990"}`) })
	priceless := with(func(it *catalogue.Item) { it.Price, it.Currency = nil, "" })
	dollars := with(func(it *catalogue.Item) { it.Currency = "USD" })
	retitled := with(func(it *catalogue.Item) { it.Title = "Big teapot" })
	everything := catalogue.Item{ID: "1", Title: "Pot", ProductURL: "https://shop.example/pot", Price: amount(1), Currency: "EUR"}
	for name, c := range map[string]struct {
		history []any
		offer   catalogue.Item
		effect  catalogue.Effect
		want    []any
	}{
		"new":                            {nil, teapot(), catalogue.New, []any{listed(teapot())}},
		"new, but not to be had":         {nil, gone, catalogue.New, []any{listed(gone), retired}},
		"new, without a price":           {nil, priceless, catalogue.New, []any{listed(priceless)}},
		"the same again":                 {known, teapot(), catalogue.Unchanged, nil},
		"other price":                    {known, cheaper, catalogue.Changed, []any{catalogue.ProductPriceChanged{GiftID: gift, Price: amount(990), Currency: "RUB"}}},
		"same price, written otherwise":  {known, with(func(it *catalogue.Item) { a, _ := domain.NewAmount("1990.00"); it.Price = &a }), catalogue.Unchanged, nil},
		"no price any more":              {known, priceless, catalogue.Changed, []any{catalogue.ProductPriceChanged{GiftID: gift}}},
		"a price at last":                {[]any{listed(priceless)}, teapot(), catalogue.Changed, []any{catalogue.ProductPriceChanged{GiftID: gift, Price: amount(1990), Currency: "RUB"}}},
		"other currency":                 {known, dollars, catalogue.Changed, []any{catalogue.ProductPriceChanged{GiftID: gift, Price: amount(1990), Currency: "USD"}}},
		"other title":                    {known, retitled, catalogue.Changed, []any{changed(retitled, "title")}},
		"other tracking parameters":      {known, with(func(it *catalogue.Item) { it.ProductURL = "https://shop.example/1?yclid=7#x" }), catalogue.Unchanged, nil},
		"other raw fields":               {known, with(func(it *catalogue.Item) { it.Raw = json.RawMessage(`{"stock":3}`) }), catalogue.Unchanged, nil},
		"not to be had any more":         {known, gone, catalogue.Changed, []any{retired}},
		"still not to be had":            {append(known, retired), gone, catalogue.Unchanged, nil},
		"to be had again":                {append(known, retired), teapot(), catalogue.Changed, []any{restored}},
		"to be had again, at less":       {append(known, retired), cheaper, catalogue.Changed, []any{catalogue.ProductPriceChanged{GiftID: gift, Price: amount(990), Currency: "RUB"}, restored}},
		"everything at once":             {known, everything, catalogue.Changed, []any{changed(everything, "category", "description", "image_url", "merchant", "product_url", "title"), catalogue.ProductPriceChanged{GiftID: gift, Price: amount(1), Currency: "EUR"}, retired}},
		"back to what it was before":     {append(known, changed(retitled, "title")), teapot(), catalogue.Changed, []any{changed(teapot(), "title")}},
		"embedded, then offered again":   {append(known, embedded(content(teapot()).Hash())), teapot(), catalogue.Unchanged, nil},
		"as it was made after retitling": {append(known, changed(retitled, "title")), retitled, catalogue.Unchanged, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := domaintest.Given(t, &catalogue.Product{}, c.history...)
			if effect := p.Offer(shop, c.offer); effect != c.effect {
				t.Errorf("effect %s, want %s", effect, c.effect)
			}
			domaintest.Then(t, p, nil, c.want...)
		})
	}
}

func embedded(contentHash string) catalogue.ProductEmbedded {
	return catalogue.ProductEmbedded{GiftID: gift, Model: "m", Version: "1", Dim: catalogue.Dimensions, ContentHash: contentHash, SHA256: []byte{1}}
}

func vectorRetired(version string) catalogue.VectorRetired {
	return catalogue.VectorRetired{GiftID: gift, Model: "m", Version: version}
}

func TestRetireVector(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		history []any
		version string
		want    bool
	}{
		"there is one":       {[]any{listed(teapot()), embedded("h")}, "1", true},
		"of another version": {[]any{listed(teapot()), embedded("h")}, "2", false},
		"there is none":      {[]any{listed(teapot())}, "1", false},
		"once more":          {[]any{listed(teapot()), embedded("h"), vectorRetired("1")}, "1", false},
		"of no product":      {nil, "1", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := domaintest.Given(t, &catalogue.Product{}, c.history...)
			if got := p.RetireVector("m", c.version); got != c.want {
				t.Errorf("retired: %t", got)
			}
			if !c.want {
				domaintest.Then(t, p, nil)
				return
			}
			domaintest.Then(t, p, nil, vectorRetired(c.version))
		})
	}
}

func TestEmbed(t *testing.T) {
	t.Parallel()
	hash := content(teapot()).Hash()
	repainted := teapot()
	repainted.Title = "Red teapot"
	newHash := content(repainted).Hash()
	other := model
	other.Version = "2"
	price := catalogue.ProductPriceChanged{GiftID: gift, Price: amount(1), Currency: "RUB"}
	for name, c := range map[string]struct {
		history []any
		model   catalogue.Model
		hash    string
		want    bool
	}{
		"first":                       {[]any{listed(teapot())}, model, hash, true},
		"the same vector again":       {[]any{listed(teapot()), embedded(hash)}, model, hash, false},
		"by another version":          {[]any{listed(teapot()), embedded(hash)}, other, hash, true},
		"of a text that has changed":  {[]any{listed(teapot()), changed(repainted, "title")}, model, hash, false},
		"of the new text":             {[]any{listed(teapot()), embedded(hash), changed(repainted, "title")}, model, newHash, true},
		"of the old text once more":   {[]any{listed(teapot()), embedded(hash), changed(repainted, "title"), changed(teapot(), "title")}, model, hash, false},
		"after a new price":           {[]any{listed(teapot()), embedded(hash), price}, model, hash, false},
		"of a product not to be had":  {[]any{listed(teapot()), retired}, model, hash, true},
		"of a product that is no one": {nil, model, hash, false},
		"once it was retired":         {[]any{listed(teapot()), embedded(hash), vectorRetired("1")}, model, hash, true},
		"another version was retired": {[]any{listed(teapot()), embedded(hash), vectorRetired("2")}, model, hash, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := domaintest.Given(t, &catalogue.Product{}, c.history...)
			if got := p.Embed(c.model, c.hash, []byte{1}); got != c.want {
				t.Errorf("embedded: %t", got)
			}
			if !c.want {
				domaintest.Then(t, p, nil)
				return
			}
			e := embedded(c.hash)
			e.Version = c.model.Version
			domaintest.Then(t, p, nil, e)
		})
	}
}

func TestSee(t *testing.T) {
	t.Parallel()
	c := domaintest.Given(t, &catalogue.Category{})
	c.See("Tea", shop)
	c.See("Tea", "other")
	domaintest.Then(t, c, nil, catalogue.CategorySeen{ExternalName: "Tea", Source: shop})
	c = domaintest.Given(t, &catalogue.Category{}, catalogue.CategorySeen{ExternalName: "Tea", Source: shop})
	c.See("Tea", "other")
	domaintest.Then(t, c, nil)
}

func anyItem() *rapid.Generator[catalogue.Item] {
	return rapid.Custom(func(t *rapid.T) catalogue.Item {
		it := catalogue.Item{
			ID: rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "id"), Title: rapid.SampledFrom([]string{"Cup", "Mug"}).Draw(t, "title"),
			Description: rapid.SampledFrom([]string{"", "Blue"}).Draw(t, "description"), Category: rapid.SampledFrom([]string{"", "Tea", "Cups"}).Draw(t, "category"),
			ProductURL: rapid.SampledFrom([]string{"https://a.example/1", "https://a.example/1?gclid=2", "https://a.example/2"}).Draw(t, "url"),
			Available:  rapid.Bool().Draw(t, "available"),
		}
		if n := rapid.Int64Range(-1, 2).Draw(t, "price"); n >= 0 {
			it.Price, it.Currency = amount(n), rapid.SampledFrom([]string{"RUB", "EUR"}).Draw(t, "currency")
		}
		return it
	})
}

// A product is what was offered last, and offering that again is no news.
func TestTheLastOfferCounts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := domaintest.Given(t, &catalogue.Product{})
		for _, it := range rapid.SliceOfN(anyItem(), 1, 8).Draw(rt, "items") {
			it.ID = "1"
			p.Offer(shop, it)
			if p.Offer(shop, it) != catalogue.Unchanged {
				rt.Fatalf("the same again is news: %+v", it)
			}
			fresh := domaintest.Given(t, &catalogue.Product{}, p.Pending()...)
			is, want := fresh.Content, content(it)
			is.ProductURL, want.ProductURL = catalogue.CleanURL(is.ProductURL), catalogue.CleanURL(want.ProductURL)
			if !reflect.DeepEqual(is, want) || fresh.Retired == it.Available || fresh.Currency != it.Currency || !reflect.DeepEqual(fresh.Price, it.Price) {
				rt.Fatalf("offered %+v, is %+v", it, fresh)
			}
		}
		if slices.ContainsFunc(p.Pending()[1:], func(e any) bool { _, again := e.(catalogue.ProductListed); return again }) {
			rt.Fatal("listed twice")
		}
	})
}
