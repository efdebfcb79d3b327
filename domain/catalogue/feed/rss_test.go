package feed_test

import (
	"strings"
	"testing"

	"gifty/domain/catalogue/feed"
)

func rssFeed(items string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>
<title>A shop</title><link>https://shop.test</link><atom:link href="https://shop.test/feed"/>
` + items + `
</channel></rss>`
}

const goodItem = `<item><g:id>7</g:id><title>Good</title><link>https://shop.test/7</link></item>`

const afterGoodItem = "7 | Good | - | https://shop.test/7 |  | A shop |  | "

func TestRSSProducts(t *testing.T) {
	const rest = `<title>T</title><link>https://shop.test/1</link>`
	for name, c := range map[string]struct{ item, want string }{
		"all fields": {
			`<g:id>1</g:id><g:title>Mug</g:title><g:description>Blue</g:description><g:link>https://shop.test/1</g:link><g:image_link>https://i.test/1.jpg</g:image_link>
			<g:additional_image_link>https://i.test/2.jpg</g:additional_image_link><g:price>19.90 EUR</g:price><g:sale_price>15.00 EUR</g:sale_price><g:availability>in_stock</g:availability>
			<g:brand>B</g:brand><g:product_type>Home &gt; Mugs</g:product_type><g:google_product_category>1604</g:google_product_category>
			<g:shipping><g:country>DE</g:country><g:price>5 EUR</g:price></g:shipping>`,
			"1 | Mug | 15 EUR | https://shop.test/1 | https://i.test/1.jpg | B | Home > Mugs | Blue",
		},
		"out of stock":            {rest + `<g:availability>out of stock</g:availability>`, " | T | - | https://shop.test/1 |  | A shop |  |  | unavailable"},
		"schema.org's word":       {rest + `<g:availability>https://schema.org/InStock</g:availability>`, " | T | - | https://shop.test/1 |  | A shop |  | "},
		"only a number":           {rest + `<g:google_product_category>1604</g:google_product_category>`, " | T | - | https://shop.test/1 |  | A shop |  | "},
		"HTML in CDATA":           {rest + `<description><![CDATA[<p>a</p><p>b &amp; c</p></item>]]></description>`, " | T | - | https://shop.test/1 |  | A shop |  | a b & c"},
		"HTML as elements":        {rest + `<description><p>a</p><p>b <b>c</b></p></description>`, " | T | - | https://shop.test/1 |  | A shop |  | a b c"},
		"HTML's entities":         {`<title>A&nbsp;&laquo;b&raquo;</title><link>https://shop.test/1?a=1&b=2&amp;c=3</link>`, " | A «b» | - | https://shop.test/1?a=1&b=2&c=3 |  | A shop |  | "},
		"comment and controls":    {"<!-- <item> --><title>A\x1f\x07b</title><link> https://shop.test/1 </link>", " | A b | - | https://shop.test/1 |  | A shop |  | "},
		"another name's title":    {rest + `<media:title>X</media:title><atom:link>https://x.test</atom:link>`, " | T | - | https://shop.test/1 |  | A shop |  | "},
		"characters of 2-4 bytes": {`<title>я€😀</title><link>https://shop.test/1</link>`, " | я€😀 | - | https://shop.test/1 |  | A shop |  | "},
	} {
		t.Run(name, func(t *testing.T) {
			items, refusals, end := read(t, feed.RSS, rssFeed("<item>"+c.item+"</item>"+goodItem), feed.Options{})
			wantEqual(t, "products", briefs(items), []string{c.want, afterGoodItem})
			wantEqual(t, "refusals", refusals, nil)
			wantEqual(t, "error", end, "")
		})
	}
}

func TestRSSKeepsTheOriginal(t *testing.T) {
	items, _, _ := read(t, feed.RSS, rssFeed(`<item a="1"><title>T</title><link>https://shop.test/1</link><g:shipping><g:country>DE</g:country></g:shipping><x/><y>1</y><y>2</y></item>`), feed.Options{})
	wantEqual(t, "raw", string(items[0].Raw),
		`{"@a":"1","g:shipping":{"#text":"DE","g:country":"DE"},"link":"https://shop.test/1","title":"T","x":"","y":["1","2"]}`)
}

func TestGoogleNamespaceUnderAnotherPrefix(t *testing.T) {
	text := strings.NewReplacer("xmlns:g=", "xmlns:goo=", "<g:", "<goo:", "</g:", "</goo:").Replace(rssFeed(goodItem))
	items, _, _ := read(t, feed.RSS, text, feed.Options{})
	wantEqual(t, "products", briefs(items), []string{afterGoodItem})
}

// A broken item is refused with the line it begins on (4), and the next one is read.
func TestXMLRefusals(t *testing.T) {
	const rest = `<title>T</title><link>https://shop.test/1</link>`
	deep := strings.Repeat("<a>", 40)
	for name, c := range map[string]struct {
		item string
		want []string
	}{
		"no title":              {`<item><link>https://shop.test/1</link></item>`, []string{"4 title_missing title"}},
		"no URL":                {"<item>\n\n<title>T</title></item>", []string{"4 url_missing product_url"}},
		"words as price":        {`<item>` + rest + `<g:price>free</g:price></item>`, []string{"4 price_invalid price"}},
		"negative price":        {`<item>` + rest + `<g:price>-1 EUR</g:price></item>`, []string{"4 price_negative price"}},
		"elements as title":     {`<item><title a="1"><b/></title><link>https://shop.test/1</link></item>`, []string{"4 field_not_text title"}},
		"invalid UTF-8":         {"<item><title>\xd0</title><link>https://shop.test/1</link></item>", []string{"4 text_not_utf8 title"}},
		"self-closing":          {`<item/>`, []string{"4 title_missing title"}},
		"bare <":                {`<item><title>5 < 6</title></item>`, []string{"4 record_malformed"}},
		"bare < at its end":     {`<item><title>T</title><</item>`, []string{"4 record_malformed"}},
		"wrong end tag":         {`<item><title>T</link></item>`, []string{"4 record_malformed"}},
		"no end tag":            {`<item><title>T</item>`, []string{"4 record_malformed"}},
		"no end of item":        {`<item>` + rest, []string{"4 record_malformed"}},
		"open attribute":        {`<item a="1>` + rest + `</item>`, []string{"4 record_malformed"}},
		"forbidden character":   {`<item><title>&#2;</title></item>`, []string{"4 record_malformed"}},
		"too deep":              {`<item>` + deep + strings.ReplaceAll(deep, "<", "</") + `</item>`, []string{"4 record_malformed"}},
		"too many elements":     {`<item>` + strings.Repeat("<a/>", 10_001) + `</item>`, []string{"4 record_malformed"}},
		"10 MB element":         {`<item><title>` + strings.Repeat("A", feed.MaxRecord) + `</title></item>`, []string{"4 record_malformed"}},
		"10 MB tag":             {`<item ` + strings.Repeat("A", feed.MaxRecord) + `></item>`, []string{"4 record_malformed"}},
		"64 kB tag":             {`<item ` + strings.Repeat("a ", 40_000) + `></item>`, []string{"4 record_malformed"}},
		"64 kB of CDATA":        {`<item><description><![CDATA[` + strings.Repeat("a ", 40_000) + `]]></description></item>`, []string{"4 title_missing title"}},
		"10 MB between":         {goodItem + `<x>` + strings.Repeat("A", feed.MaxRecord) + `</x>`, []string{"4 record_malformed", "5 record_malformed"}},
		"stray end tag between": {goodItem + "\n</x>", []string{"5 record_malformed"}},
		"garbage between":       {goodItem + "\n< ]]>", []string{"5 record_malformed"}},
	} {
		t.Run(name, func(t *testing.T) {
			items, refusals, end := read(t, feed.RSS, rssFeed(c.item+goodItem), feed.Options{})
			wantEqual(t, "refusals", refusals, c.want)
			wantEqual(t, "last product", brief(items[len(items)-1]), afterGoodItem)
			wantEqual(t, "error", end, "")
		})
	}
}

func TestXMLThatIsNoFeed(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "feed_truncated",
		" \n":                          "feed_truncated",
		"not XML at all":               "feed_truncated",
		"<html><body/></html>":         "feed_malformed",
		"</rss>":                       "feed_malformed",
		"<rss><channel>":               "feed_truncated",
		"<rss><channel><item>":         "feed_truncated",
		"<rss/>":                       "",
		"<rss></rss> anything <behind": "",
		"<?xml version='1.0' encoding='koi8-r'?><rss/>": "encoding_unknown",
		"\xff\xfe<\x00r\x00s\x00s\x00/\x00>\x00":        "encoding_unknown",
		// Entities are never expanded, so none can grow.
		`<!DOCTYPE rss [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]><rss>&b;</rss>`: "",
	} {
		items, refusals, end := read(t, feed.RSS, text, feed.Options{})
		wantEqual(t, text, end, want)
		wantEqual(t, text+": products and refusals", len(items)+len(refusals), 0)
	}
}

// What is beyond the root is never looked at, and nothing is expanded on the way.
func TestAnEntityStaysAsItIsWritten(t *testing.T) {
	text := `<!DOCTYPE rss [<!ENTITY bomb "boom">]>` + strings.Replace(rssFeed(goodItem), "Good", "&bomb;", 1)
	items, _, _ := read(t, feed.RSS, strings.Replace(text, `<?xml version="1.0" encoding="UTF-8"?>`, "", 1), feed.Options{})
	wantEqual(t, "title", items[0].Title, "&bomb;")
}
