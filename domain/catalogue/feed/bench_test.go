package feed_test

import (
	"fmt"
	"strings"
	"testing"

	"gifty/domain/catalogue/feed"
)

const benchProducts = 1000

// BenchmarkRead reports products a second for each format, on products of about 700 bytes.
func BenchmarkRead(b *testing.B) {
	for f, text := range benchFeeds() {
		b.Run(string(f), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				for l, err := range feed.Read(strings.NewReader(text), f, feed.Options{}) {
					if err != nil || l.Refused != nil {
						b.Fatal(l.Refused, err)
					}
					n++
				}
				if n != benchProducts {
					b.Fatalf("%d products", n)
				}
			}
			b.ReportMetric(benchProducts*float64(b.N)/b.Elapsed().Seconds(), "products/s")
		})
	}
}

func benchFeeds() map[feed.Format]string {
	const description = "Набор для рисования в деревянной коробке: краски, кисти, палитра и бумага. Подойдёт и новичку, и тому, кто рисует давно; коробку можно взять с собой в поездку."
	const page, picture = "https://shop.test/catalogue/drawing/item/%d?utm_source=feed&color=blue", "https://images.shop.test/480x480/%d.jpg"
	head := map[feed.Format]string{
		feed.CSV: "id,title,description,price,currency,category,merchant,image_url,product_url\n",
		feed.TSV: "id\ttitle\tdescription\tprice\tproduct_type\tbrand\timage_link\tlink\n",
		feed.RSS: `<rss xmlns:g="http://base.google.com/ns/1.0"><channel>`,
		feed.YML: `<yml_catalog><shop><name>Shop</name><categories><category id="5">Творчество</category></categories><offers>`,
	}
	record := map[feed.Format]string{
		feed.JSONL: `{"id": "%[1]d", "title": "Набор для рисования %[1]d", "description": "` + description + `", "price": 1990.0, "currency": "RUB", "category": "Творчество", "merchant": "Shop", "image_url": "` + picture + `", "product_url": "` + page + `"}` + "\n",
		feed.CSV:   "%[1]d,Набор для рисования %[1]d,\"" + description + "\",1990.00,RUB,Творчество,Shop," + picture + "," + page + "\n",
		feed.TSV:   "%[1]d\tНабор для рисования %[1]d\t" + description + "\t1990.00 RUB\tТворчество\tShop\t" + picture + "\t" + page + "\n",
		feed.RSS:   "<item><g:id>%[1]d</g:id><title>Набор для рисования %[1]d</title><description>" + description + "</description><g:price>1990.00 RUB</g:price><g:product_type>Творчество</g:product_type><g:brand>Shop</g:brand><g:image_link>" + picture + "</g:image_link><link>" + page + "</link></item>\n",
		feed.YML:   `<offer id="%[1]d" available="true"><name>Набор для рисования %[1]d</name><description>` + description + "</description><price>1990</price><currencyId>RUR</currencyId><categoryId>5</categoryId><picture>" + picture + "</picture><url>" + page + "</url></offer>\n",
	}
	foot := map[feed.Format]string{feed.RSS: "</channel></rss>", feed.YML: "</offers></shop></yml_catalog>"}
	feeds := map[feed.Format]string{}
	for f := range record {
		var b strings.Builder
		b.WriteString(head[f])
		for i := range benchProducts {
			fmt.Fprintf(&b, strings.ReplaceAll(record[f], "%d", "%[1]d"), i)
		}
		feeds[f] = b.String() + foot[f]
	}
	return feeds
}
