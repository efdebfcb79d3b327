package http_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"gifty/domain/catalogue"
	api "gifty/http"
)

const jsonl = "application/x-ndjson"

func summary(a answer) (s api.ImportSummary) {
	a.server.Helper()
	a.into(&s)
	return s
}

func TestImportSummary(t *testing.T) {
	t.Parallel()
	s := start(t)
	feed := `{"id":"1","title":"Чайный набор","price":1990,"product_url":"https://shop.example/1"}
{"id":"2","title":"","product_url":"https://shop.example/2"}
{"id":"3","title":"No address"}
{"id":"4","title":"Negative","price":-5,"product_url":"https://shop.example/4"}

{"id":"5","title":"Кружка","price":590,"product_url":"https://shop.example/5"}
not json
{"id":"8","title":"Half a \ud83c","product_url":"https://shop.example/8"}
{"id":"9","title":"NUL \u0000","product_url":"https://shop.example/9"}
{"id":"5","title":"Другая кружка","price":1,"product_url":"https://shop.example/5"}
`
	got := summary(s.do("POST", "/v1/products/import?source=shop", feed, "Content-Type", jsonl).want(200))
	if got.New != 2 || got.RefusedCount != 6 || got.DuplicateCount != 1 || int64(got.Position) != int64(s.head()) {
		t.Errorf("%+v", got)
	}
	var refused []string
	for _, r := range got.Refused {
		refused = append(refused, fmt.Sprintf("%d %s", r.Line, r.Code))
	}
	if want := []string{"2 title_missing", "3 url_missing", "4 price_negative", "7 line_malformed", "8 text_not_storable", "9 text_not_storable"}; !slices.Equal(refused, want) {
		t.Errorf("refused %v, want %v", refused, want)
	}

	head := s.head()
	again := summary(s.do("POST", "/v1/products/import?source=shop", feed, "Content-Type", jsonl).want(200))
	if again.Unchanged != 2 || again.New != 0 || s.head() != head {
		t.Errorf("again: %+v", again)
	}
	dearer := strings.Replace(feed, "1990", "2990", 1)
	changed := summary(s.do("POST", "/v1/products/import?source=shop", dearer, "Content-Type", jsonl).want(200))
	if changed.Changed != 1 || changed.Unchanged != 1 || s.head() != head+1 {
		t.Errorf("dearer: %+v", changed)
	}
}

func TestImportFormats(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *api.Config) {
		c.Charset = func(string, io.Reader) (io.Reader, error) { return nil, io.ErrUnexpectedEOF }
	})
	rss := `<?xml version="1.0"?><rss xmlns:g="http://base.google.com/ns/1.0"><channel><item><g:id>1</g:id><title>Чай</title><link>https://shop.example/1</link><g:price>100 RUB</g:price></item></channel></rss>`
	yml := `<yml_catalog><shop><categories><category id="1">Чай</category></categories><offers><offer id="1"><name>Чай</name><url>https://shop.example/1</url><price>100</price><currencyId>RUB</currencyId></offer></offers></shop></yml_catalog>`
	line := `{"id":"1","title":"Чай","product_url":"https://shop.example/1"}`
	csv := "id,title,product_url\n1,Чай,https://shop.example/1\n"
	for i, c := range []struct{ media, query, body string }{
		{"text/csv", "", csv},
		{"text/csv; charset=utf-8", "", strings.ReplaceAll(csv, ",", ";")},
		{"text/tab-separated-values", "", strings.ReplaceAll(csv, ",", "\t")},
		{"application/xml", "", rss},
		{"text/xml", "", yml},
		{jsonl, "", line},
		{jsonl, "", packed(t, line)},
		{"application/octet-stream", "", packed(t, csv)},
		{"application/json", "&format=jsonl", line},
		{"application/json", "", `{"items":[` + line + `]}`},
		{"application/x-www-form-urlencoded", "", csv},
	} {
		a := s.do("POST", fmt.Sprintf("/v1/products/import?source=s%d%s", i, c.query), c.body, "Content-Type", c.media)
		if got := summary(a.want(200)); got.New != 1 || got.RefusedCount != 0 {
			t.Errorf("%s: %+v", c.media, got)
		}
	}
	a := s.do("POST", "/v1/products/import?source=z", packed(t, line), "Content-Type", jsonl, "Content-Encoding", "gzip")
	if got := summary(a.want(200)); got.New != 1 {
		t.Errorf("gzip: %+v", got)
	}
	s.do("POST", "/v1/products/import?source=z", csv, "Content-Type", "text/csv; charset=klingon").problem(422, "encoding_unknown")
}

func packed(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestImportInOtherEncodings(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *api.Config) {
		c.Charset = func(_ string, r io.Reader) (io.Reader, error) { return charmap.Windows1251.NewDecoder().Reader(r), nil }
	})
	csv, err := charmap.Windows1251.NewEncoder().String("id,title,product_url\n1,Чай,https://shop.example/1\n")
	if err != nil {
		t.Fatal(err)
	}
	a := s.do("POST", "/v1/products/import?source=s", csv, "Content-Type", "text/csv; charset=windows-1251").want(200)
	if o := s.do("GET", "/v1/products/s:1?"+a.since(), "").want(200).object(); o["title"] != "Чай" {
		t.Errorf("%v", o)
	}
}

