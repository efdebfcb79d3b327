package catalogue

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"gifty/domain"
)

func amount(s string) *domain.Amount {
	return &domain.Amount{Decimal: decimal.RequireFromString(s)}
}

func TestNormaliseCleans(t *testing.T) {
	got, err := Normalise(Item{
		ID: " 7 ", Title: " <b>Mug</b>\t&quot;Sea&quot; ", Description: "<ul><li>One<li>Two</ul>", Price: amount("19.900000000000002"), Currency: " rur ",
		ImageURL: "//i.test/a b.jpg", ProductURL: " https://shop.test/1?a=1&amp;b=2 ", Merchant: "A&amp;B", Category: "Home\u00a0>\u200b Mugs", Available: true,
		Raw: json.RawMessage(`{"b": 1, "a": "x"}`),
	})
	want := Item{
		ID: "7", Title: `Mug "Sea"`, Description: "One Two", Price: got.Price, Currency: "RUB",
		ImageURL: "https://i.test/a%20b.jpg", ProductURL: "https://shop.test/1?a=1&b=2", Merchant: "A&B", Category: "Home > Mugs", Available: true,
		Raw: json.RawMessage(`{"a":"x","b":1}`),
	}
	if err != nil || !reflect.DeepEqual(got, want) || got.Price.String() != "19.9" {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

func TestNormaliseRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*Item)
		code  string
		field string
	}{
		"no title":         {func(it *Item) { it.Title = " &nbsp; " }, "title_missing", "title"},
		"long title":       {func(it *Item) { it.Title = strings.Repeat("я", 1001) }, "field_too_long", "title"},
		"UTF-8":            {func(it *Item) { it.Description = "\xff" }, "text_not_utf8", "description"},
		"no URL":           {func(it *Item) { it.ProductURL = "" }, "url_missing", "product_url"},
		"FTP":              {func(it *Item) { it.ProductURL = "ftp://shop.test/1" }, "url_invalid", "product_url"},
		"no host":          {func(it *Item) { it.ProductURL = "https://:80/" }, "url_invalid", "product_url"},
		"bad escape":       {func(it *Item) { it.ProductURL = "https://shop.test/%zz" }, "url_invalid", "product_url"},
		"long URL":         {func(it *Item) { it.ProductURL += strings.Repeat("a", 2048) }, "field_too_long", "product_url"},
		"long id":          {func(it *Item) { it.ID = strings.Repeat("1", 201) }, "field_too_long", "id"},
		"control in id":    {func(it *Item) { it.ID = "a\x07b" }, "id_invalid", "id"},
		"NUL in title":     {func(it *Item) { it.Title = "a\x00b" }, "text_not_storable", "title"},
		"NUL in raw":       {func(it *Item) { it.Raw = json.RawMessage(`{"a":"\u0000"}`) }, "text_not_storable", "raw"},
		"half pair in raw": {func(it *Item) { it.Raw = json.RawMessage(`{"a":"\ud83c"}`) }, "text_not_storable", "raw"},
		"long merchant":    {func(it *Item) { it.Merchant = strings.Repeat("m", 501) }, "field_too_long", "merchant"},
		"long category":    {func(it *Item) { it.Category = strings.Repeat("c", 1001) }, "field_too_long", "category"},
		"negative":         {func(it *Item) { it.Price = amount("-0.01") }, "price_negative", "price"},
		"absurd":           {func(it *Item) { it.Price = amount("1e12") }, "price_invalid", "price"},
		"absurd exponent":  {func(it *Item) { it.Price = &domain.Amount{Decimal: decimal.New(1, 1<<30)} }, "price_invalid", "price"},
		"currency":         {func(it *Item) { it.Price, it.Currency = amount("1"), "ABC" }, "currency_unknown", "currency"},
		"raw is no object": {func(it *Item) { it.Raw = json.RawMessage(`[1]`) }, "raw_invalid", "raw"},
		"raw is null":      {func(it *Item) { it.Raw = json.RawMessage(`null`) }, "raw_invalid", "raw"},
		"raw is two":       {func(it *Item) { it.Raw = json.RawMessage(`{}{}`) }, "raw_invalid", "raw"},
	} {
		t.Run(name, func(t *testing.T) {
			it := Item{ID: "1", Title: "T", ProductURL: "https://shop.test/1"}
			c.spoil(&it)
			_, err := Normalise(it)
			var e *domain.Error
			if !errors.As(err, &e) || e.Kind != domain.KindInvalid || e.Code != c.code || e.Fields[0].Path != c.field {
				t.Errorf("got %#v, want %s of %s", err, c.code, c.field)
			}
		})
	}
}

func TestNormaliseKeepsRawStorable(t *testing.T) {
	it, err := Normalise(Item{Title: "T", ProductURL: "https://shop.test/1", Raw: json.RawMessage(
		`{"big":1e400,"small":1e-400,"long":` + strings.Repeat("9", 100) + `,"fine":1.50e2,"text":"` + strings.Repeat("я", 20_001) + `"}`)})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"big":"1e400","fine":1.50e2,"long":"` + strings.Repeat("9", 100) + `","small":"1e-400","text":"` + strings.Repeat("я", 20_000) + `"}`
	if string(it.Raw) != want {
		t.Errorf("got %.300s", it.Raw)
	}
}

func TestNormaliseTwiceIsNormaliseOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`(&|amp;|&amp;|&lt;|&gt;|&#0;|&nbsp;|<|>|/|b|!--|-->|script|"|=| |\n|\x{200b}|я){0,14}`)
		it := Item{
			ID: text.Draw(t, "id"), Title: "T" + text.Draw(t, "title"), Description: text.Draw(t, "description"), Category: text.Draw(t, "category"),
			ProductURL: "https://shop.test/" + text.Draw(t, "url"), ImageURL: rapid.SampledFrom([]string{"", "//i.test/", "http://i.test/"}).Draw(t, "image") + text.Draw(t, "image path"),
		}
		once, err := Normalise(it)
		if err != nil {
			return // refused: nothing to clean again
		}
		twice, err := Normalise(once)
		if err != nil || !reflect.DeepEqual(once, twice) {
			t.Fatalf("once %+v\ntwice %+v, %v", once, twice, err)
		}
	})
}

func TestCurrency(t *testing.T) {
	for in, want := range map[string]string{"rub": "RUB", " Eur ": "EUR", "RUR": "RUB", "BYR": "BYN", "₽": "RUB", "руб.": "RUB", "Р.": "RUB", "€": "EUR", "$": "USD", "£": "GBP", "₴": "UAH", "₸": "KZT"} {
		if got, ok := Currency(in); !ok || got != want {
			t.Errorf("%q: got %q %v, want %q", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "E", "EURO", "XXX", "D A", "AED AFN", "ЕUR"} { // the last begins with a Cyrillic letter
		if got, ok := Currency(in); ok {
			t.Errorf("%q passes for %q", in, got)
		}
	}
}
