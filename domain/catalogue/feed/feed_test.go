package feed_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/domain/catalogue/feed"
)

// read collects what a feed yields: products, refusals as "line code field", and the final error's code.
func read(t *testing.T, f feed.Format, text string, opt feed.Options) (items []catalogue.Item, refusals []string, end string) {
	t.Helper()
	return collect(t, feed.Read(strings.NewReader(text), f, opt))
}

func collect(t *testing.T, lines iter.Seq2[feed.Line, error]) (items []catalogue.Item, refusals []string, end string) {
	t.Helper()
	for l, err := range lines {
		switch {
		case err != nil:
			end = asDomain(t, err).Code
		case l.Refused != nil:
			refusals = append(refusals, refusal(t, l))
		default:
			items = append(items, l.Item)
		}
	}
	return items, refusals, end
}

func refusal(t *testing.T, l feed.Line) string {
	t.Helper()
	e := asDomain(t, l.Refused)
	if e.Kind != domain.KindInvalid || e.Message == "" {
		t.Errorf("line %d is refused with %+v: want an error of kind invalid with a message", l.Number, e)
	}
	s := fmt.Sprintf("%d %s", l.Number, e.Code)
	for _, f := range e.Fields {
		s += " " + f.Path
	}
	return s
}

func asDomain(t *testing.T, err error) *domain.Error {
	t.Helper()
	var e *domain.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is no domain.Error", err)
	}
	return e
}

func wantEqual[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// brief is an item without its original, as one line.
func brief(it catalogue.Item) string {
	price := "-"
	if it.Price != nil {
		price = it.Price.String() + " " + it.Currency
	}
	s := strings.Join([]string{it.ID, it.Title, price, it.ProductURL, it.ImageURL, it.Merchant, it.Category, it.Description}, " | ")
	if !it.Available {
		s += " | unavailable"
	}
	return s
}

func briefs(items []catalogue.Item) []string {
	var out []string
	for _, it := range items {
		out = append(out, brief(it))
	}
	return out
}

// from1251 decodes the Russian part of windows-1251.
func from1251(label string, r io.Reader) (io.Reader, error) {
	if !strings.EqualFold(label, "windows-1251") {
		return nil, errors.New("unknown label")
	}
	out, in := io.Pipe()
	go func() {
		var err error
		for text := bufio.NewReader(r); err == nil; {
			var b byte
			if b, err = text.ReadByte(); err == nil {
				_, err = io.WriteString(in, string(rune1251(b)))
			}
		}
		in.CloseWithError(err)
	}()
	return out, nil
}

func rune1251(b byte) rune {
	switch {
	case b >= 0xc0:
		return 'А' + rune(b-0xc0)
	case b == 0xb8:
		return 'ё'
	}
	return rune(b)
}

func to1251(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == 'ё':
			b.WriteByte(0xb8)
		case r >= 'А':
			b.WriteByte(byte(r-'А') + 0xc0)
		default:
			b.WriteByte(byte(r))
		}
	}
	return b.String()
}

func TestAnUnknownFormatIsAnError(t *testing.T) {
	_, _, end := read(t, "atom", "<feed/>", feed.Options{})
	wantEqual(t, "error", end, "format_unknown")
}

func TestReadStopsWhenItsCallerDoes(t *testing.T) {
	for f, text := range samples() {
		n := 0
		for range feed.Read(strings.NewReader(text), f, feed.Options{}) {
			n++
			break
		}
		wantEqual(t, string(f)+" records", n, 1)
	}
}