func TestImportJSONItems(t *testing.T) {
	t.Parallel()
	s := start(t)
	body := `{"source":"shop","items":[
		{"id":"1","title":"Чай","product_url":"https://shop.example/1","price":19.90,"currency":"EUR"},
		{"id":"2","title":"No address"}]}`
	got := s.do("POST", "/v1/products/import", body).want(200)
	if sum := summary(got); sum.New != 1 || sum.RefusedCount != 1 || sum.Refused[0].Line != 2 || sum.Refused[0].Code != "url_missing" {
		t.Errorf("%+v", sum)
	}
	if o := s.do("GET", "/v1/products/shop:1?"+got.since(), "").want(200).object(); o["price"] != 19.9 || o["currency"] != "EUR" {
		t.Errorf("%v", o)
	}
	items := strings.Repeat(`{"title":"t","product_url":"https://shop.example/"},`, catalogue.MaxImport+1)
	for body, code := range map[string]string{
		`{"source":"s","items":[` + strings.TrimSuffix(items, ",") + `]}`: "too_many_items",
		`{"items":[]}`:                      "source_invalid",
		`{"source":"s","itms":[]}`:          "request_invalid",
		`{"source":"s","items":{}}`:         "request_invalid",
		`[1]`:                               "request_invalid",
		`{"source":"a","items":["\u0000"]}`: "text_not_storable",
	} {
		s.do("POST", "/v1/products/import", body).problem(422, code)
	}
	s.do("POST", "/v1/products/import?source=b", `{"source":"a","items":[]}`).problem(422, "source_invalid")
	s.do("POST", "/v1/products/import?source=b", `{"items":[`).problem(400, "json_malformed")
}

func TestBadImports(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *api.Config) { c.MaxImport = 100_000 })
	big := strings.Repeat(`{"title":"t","product_url":"https://shop.example/1"}`+"\n", 3000)
	for _, c := range []struct {
		name, query, body string
		headers           []string
		status            int
		code              string
	}{
		{"no source", "", "{}", nil, 422, "source_invalid"},
		{"no body", "?source=s", "", nil, 400, "body_missing"},
		{"unknown format", "?source=s&format=docx", "{}", nil, 422, "request_invalid"},
		{"unknown parameter", "?source=s&fromat=csv", "{}", nil, 422, "request_invalid"},
		{"unknown text", "?source=s", "hello", []string{"Content-Type", "text/plain"}, 415, "media_type_unsupported"},
		{"unknown encoding", "?source=s", "hello", []string{"Content-Encoding", "br"}, 415, "media_type_unsupported"},
		{"Content-Type of nonsense", "?source=s", "hello", []string{"Content-Type", ";;"}, 415, "media_type_unsupported"},
		{"header without a title", "?source=s", "id,price\n1,2\n", []string{"Content-Type", "text/csv"}, 422, "header_invalid"},
		{"no gzip", "?source=s", "hello, I am not packed", []string{"Content-Encoding", "gzip"}, 422, "gzip_corrupt"},
		{"half a gzip", "?source=s", packed(t, big)[:200], nil, 422, "feed_truncated"},
		{"too large", "?source=s", big, nil, 413, "body_too_large"},
		{"too large unpacked", "?source=s", packed(t, big), nil, 413, "body_too_large"},
	} {
		headers := append([]string{"Content-Type", jsonl}, c.headers...)
		t.Run(c.name, func(t *testing.T) {
			s.in(t).do("POST", "/v1/products/import"+c.query, c.body, headers...).problem(c.status, c.code)
		})
	}
}

// A feed that breaks off keeps what came before, says so, and can be sent again.
func TestFeedCutOff(t *testing.T) {
	t.Parallel()
	s := start(t)
	var whole strings.Builder
	for i := range 1200 {
		fmt.Fprintf(&whole, `{"id":"%d","title":"Подарок %d","product_url":"https://shop.example/%d"}`+"\n", i, i, i)
	}
	cut := whole.String()[:whole.Len()-20]
	send := func(feed string) answer {
		return s.do("POST", "/v1/products/import?source=shop", feed, "Content-Type", jsonl, "Idempotency-Key", "k")
	}
	for range 2 { // a retry finds all of it done
		broken := send(cut)
		broken.problem(422, "feed_truncated")
		var p api.Problem
		broken.into(&p)
		if p.Imported == nil || p.Imported.New != 1199 {
			t.Fatalf("%s", broken.body)
		}
	}
	if s.head() != 1199 {
		t.Errorf("head %d", s.head())
	}
	for _, replayed := range []string{"", "true"} { // goes on, and counts the whole
		a := send(whole.String()).want(200)
		if got := summary(a); got.New != 1200 || got.Unchanged != 0 || a.header.Get("Idempotent-Replayed") != replayed {
			t.Errorf("the whole feed: %+v", got)
		}
	}
	if s.head() != 1200 {
		t.Errorf("head %d", s.head())
	}
}

