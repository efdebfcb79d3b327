package main

import (
	"strings"
	"testing"

	"gifty/projections/all/alltest"
)

func TestImportingAndFinding(t *testing.T) {
	t.Parallel()
	url := alltest.Tables.URL(t)
	p, d := at(t, url), look(t, url)
	kettle := `{"id": "k", "title": "Чайник со свистком", "price": 2990, "currency": "RUB", "category": "Полка 1", "product_url": "https://shop.example/kettle"}` + "\n"
	file := p.write(t, "feed.jsonl", products(1, 20)+kettle)

	first := p.run(t, "import", file)
	if want := "source feed: 21 new, 0 changed, 0 unchanged, 0 refused, 0 duplicates\n"; first.out.String() != want {
		t.Errorf("%q, want %q", first.out, want)
	}
	d.holds(t, 21)
	head := d.head(t)
	if again := p.run(t, "import", file); !strings.HasPrefix(again.out.String(), "source feed: 0 new, 0 changed, 21 unchanged") || d.head(t) != head {
		t.Errorf("importing again: %s, and the log is at %d after %d", again.out, d.head(t), head)
	}
	found := p.run(t, "search", "чайник", "--limit", "1")
	if got := strings.Join(strings.Fields(found.out.String()), " "); got != "2990 RUB Чайник со свистком https://shop.example/kettle" {
		t.Errorf("found %s", got)
	}
}

// Two shops may number their products alike: each file is a source of its own, however it is packed.
func TestTwoShopsFeedsDoNotOverwriteEachOther(t *testing.T) {
	t.Parallel()
	url := alltest.Tables.URL(t)
	p, d := at(t, url), look(t, url)
	one, other := p.write(t, "one.v2.jsonl", products(1, 8)), p.write(t, "other.jsonl.gz", zipped(t, products(1, 9)+products(3, 3), 0))
	run := p.run(t, "import", one, other)
	want := "source one.v2: 8 new, 0 changed, 0 unchanged, 0 refused, 0 duplicates\n" +
		"source other: 9 new, 0 changed, 0 unchanged, 0 refused, 1 duplicate\n  line 10: other:3 stands in the feed before; the first is taken\n"
	if run.out.String() != want {
		t.Errorf("%s", run.out)
	}
	d.holds(t, 17)
	head := d.head(t)
	parts := p.run(t, "import", "--source", "other", other, p.write(t, "rest.jsonl", products(9, 10)))
	want = "source other: 0 new, 0 changed, 9 unchanged, 0 refused, 1 duplicate\n  line 10: other:3 stands in the feed before; the first is taken\n" +
		"source other: 1 new, 0 changed, 0 unchanged, 0 refused, 1 duplicate\n  line 1: other:9 stands in the feed before; the first is taken\n"
	if parts.out.String() != want || d.head(t) != head+2 {
		t.Errorf("%s", parts.out)
	}
}

func TestAChangedPriceIsOneEventAndKeepsTheVector(t *testing.T) {
	t.Parallel()
	url := alltest.Tables.URL(t)
	p, d := at(t, url), look(t, url)
	feed := products(1, 20)
	p.run(t, "import", p.write(t, "feed.jsonl", feed))
	head := d.head(t)
	cheaper := p.write(t, "feed.jsonl", strings.Replace(feed, `"price":107`, `"price":77`, 1))
	if run := p.run(t, "import", cheaper); !strings.HasPrefix(run.out.String(), "source feed: 0 new, 1 changed, 19 unchanged") {
		t.Error(run.out)
	}
	if got := d.number(t, `SELECT count(*) FROM events WHERE position > $1 AND type = 'catalogue.product_price_changed.v1' AND stream = 'product-feed:7'`, head); got != 1 || d.head(t) != head+1 {
		t.Errorf("%d price changes, and the log is at %d after %d", got, d.head(t), head)
	}
	if got := d.number(t, `SELECT price::int FROM products WHERE gift_id = 'feed:7'`); got != 77 {
		t.Errorf("the price is %d", got)
	}
	d.holds(t, 20)
}
