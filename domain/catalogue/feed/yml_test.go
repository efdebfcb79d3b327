package feed_test

import (
	"strings"
	"testing"

	"gifty/domain/catalogue/feed"
)

func ymlFeed(offers string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE yml_catalog SYSTEM "shops.dtd">
<yml_catalog date="2026-01-31 10:00"><shop><name>Магазин</name><company>ООО</company><url>https://shop.test</url>
<currencies><currency id="EUR" rate="90"/><currency id="RUR" rate="1"/></currencies>
<categories><category id="1">Дом</category><category id="2" parentId="1">Посуда</category><category id="3" parentId="4">А</category><category id="4" parentId="3">Б</category></categories>
<offers>
` + offers + `
</offers></shop></yml_catalog>`
}

const (
	goodOffer      = `<offer id="7"><name>Good</name><url>https://shop.test/7</url></offer>`
	afterGoodOffer = "7 | Good | - | https://shop.test/7 |  | Магазин |  | "
)

func TestYMLProducts(t *testing.T) {
	const rest = `<name>T</name><url>https://shop.test/1</url>`
	for name, c := range map[string]struct{ offer, want string }{
		"simple": {
			`<offer id="1" available="true"><name>Кружка</name><url>https://shop.test/1</url><price>1990</price><oldprice>2500</oldprice><currencyId>RUR</currencyId><categoryId>2</categoryId>
			<picture>https://i.test/1.jpg</picture><picture>https://i.test/2.jpg</picture><vendor>Завод</vendor><store>true</store><description><![CDATA[<p>Синяя</p>]]></description><param name="Цвет">синий</param></offer>`,
			"1 | Кружка | 1990 RUB | https://shop.test/1 | https://i.test/1.jpg | Магазин | Дом > Посуда | Синяя",
		},
		"vendor.model": {
			`<offer id="1" type="vendor.model" available="false"><typePrefix>Чайник</typePrefix><vendor>Завод</vendor><model>Ч-1</model><url>https://shop.test/1</url><price from="true">100</price><currencyId>EUR</currencyId></offer>`,
			"1 | Чайник Завод Ч-1 | 100 EUR | https://shop.test/1 |  | Магазин |  |  | unavailable",
		},
		"no currency":      {`<offer>` + rest + `<price>5</price></offer>`, " | T | 5 RUB | https://shop.test/1 |  | Магазин |  | "},
		"unknown category": {`<offer>` + rest + `<categoryId>9</categoryId></offer>`, " | T | - | https://shop.test/1 |  | Магазин |  | "},
		"circular category": {`<offer>` + rest + `<categoryId>3</categoryId></offer>`,
			" | T | - | https://shop.test/1 |  | Магазин | " + strings.TrimSuffix(strings.Repeat("Б > А > ", 8), " > ") + " | "},
		"deleted": {`<offer deleted="true">` + rest + `</offer>`, " | T | - | https://shop.test/1 |  | Магазин |  |  | unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			items, refusals, end := read(t, feed.YML, ymlFeed(c.offer+goodOffer), feed.Options{})
			wantEqual(t, "products", briefs(items), []string{c.want, afterGoodOffer})
			wantEqual(t, "refusals", refusals, nil)
			wantEqual(t, "error", end, "")
		})
	}
}

func TestYMLRefusals(t *testing.T) {
	offers := "<offer id=\"1\"><url>https://shop.test/1</url></offer>\n<offer id=\"2\"><name>T</name></offer>\n" +
		"<offer id=\"3\"><name>T</name><url>https://shop.test/3</url><price>0</price><currencyId>XXX</currencyId></offer>\n<offer id=\"4\"><name>T</nam></offer>\n"
	items, refusals, end := read(t, feed.YML, ymlFeed(offers+goodOffer), feed.Options{})
	wantEqual(t, "refusals", refusals, []string{"7 title_missing title", "8 url_missing product_url", "9 currency_unknown currency", "10 record_malformed"})
	wantEqual(t, "products", briefs(items), []string{afterGoodOffer})
	wantEqual(t, "error", end, "")
}

func TestYMLInWindows1251(t *testing.T) {
	text := to1251(strings.Replace(ymlFeed(`<offer id="1"><name>Жёлтая кружка</name><url>https://shop.test/1</url></offer>`), "UTF-8", "windows-1251", 1))
	items, refusals, end := read(t, feed.YML, text, feed.Options{Charset: from1251})
	wantEqual(t, "products", briefs(items), []string{"1 | Жёлтая кружка | - | https://shop.test/1 |  | Магазин |  | "})
	wantEqual(t, "refusals", refusals, nil)
	wantEqual(t, "error", end, "")

	_, _, end = read(t, feed.YML, text, feed.Options{})
	wantEqual(t, "without a converter", end, "encoding_unknown")
}

// Some programs convert a feed and forget its declaration; the byte order mark knows better.
func TestAByteOrderMarkBeatsTheDeclaration(t *testing.T) {
	text := "\ufeff" + strings.Replace(ymlFeed(goodOffer), "UTF-8", "windows-1251", 1)
	items, _, end := read(t, feed.YML, text, feed.Options{Charset: from1251})
	wantEqual(t, "products", briefs(items), []string{afterGoodOffer})
	wantEqual(t, "error", end, "")
}