// gifts is JSONL of the products first to last.
func gifts(first, last int) string {
	var b strings.Builder
	for i := first; i <= last; i++ {
		fmt.Fprintf(&b, `{"id":"%d","title":"Подарок %d","product_url":"https://shop.example/%d"}`+"\n", i, i, i)
	}
	return b.String()
}

// The key names the whole feed, not its chunks.
func TestAnotherFeedUnderAKeyIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	send := func(key, feed string) answer {
		return s.do("POST", "/v1/products/import?source=shop", feed, "Content-Type", jsonl, "Idempotency-Key", key)
	}
	send("whole", gifts(1, 500)).want(200)
	for what, feed := range map[string]string{
		"longer": gifts(1, 600), "shorter": gifts(1, 499), "another": gifts(2, 501), "another refusal": gifts(1, 500) + "{}\n",
	} {
		a := send("whole", feed)
		if a.problem(409, "idempotency_key_reused"); strings.Contains(string(a.body), "imported") || s.head() != 500 {
			t.Errorf("%s: head %d %s", what, s.head(), a.body)
		}
	}
	send("cut", gifts(501, 1600)+"{").problem(422, "feed_truncated")
	head := s.head()
	for what, feed := range map[string]string{"another first chunk": gifts(502, 1600), "a shorter one": gifts(501, 1500), "another last chunk": gifts(501, 1599) + gifts(1601, 1700)} {
		if send("cut", feed).problem(409, "idempotency_key_reused"); s.head() != head {
			t.Errorf("%s: head %d after %d", what, s.head(), head)
		}
	}
	if got := summary(send("cut", gifts(501, 1700)).want(200)); got.New != 1200 || int64(s.head()) != 1700 {
		t.Errorf("%+v", got)
	}
	s.do("POST", "/v1/products/import?source=other", gifts(1, 500), "Content-Type", jsonl, "Idempotency-Key", "whole").problem(409, "idempotency_key_reused")
	if again := send("whole", packed(t, gifts(1, 500))).want(200); again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("%s", again.body)
	}
}

// The first of a product is taken, however far behind it the second comes.
func TestDuplicatesInAFeed(t *testing.T) {
	t.Parallel()
	s := start(t)
	feed := gifts(1, 1100) + strings.Replace(gifts(1, 1), "Подарок", "Другой", 1)
	for _, again := range []bool{false, true} {
		got := summary(s.do("POST", "/v1/products/import?source=shop", feed, "Content-Type", jsonl).want(200))
		want := []api.LeftLine{{Line: 1101, Code: "duplicate", Reason: "shop:1 stands in the feed before; the first is taken"}}
		if again && got.Unchanged != 1100 || !again && got.New != 1100 || got.DuplicateCount != 1 || !slices.Equal(got.Duplicates, want) || s.head() != 1100 {
			t.Errorf("again %t: head %d %+v", again, s.head(), got)
		}
	}
}

func TestAnImportWaitsForTheDatabase(t *testing.T) {
	t.Parallel()
	var log flaky
	s := start(t, func(c *api.Config) { log.Log, c.Catalogue.Log = c.Catalogue.Log, &log })
	log.failures.Store(2)
	if got := summary(s.do("POST", "/v1/products/import?source=shop", gifts(1, 3), "Content-Type", jsonl).want(200)); got.New != 3 {
		t.Errorf("%+v", got)
	}
}

func TestImportRetry(t *testing.T) {
	t.Parallel()
	s := start(t)
	feed := `{"id":"1","title":"Чай","product_url":"https://shop.example/1"}`
	send := func(feed string) answer {
		return s.do("POST", "/v1/products/import?source=shop", feed, "Content-Type", jsonl, "Idempotency-Key", "k")
	}
	first, again := send(feed).want(200), send(feed).want(200)
	if string(first.body) != string(again.body) || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("%s\n%s %v", first.body, again.body, again.header)
	}
	send(strings.Replace(feed, "Чай", "Кофе", 1)).problem(409, "idempotency_key_reused")
}

func TestImportWhileItArrives(t *testing.T) {
	t.Parallel()
	s := start(t)
	in, out := io.Pipe()
	answers := make(chan answer, 1)
	go func() {
		answers <- s.stream("POST", "/v1/products/import?source=slow", in, "Content-Type", jsonl)
	}()
	line := `{"id":"%d","title":"Подарок","product_url":"https://shop.example/%d"}` + "\n"
	for i := range 500 {
		fmt.Fprintf(out, line, i, i)
	}
	fmt.Fprint(out, strings.Repeat(" ", 128<<10)+"\n") // past every buffer
	first := s.do("GET", "/v1/products/"+url.PathEscape("slow:499")+"?min_position=500", "").want(200)
	if o := first.object(); o["gift_id"] != "slow:499" {
		t.Errorf("%v", o)
	}
	fmt.Fprintf(out, line, 500, 500)
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if got := summary((<-answers).want(200)); got.New != 501 {
		t.Errorf("%+v", got)
	}
}
