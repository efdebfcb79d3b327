package demo

import (
	"bytes"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"gifty/domain/catalogue"
)

func products(t *testing.T) []product {
	t.Helper()
	all, err := load(data)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestEnoughOfEverything(t *testing.T) {
	all := products(t)
	categories, merchants := map[words]bool{}, map[words]bool{}
	for _, p := range all {
		categories[p.category], merchants[p.merchant] = true, true
	}
	for _, c := range []struct {
		what      string
		got, want int
	}{{"products", len(all), 360}, {"categories", len(categories), 24}, {"merchants", len(merchants), 7}} {
		if c.got < c.want {
			t.Errorf("%d %s, want at least %d", c.got, c.what, c.want)
		}
	}
}

func TestTextsAreDistinctAndReadable(t *testing.T) {
	said := map[string]string{}
	slugs := map[string]bool{}
	slug := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	for _, p := range products(t) {
		if !slug.MatchString(p.slug) || slugs[p.slug] {
			t.Errorf("slug %q is malformed or taken", p.slug)
		}
		slugs[p.slug] = true
		for _, s := range slices.Concat(p.title[:], p.description[:]) {
			key := lettersOf(s)
			if other, ok := said[key]; ok {
				t.Errorf("%s says the same as %s: %q", p.slug, other, s)
			}
			said[key] = p.slug
		}
		for _, d := range p.description {
			if n := utf8.RuneCountInString(d); n < 40 || n > 300 {
				t.Errorf("%s: a description of %d characters, want 40 to 300", p.slug, n)
			}
		}
	}
}

// lettersOf is what remains of a text when case, spaces and punctuation are no difference.
func lettersOf(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

func TestEachLanguageInItsScript(t *testing.T) {
	cyrillic := func(s string) bool {
		return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) })
	}
	for _, p := range products(t) {
		for _, text := range []words{p.category, p.merchant, p.title, p.description} {
			if !cyrillic(text[russian]) {
				t.Errorf("%s: no Russian in %q", p.slug, text[russian])
			}
			if cyrillic(text[english]) {
				t.Errorf("%s: Russian in %q", p.slug, text[english])
			}
		}
	}
}

func TestPricesLookLikeAShop(t *testing.T) {
	all := products(t)
	usual := 0
	for _, p := range all {
		rub, eur := p.price[russian], p.price[english]
		if rub.LessThan(decimal.NewFromInt(300)) || rub.GreaterThan(decimal.NewFromInt(60_000)) {
			t.Errorf("%s: %s RUB, want 300 to 60,000", p.slug, rub)
		}
		if !rub.LessThan(decimal.NewFromInt(700)) && !rub.GreaterThan(decimal.NewFromInt(15_000)) {
			usual++
		}
		// A digit too many in either price shows as a strange rate between the two.
		if rate := rub.Div(eur.Decimal).InexactFloat64(); rate < 60 || rate > 110 {
			t.Errorf("%s: %s RUB but %s EUR", p.slug, rub, eur)
		}
	}
	if share := float64(usual) / float64(len(all)); share < 0.85 {
		t.Errorf("%.0f %% of the prices are 700 to 15,000 RUB, want most", 100*share)
	}
}

// Whoever searches for a topic with a modest budget, or with a generous one, should find something.
func TestEveryTopicIsCovered(t *testing.T) {
	all := products(t)
	for _, l := range []language{russian, english} {
		texts := make([]string, len(all))
		for i, p := range all {
			texts[i] = spaced(p.category[l] + " " + p.title[l] + " " + p.description[l])
		}
		for _, topic := range topics {
			found, modest, bands := 0, 0, map[int]bool{}
			for i, p := range all {
				if !mentions(texts[i], topic.words[l], l) {
					continue
				}
				found++
				rub := p.price[russian].IntPart()
				band, _ := slices.BinarySearch([]int64{1000, 2000, 4000, 9000}, rub)
				bands[band] = true
				if rub <= 5000 {
					modest++
				}
			}
			if found < 4 || modest < 3 || len(bands) < 3 {
				t.Errorf("%s (%s): %d products, %d of them up to 5,000 RUB, in %d price bands; want 4, 3 and 3",
					topic.name, l, found, modest, len(bands))
			}
		}
	}
}

// spaced is a text in lower case with one space before, between and after its words.
func spaced(s string) string {
	return " " + strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), " ") + " "
}

func mentions(text, alternatives string, l language) bool {
	for word := range strings.SplitSeq(alternatives, "|") {
		if l == russian && strings.Contains(text, " "+word) ||
			l == english && (strings.Contains(text, " "+word+" ") || strings.Contains(text, " "+word+"s ")) {
			return true
		}
	}
	return false
}

func TestItemsAreTwoOffersOfEachProduct(t *testing.T) {
	var items []catalogue.Item
	for item, err := range Items() {
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, item)
	}
	all := products(t)
	if len(items) != 2*len(all) {
		t.Fatalf("%d offers of %d products", len(items), len(all))
	}
	for i, p := range all {
		for l, item := range items[2*i : 2*i+2] {
			checkOffer(t, item, p, language(l))
		}
	}
}

func checkOffer(t *testing.T, item catalogue.Item, p product, l language) {
	t.Helper()
	clean, err := catalogue.Normalise(item)
	if err != nil {
		t.Fatalf("%s: %v", item.ID, err)
	}
	if clean.Title != item.Title || clean.Description != item.Description || !bytes.Equal(clean.Raw, item.Raw) {
		t.Errorf("%s is not as clean as it could be: %+v", item.ID, clean)
	}
	if item.ID != l.String()+"-"+p.slug || item.Currency != l.currency() || !item.Available || !item.Price.Equal(p.price[l].Decimal) {
		t.Errorf("%s offer of %s: %+v", l, p.slug, item)
	}
	if u, err := url.Parse(item.ProductURL); err != nil || !strings.HasSuffix(u.Hostname(), ".example") {
		t.Errorf("%s: the page %s could exist", item.ID, item.ProductURL)
	}
}

func TestItemsStopsWhenAsked(t *testing.T) {
	for want := 1; want <= 3; want++ {
		got := 0
		for _, err := range Items() {
			if err != nil {
				t.Fatal(err)
			}
			if got++; got == want {
				break
			}
		}
		if got != want {
			t.Errorf("took %d offers, want %d", got, want)
		}
	}
}
