package feed_test

import (
	"strings"
	"testing"

	"gifty/domain/catalogue/feed"
)

const goodLine = `{"id": 7, "title": "Good", "url": "https://shop.test/7"}`

// A refused line is named with its field, and the line after it is read.
func TestJSONLRefusals(t *testing.T) {
	const url = `"url":"https://shop.test/1"`
	for name, c := range map[string]struct{ line, want string }{
		"garbage":              {`not json`, "1 line_malformed"},
		"array":                {`[{"title":"A"}]`, "1 line_malformed"},
		"null":                 {`null`, "1 line_malformed"},
		"two objects":          {goodLine + goodLine, "1 line_malformed"},
		"object over lines":    {`{`, "1 line_malformed"},
		"invalid UTF-8":        {"{\"title\":\"\xff\"," + url + "}", "1 text_not_utf8"},
		"raw NUL":              {"{\"title\":\"a\x00b\"," + url + "}", "1 line_malformed"},
		"no title":             {`{` + url + `}`, "1 title_missing title"},
		"null title":           {`{"title":null,` + url + `}`, "1 title_missing title"},
		"blank title":          {`{"title":" \t",` + url + `}`, "1 title_missing title"},
		"escaped NUL":          {`{"title":"a\u0000b",` + url + `}`, "1 text_not_storable"},
		"escaped NUL in a key": {`{"title":"A","x\u0000":1,` + url + `}`, "1 text_not_storable"},
		"half pair":            {`{"title":"A","x":["\ud800"],` + url + `}`, "1 text_not_storable"},
		"only tags as title":   {`{"title":"<br/>",` + url + `}`, "1 title_missing title"},
		"object as title":      {`{"title":{"ru":"A"},` + url + `}`, "1 field_not_text title"},
		"bool as title":        {`{"title":true,` + url + `}`, "1 field_not_text title"},
		"long title":           {`{"title":"` + strings.Repeat("я", 1001) + `",` + url + `}`, "1 field_too_long title"},
		"no URL":               {`{"title":"A"}`, "1 url_missing product_url"},
		"number as URL":        {`{"title":"A","url":5}`, "1 url_invalid product_url"},
		"script as URL":        {`{"title":"A","url":"javascript:alert(1)"}`, "1 url_invalid product_url"},
		"relative URL":         {`{"title":"A","url":"/item/1"}`, "1 url_invalid product_url"},
		"URL without host":     {`{"title":"A","url":"https:///item"}`, "1 url_invalid product_url"},
		"line break in URL":    {`{"title":"A","url":"https://shop.test/\n1"}`, "1 url_invalid product_url"},
		"words as price":       {`{"title":"A","price":"abc",` + url + `}`, "1 price_invalid price"},
		"bool as price":        {`{"title":"A","price":true,` + url + `}`, "1 price_invalid price"},
		"strange price object": {`{"title":"A","price":{"a":1},` + url + `}`, "1 price_invalid price"},
		"negative price":       {`{"title":"A","price":-1,` + url + `}`, "1 price_negative price"},
		"negative price text":  {`{"title":"A","price":"-1,50",` + url + `}`, "1 price_negative price"},
		"endless price":        {`{"title":"A","price":1e9999,` + url + `}`, "1 price_invalid price"},
		"huge price":           {`{"title":"A","price":1e12,` + url + `}`, "1 price_invalid price"},
		"unknown currency":     {`{"title":"A","price":1,"currency":"QQQ",` + url + `}`, "1 currency_unknown currency"},
		"two currencies":       {`{"title":"A","price":"1 EUR","currency":"RUB",` + url + `}`, "1 currency_contradicts currency"},
		"perhaps available":    {`{"title":"A","available":"perhaps",` + url + `}`, "1 availability_invalid available"},
		"control in id":        {`{"id":"a\u0007b","title":"A",` + url + `}`, "1 id_invalid id"},
		"nesting bomb":         {`{"title":"A",` + url + `,"x":` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + `}`, "1 raw_invalid raw"},
		"too much beside":      {`{"title":"A",` + url + `,"x":[` + strings.Repeat(`"`+strings.Repeat("y", 19_000)+`",`, 20) + `0]}`, "1 field_too_long raw"},
		"10 MB line":           {`{"title":"` + strings.Repeat("A", feed.MaxRecord) + `",` + url + `}`, "1 line_too_long"},
	} {
		t.Run(name, func(t *testing.T) {
			items, refusals, end := read(t, feed.JSONL, c.line+"\n"+goodLine, feed.Options{})
			wantEqual(t, "refusals", refusals, []string{c.want})
			wantEqual(t, "products after it", briefs(items), []string{"7 | Good | - | https://shop.test/7 |  |  |  | "})
			wantEqual(t, "error", end, "")
		})
	}
}

