package feed_test

import (
	"strings"
	"testing"

	"gifty/domain/catalogue/feed"
)

const goodRow = "\n7,Good,https://shop.test/7,5\n"

const afterGoodRow = "7 | Good | 5 RUB | https://shop.test/7 |  |  |  | "

func TestTableProducts(t *testing.T) {
	const want = "1 | A, \"b\"; c | 1990.5 RUB | https://shop.test/1 |  |  |  | one two"
	for name, text := range map[string]string{
		"comma":             "id,title,url,price,description\n1,\"A, \"\"b\"\"; c\",https://shop.test/1,\"1 990,50\",\"one\ntwo\"",
		"semicolon":         "id;title;url;price;description\n1;\"A, \"\"b\"\"; c\";https://shop.test/1;1 990,50;one two",
		"tab":               "id\ttitle\turl\tprice\tdescription\n1\tA, \"b\"; c\thttps://shop.test/1\t1 990,50\tone two\n",
		"byte order mark":   "\ufeffid,title,url,price,description\r\n1,\"A, \"\"b\"\"; c\",https://shop.test/1,\"1 990,50\",\"one\r\ntwo\"\r\n",
		"blank lines":       "\n\nid;title;url;price;description\n\n1;\"A, \"\"b\"\"; c\";https://shop.test/1;1 990,50;one two\n\n;;;;\n",
		"quoted header":     "\"id\",\"Title\",\"Product URL\",\"price\",\"description\"\n1,\"A, \"\"b\"\"; c\",https://shop.test/1,1990.5,one two\n",
		"commas in header":  "\"a,b,c,d\";id;title;url;price;description\n;1;\"A, \"\"b\"\"; c\";https://shop.test/1;1 990,50;one two\n",
		"Russian names":     "Артикул;Название;Ссылка;Цена;Описание\n1;\"A, \"\"b\"\"; c\";https://shop.test/1;1 990,50 руб.;one two\n",
		"unnamed and extra": "id,title,url,price,description,,note,note\n1,\"A, \"\"b\"\"; c\",https://shop.test/1,\"1 990,50\",one two,x,y,z\n",
	} {
		t.Run(name, func(t *testing.T) {
			items, refusals, end := read(t, feed.CSV, text, feed.Options{})
			wantEqual(t, "products", briefs(items), []string{want})
			wantEqual(t, "refusals", refusals, nil)
			wantEqual(t, "error", end, "")
		})
	}
}

func TestTableKeepsTheOriginal(t *testing.T) {
	items, _, _ := read(t, feed.CSV, "title,url,,note,note,empty\nA,https://shop.test/1,x,y,z,\n", feed.Options{})
	wantEqual(t, "raw", string(items[0].Raw), `{"column_3":"x","note":["y","z"],"title":"A","url":"https://shop.test/1"}`)
}

// A refused row is named with its first line, and the row after it is read.
func TestTableRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		row  string
		want []string
	}{
		"too few columns":      {"1,A,https://shop.test/1", []string{"2 row_malformed"}},
		"too many columns":     {"1,A,https://shop.test/1,5,6", []string{"2 row_malformed"}},
		"invalid UTF-8":        {"1,\xff,https://shop.test/1,5", []string{"2 text_not_utf8 title"}},
		"no title":             {"1,,https://shop.test/1,5", []string{"2 title_missing title"}},
		"no URL":               {"1,A,,5", []string{"2 url_missing product_url"}},
		"words as price":       {"1,A,https://shop.test/1,abc", []string{"2 price_invalid price"}},
		"negative price":       {"1,A,https://shop.test/1,-5", []string{"2 price_negative price"}},
		"bare quote in quotes": {`1,"24" display",https://shop.test/1,5`, []string{"2 row_malformed"}},
		"several lines":        {"1,\"A\n\n\",ftp://shop.test/1,5\n1,B,https://shop.test/1,x", []string{"2 url_invalid product_url", "5 price_invalid price"}},
		"quote closed by the next row's": {
			"1,\"A,https://shop.test/1,5\n2,\"B\",,5", []string{"2 row_malformed", "3 url_missing product_url"},
		},
		"10 MB of commas": {strings.Repeat(",", feed.MaxRecord), []string{"2 row_malformed"}},
		"10 MB line":      {"1," + strings.Repeat("A", feed.MaxRecord) + ",https://shop.test/1,5", []string{"2 line_too_long"}},
		"too long a cell": {"1,\"A" + strings.Repeat("\n"+strings.Repeat("x", feed.MaxRecord/4), 4) + "\",https://shop.test/1,5", []string{"2 row_malformed", "3 row_malformed", "4 row_malformed", "5 row_malformed", "6 row_malformed"}},
	} {
		t.Run(name, func(t *testing.T) {
			items, refusals, end := read(t, feed.CSV, "id,title,url,price\n"+c.row+goodRow, feed.Options{})
			wantEqual(t, "refusals", refusals, c.want)
			wantEqual(t, "products after it", briefs(items), []string{afterGoodRow})
			wantEqual(t, "error", end, "")
		})
	}
}

