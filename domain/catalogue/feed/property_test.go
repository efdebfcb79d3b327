package feed_test

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/domain/catalogue/feed"
)

// lines is everything that a feed yields, comparable.
func lines(r io.Reader, f feed.Format) []string {
	var out []string
	for l, err := range feed.Read(r, f, feed.Options{Charset: from1251}) {
		out = append(out, fmt.Sprint(l.Number, brief(l.Item), string(l.Item.Raw), l.Refused, err))
	}
	return out
}

// chunks hands out a text in pieces of the drawn sizes.
type chunks struct {
	text  string
	sizes []int
	turn  int
}

func (c *chunks) Read(p []byte) (int, error) {
	if c.text == "" {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), c.sizes[c.turn%len(c.sizes)])], c.text)
	c.turn++
	c.text = c.text[n:]
	return n, nil
}

// However a feed arrives, and however broken it is, it says the same.
func TestChunkingChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom([]feed.Format{feed.JSONL, feed.CSV, feed.TSV, feed.RSS, feed.YML}).Draw(t, "format")
		text := damage(t, write(t, f, rapid.SliceOfN(product(), 1, 4).Draw(t, "products")))
		sizes := rapid.SliceOfN(rapid.IntRange(1, 40), 1, 8).Draw(t, "sizes")
		whole, pieces := lines(strings.NewReader(text), f), lines(&chunks{text: text, sizes: sizes}, f)
		if !reflect.DeepEqual(whole, pieces) {
			t.Fatalf("%s:\nat once   %q\nin pieces %q\nof %q", f, whole, pieces, text)
		}
	})
}

// damage overwrites a few bytes.
func damage(t *rapid.T, text string) string {
	b := []byte(text)
	for range rapid.IntRange(0, 3).Draw(t, "damages") {
		i := rapid.IntRange(0, len(b)-1).Draw(t, "at")
		b[i] = rapid.SampledFrom([]byte("<>\"'&;{}\n\t,\x00\xff\xd0A/")).Draw(t, "byte")
	}
	return string(b)
}

// The same products are read from every format that they are written in.
func TestEveryFormatSaysTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		products := rapid.SliceOfN(product(), 1, 5).Draw(t, "products")
		want := make([]catalogue.Item, 0, len(products))
		for _, it := range products {
			clean, err := catalogue.Normalise(it)
			if err != nil {
				t.Fatalf("%+v: %v", it, err)
			}
			want = append(want, clean)
		}
		for _, f := range []feed.Format{feed.JSONL, feed.CSV, feed.TSV, feed.RSS, feed.YML} {
			text := write(t, f, products)
			var got []catalogue.Item
			for l, err := range feed.Read(strings.NewReader(text), f, feed.Options{}) {
				if err != nil || l.Refused != nil {
					t.Fatalf("%s: %v %v in %q", f, l.Refused, err, text)
				}
				got = append(got, l.Item)
			}
			if a, b := briefs(got), briefs(want); !reflect.DeepEqual(a, b) {
				t.Fatalf("%s:\n got %q\nwant %q", f, a, b)
			}
		}
	})
}

func product() *rapid.Generator[catalogue.Item] {
	return rapid.Custom(func(t *rapid.T) catalogue.Item {
		text := rapid.StringMatching(`[a-zA-Zа-яё0-9"',;&<>\t\n{}\[\]€ ]{0,30}`)
		it := catalogue.Item{
			ID:          rapid.StringMatching(`[a-zA-Z0-9._/-]{1,12}`).Draw(t, "id"),
			Title:       "T" + text.Draw(t, "title"),
			Description: text.Draw(t, "description"),
			ProductURL:  "https://shop.test/" + rapid.StringMatching(`[a-zA-Z0-9/?&=%а-я]{0,20}`).Draw(t, "url"),
			Merchant:    rapid.StringMatching(`[a-z]{0,5}`).Draw(t, "merchant"),
			Available:   rapid.Bool().Draw(t, "available"),
			Currency:    rapid.SampledFrom([]string{"RUB", "EUR", "USD"}).Draw(t, "currency"),
		}
		if strings.Contains(it.ProductURL, "%") {
			it.ProductURL = strings.ReplaceAll(it.ProductURL, "%", "%25")
		}
		if rapid.Bool().Draw(t, "priced") {
			p := domain.Amount{Decimal: decimal.New(rapid.Int64Range(0, 1e8).Draw(t, "cents"), -2)}
			it.Price = &p
		}
		return it
	})
}