func TestJSONLProducts(t *testing.T) {
	const url = `"url":"https://shop.test/1"`
	for name, c := range map[string]struct{ line, want string }{
		"all fields": {
			`{"id":"1","title":"T","price":120.0,"currency":"RUR","category":"C","merchant":"M","image_url":"https://i.test/1.jpg","product_url":"https://shop.test/1","description":"D"}`,
			"1 | T | 120 RUB | https://shop.test/1 | https://i.test/1.jpg | M | C | D",
		},
		"other names": {
			`{"sku":5,"Name":"T","imageUrl":"//i.test/1.jpg","link":"https://shop.test/1","brand":"B","categories":["A","B"],"in_stock":0}`,
			"5 | T | - | https://shop.test/1 | https://i.test/1.jpg | B | A > B |  | unavailable",
		},
		"a shop before a brand":  {`{"title":"T","brand":"B","merchant":"M",` + url + `}`, " | T | - | https://shop.test/1 |  | M |  | "},
		"a tracking link first":  {`{"title":"T",` + url + `,"tracking_link":"https://go.test/1"}`, " | T | - | https://go.test/1 |  |  |  | "},
		"a blank name gives way": {`{"title":" ","name":"T",` + url + `}`, " | T | - | https://shop.test/1 |  |  |  | "},
		"HTML":                   {`{"title":"A &amp; B","description":"<p>One</p><p>t<b>w</b>o &lt;i&gt;x&lt;/i&gt;</p><script>bad()</script>",` + url + `}`, " | A & B | - | https://shop.test/1 |  |  |  | One two x"},
		"an escaped pair":        {`{"title":"\ud83c\udf81",` + url + `}`, " | 🎁 | - | https://shop.test/1 |  |  |  | "},
		"unusable image":         {`{"title":"T","image":{"a":1},"picture":"data:image/png;base64,AA",` + url + `}`, "refused"},
		"text as image":          {`{"title":"T","picture":"no picture",` + url + `}`, " | T | - | https://shop.test/1 |  |  |  | "},
		"several images":         {`{"title":"T","images":["","https://i.test/2.jpg"],` + url + `}`, " | T | - | https://shop.test/1 | https://i.test/2.jpg |  |  | "},
		"sale":                   {`{"title":"T","price":10,"sale_price":"8",` + url + `}`, " | T | 8 RUB | https://shop.test/1 |  |  |  | "},
		"no sale":                {`{"title":"T","price":10,"sale_price":0,` + url + `}`, " | T | 10 RUB | https://shop.test/1 |  |  |  | "},
		"price range":            {`{"title":"T","price":{"min":null,"max":"1 990,50"},` + url + `}`, " | T | 1990.5 RUB | https://shop.test/1 |  |  |  | "},
		"binary fraction":        {`{"title":"T","price":19.900000000000002,` + url + `}`, " | T | 19.9 RUB | https://shop.test/1 |  |  |  | "},
		"currency without price": {`{"title":"T","currency":"EUR",` + url + `}`, " | T | - | https://shop.test/1 |  |  |  | "},
	} {
		t.Run(name, func(t *testing.T) {
			items, refusals, _ := read(t, feed.JSONL, c.line, feed.Options{})
			if c.want == "refused" {
				wantEqual(t, "refusals", len(refusals), 1)
				return
			}
			wantEqual(t, "refusals", refusals, nil)
			wantEqual(t, "product", briefs(items), []string{c.want})
		})
	}
}

func TestJSONLLines(t *testing.T) {
	items, refusals, end := read(t, feed.JSONL, "\ufeff\r\n"+goodLine+"\r\n\n  \n{}\n"+goodLine, feed.Options{})
	wantEqual(t, "products", len(items), 2)
	wantEqual(t, "refusals", refusals, []string{"5 title_missing title"})
	wantEqual(t, "error", end, "")
}

// The original is kept whole and in one form, so that writing it anew changes nothing.
func TestJSONLKeepsTheOriginal(t *testing.T) {
	items, _, _ := read(t, feed.JSONL, `{ "url":"https://shop.test/1", "title":"\u042f <b>", "extra":{"z":[1.50,null,1e999999],"a":""} }`, feed.Options{})
	wantEqual(t, "raw", string(items[0].Raw), `{"extra":{"a":"","z":[1.50,null,"1e999999"]},"title":"Я <b>","url":"https://shop.test/1"}`)
}

// A line just within the limit is read; only its texts are cut.
func TestJSONLTenMegabyteLine(t *testing.T) {
	line := `{"title":"T","url":"https://shop.test/1","description":"`
	line += strings.Repeat("d", feed.MaxRecord-len(line)-2) + `"}`
	items, refusals, _ := read(t, feed.JSONL, line+"\r\n"+goodLine, feed.Options{})
	wantEqual(t, "refusals", refusals, nil)
	wantEqual(t, "description", len(items[0].Description), 20_000)
	wantEqual(t, "products", len(items), 2)
}