// One quote that never closes costs its own row, not the rest of the feed.
func TestAStrayQuote(t *testing.T) {
	text := "id,title,url,price\n1,\"A,https://shop.test/1,5" + strings.Repeat(goodRow[:len(goodRow)-1], 600) + "\n"
	items, refusals, end := read(t, feed.CSV, text, feed.Options{})
	wantEqual(t, "products", len(items), 600)
	wantEqual(t, "refusals", refusals, []string{"2 row_malformed"})
	wantEqual(t, "error", end, "")
}

// A file full of quotes that never close is no table; giving up bounds the search for their ends.
func TestTooManyStrayQuotes(t *testing.T) {
	_, refusals, end := read(t, feed.CSV, "title,url\n"+strings.Repeat("a\",\"b\n", 10_000), feed.Options{})
	wantEqual(t, "error", end, "feed_malformed")
	if len(refusals) == 0 {
		t.Error("no row is refused before that")
	}
}

func TestAQuoteInsideAnUnquotedCell(t *testing.T) {
	items, _, _ := read(t, feed.CSV, "title,url\nA 24\" display,https://shop.test/1\n", feed.Options{})
	wantEqual(t, "title", items[0].Title, `A 24" display`)
}

func TestATableCutOff(t *testing.T) {
	const head = "id,title,url,price\n1,A,https://shop.test/1,5\n"
	for _, part := range []string{"2", "2,B", "2,B,https://sh", "2,\"B", "2,\"B\n\n"} {
		items, _, end := read(t, feed.CSV, head+part, feed.Options{})
		wantEqual(t, part+": products", len(items), 1)
		wantEqual(t, part+": error", end, "feed_truncated")
	}
}

func TestHeadersThatMakeNoSense(t *testing.T) {
	for name, header := range map[string]string{
		"nothing":          "",
		"only blank lines": "\n \n",
		"no title":         "id,url\n1,https://shop.test/1",
		"no URL":           "id,title\n1,A",
		"title twice":      "title,url,Title\nA,https://shop.test/1,B",
		"no header":        "1,A,https://shop.test/1\n",
		"invalid UTF-8":    "title,url,\xff\nA,https://shop.test/1,B",
		"malformed":        "title,\"u\"rl\nA,https://shop.test/1",
	} {
		t.Run(name, func(t *testing.T) {
			items, refusals, end := read(t, feed.CSV, header, feed.Options{})
			wantEqual(t, "error", end, "header_invalid")
			wantEqual(t, "products and refusals", len(items)+len(refusals), 0)
		})
	}
}

func TestMerchantText(t *testing.T) {
	text := "id\ttitle\tlink\timage link\tprice\tsale price\tavailability\tproduct_type\tbrand\n" +
		"1\tMug\thttps://shop.test/1\thttps://i.test/1.jpg\t19.90 EUR\t15.00 EUR\tin stock\tHome > Mugs\tB\n" +
		"2\tCup\thttps://shop.test/2\t\t19.90 EUR\t\tout_of_stock\t\t\n"
	items, refusals, _ := read(t, feed.TSV, text, feed.Options{})
	wantEqual(t, "refusals", refusals, nil)
	wantEqual(t, "products", briefs(items), []string{
		"1 | Mug | 15 EUR | https://shop.test/1 | https://i.test/1.jpg | B | Home > Mugs | ",
		"2 | Cup | 19.9 EUR | https://shop.test/2 |  |  |  |  | unavailable",
	})
}

func TestATableInAnotherEncoding(t *testing.T) {
	text := to1251("Название;Ссылка;Цена\nЖёлудь;https://shop.test/1;100\n")
	_, _, end := read(t, feed.CSV, text, feed.Options{})
	wantEqual(t, "taken for UTF-8", end, "header_invalid")
	items, _, _ := read(t, feed.CSV, text, feed.Options{Encoding: "Windows-1251", Charset: from1251})
	wantEqual(t, "title", items[0].Title, "Жёлудь")
}