// write makes a feed. It stands in for the shops' own programs, so it uses the standard library's writers.
func write(t *rapid.T, f feed.Format, products []catalogue.Item) string {
	var b strings.Builder
	switch f {
	case feed.JSONL:
		for _, it := range products {
			line, err := json.Marshal(map[string]any{"id": it.ID, "title": it.Title, "description": it.Description, "price": it.Price,
				"currency": it.Currency, "product_url": it.ProductURL, "merchant": it.Merchant, "available": it.Available})
			if err != nil {
				t.Fatal(err)
			}
			b.Write(append(line, '\n'))
		}
	case feed.CSV, feed.TSV:
		w := csv.NewWriter(&b)
		if f == feed.TSV {
			w.Comma = '\t'
		}
		_ = w.Write([]string{"id", "title", "description", "price", "link", "merchant", "available"})
		for _, it := range products {
			_ = w.Write([]string{it.ID, it.Title, it.Description, priceText(it), it.ProductURL, it.Merchant, fmt.Sprint(it.Available)})
		}
		w.Flush()
	case feed.RSS:
		b.WriteString(`<rss xmlns:g="http://base.google.com/ns/1.0"><channel>`)
		for _, it := range products {
			fmt.Fprintf(&b, "<item><g:id>%s</g:id><title>%s</title><description>%s</description><g:price>%s</g:price><link>%s</link><g:brand>%s</g:brand><g:availability>%v</g:availability></item>",
				escape(it.ID), escape(it.Title), escape(it.Description), priceText(it), escape(it.ProductURL), escape(it.Merchant), it.Available)
		}
		b.WriteString(`</channel></rss>`)
	case feed.YML:
		b.WriteString(`<yml_catalog><shop><offers>`)
		for _, it := range products {
			fmt.Fprintf(&b, `<offer id="%s" available="%v"><name>%s</name><description>%s</description><price>%s</price><url>%s</url><vendor>%s</vendor></offer>`,
				escape(it.ID), it.Available, escape(it.Title), escape(it.Description), priceText(it), escape(it.ProductURL), escape(it.Merchant))
		}
		b.WriteString(`</offers></shop></yml_catalog>`)
	}
	return b.String()
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}

func priceText(it catalogue.Item) string {
	if it.Price == nil {
		return ""
	}
	return it.Price.String() + " " + it.Currency
}

func FuzzJSONL(f *testing.F) { fuzz(f, feed.JSONL) }
func FuzzCSV(f *testing.F)   { fuzz(f, feed.CSV) }
func FuzzTSV(f *testing.F)   { fuzz(f, feed.TSV) }
func FuzzRSS(f *testing.F)   { fuzz(f, feed.RSS) }
func FuzzYML(f *testing.F)   { fuzz(f, feed.YML) }

// Whatever the bytes, reading ends; every product is fit to store; and neither the reader's chunks
// nor a second cleaning changes anything.
func fuzz(f *testing.F, format feed.Format) {
	f.Add(samples()[format])
	f.Add(rssFeed(goodItem + "<item>" + goodItem))
	f.Add(ymlFeed(goodOffer))
	f.Add("title,url\n\"a\n\",https://shop.test/1\n")
	f.Add(goodLine + "\n{\"title\":\"\xff\"}\n")
	f.Fuzz(func(t *testing.T, text string) {
		number := 0
		for l, err := range feed.Read(strings.NewReader(text), format, feed.Options{Charset: from1251}) {
			if err != nil {
				_ = asDomain(t, err) // fails the test unless it is one
				continue
			}
			if l.Number < number {
				t.Fatalf("line %d after %d", l.Number, number)
			}
			number = l.Number
			if l.Refused != nil {
				refusal(t, l)
				continue
			}
			again, err := catalogue.Normalise(l.Item)
			if err != nil || brief(again) != brief(l.Item) || string(again.Raw) != string(l.Item.Raw) {
				t.Fatalf("normalised again:\n got %+v %v\nwant %+v", again, err, l.Item)
			}
			if !json.Valid(l.Item.Raw) || strings.ContainsRune(brief(l.Item), 0) {
				t.Fatalf("unfit to store: %+v", l.Item)
			}
		}
		if a, b := lines(strings.NewReader(text), format), lines(iotest.OneByteReader(strings.NewReader(text)), format); !reflect.DeepEqual(a, b) {
			t.Fatalf("at once      %q\nbyte by byte %q", a, b)
		}
	})
}