// A reader that fails gives everything before, and says where it stopped.
func TestAReaderThatFails(t *testing.T) {
	for f, text := range samples() {
		for cause, code := range map[error]string{io.ErrUnexpectedEOF: "feed_truncated", errors.New("connection reset"): "feed_unreadable"} {
			half := text[:strings.LastIndex(text, "Second")]
			items, _, end := collect(t, feed.Read(io.MultiReader(strings.NewReader(half), failing{cause}), f, feed.Options{}))
			wantEqual(t, string(f)+" products", len(items), 1)
			wantEqual(t, string(f)+" error", end, code)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// Cutting a feed anywhere gives the products before the cut and then an error.
func TestAFeedCutOffAnywhere(t *testing.T) {
	ends := map[feed.Format]string{feed.JSONL: "}", feed.RSS: "</item>", feed.YML: "</offer>"}
	for f, end := range ends {
		text := samples()[f]
		for i := range text {
			part := text[:i]
			want := "feed_truncated"
			if line := strings.TrimSpace(part); f == feed.JSONL && (line == "" || strings.HasSuffix(line, "}")) {
				want = "" // as many whole lines
			}
			items, refusals, got := read(t, f, part, feed.Options{})
			wantEqual(t, fmt.Sprintf("%s cut at %d: products", f, i), len(items), strings.Count(part, end))
			wantEqual(t, fmt.Sprintf("%s cut at %d: refusals", f, i), len(refusals), 0)
			wantEqual(t, fmt.Sprintf("%s cut at %d: error", f, i), got, want)
		}
	}
}

// samples are two good products in each format, alike.
func samples() map[feed.Format]string {
	return map[feed.Format]string{
		feed.JSONL: `{"id":"1","title":"First","price":10,"product_url":"https://shop.test/1"}` + "\n" +
			`{"id":"2","title":"Second","price":20,"product_url":"https://shop.test/2"}` + "\n",
		feed.CSV: "id,title,price,product_url\n1,First,10,https://shop.test/1\n2,Second,20,https://shop.test/2\n",
		feed.TSV: "id\ttitle\tprice\tlink\n1\tFirst\t10\thttps://shop.test/1\n2\tSecond\t20\thttps://shop.test/2\n",
		feed.RSS: `<rss xmlns:g="http://base.google.com/ns/1.0"><channel>` +
			`<item><g:id>1</g:id><title>First</title><g:price>10 RUB</g:price><link>https://shop.test/1</link></item>` +
			`<item><g:id>2</g:id><title>Second</title><g:price>20 RUB</g:price><link>https://shop.test/2</link></item></channel></rss>`,
		feed.YML: `<yml_catalog><shop><offers>` +
			`<offer id="1"><name>First</name><price>10</price><url>https://shop.test/1</url></offer>` +
			`<offer id="2"><name>Second</name><price>20</price><url>https://shop.test/2</url></offer></offers></shop></yml_catalog>`,
	}
}

func TestTheSameProductsInEveryFormat(t *testing.T) {
	for f, text := range samples() {
		items, refusals, end := read(t, f, text, feed.Options{})
		wantEqual(t, string(f), briefs(items), []string{"1 | First | 10 RUB | https://shop.test/1 |  |  |  | ", "2 | Second | 20 RUB | https://shop.test/2 |  |  |  | "})
		wantEqual(t, string(f)+" refusals", refusals, nil)
		wantEqual(t, string(f)+" error", end, "")
	}
}

func TestOptionsFillWhatAFeedLeavesOpen(t *testing.T) {
	for f, text := range samples() {
		items, _, _ := read(t, f, text, feed.Options{Currency: "eur", Merchant: "Shop"})
		want := "EUR"
		if f == feed.RSS {
			want = "RUB" // written beside the price
		}
		wantEqual(t, string(f)+" currency", items[0].Currency, want)
		wantEqual(t, string(f)+" merchant", items[0].Merchant, "Shop")
	}
}

// The real marketplace file lies beside the repository on development machines.
func TestARealMarketplace(t *testing.T) {
	file := findShared(t, "data", "products-ru.jsonl")
	defer file.Close()
	items, refusals, end := collect(t, feed.Read(file, feed.JSONL, feed.Options{}))
	wantEqual(t, "products", len(items), 3036)
	wantEqual(t, "refusals", refusals, nil)
	wantEqual(t, "error", end, "")
	keys := map[string]bool{}
	for _, it := range items {
		keys[catalogue.GiftID("takprodam", it)] = true
	}
	wantEqual(t, "keys", len(keys), 3036)
}

func findShared(t *testing.T, path ...string) *os.File {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if f, err := os.Open(filepath.Join(append([]string{dir, "shared"}, path...)...)); err == nil {
			return f
		}
	}
	t.Skip("the marketplace's file is not on this machine")
	return nil
}
