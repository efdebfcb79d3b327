package main

import (
	"strings"
	"testing"

	"gifty/eventstore/pgtest"
)

func TestImportingAndFinding(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	p, d := at(t, url), look(t, url)
	kettle := `{"id": "k", "title": "Чайник со свистком", "price": 2990, "currency": "RUB", "category": "Полка 1", "product_url": "https://shop.example/kettle"}` + "\n"
	file := p.write(t, "feed.jsonl", products(1, 20)+kettle)

	first := p.run(t, "import", file)
	if want := "21 new, 0 changed, 0 unchanged, 0 refused\n"; first.out.String() != want {
		t.Errorf("%q, want %q", first.out, want)
	}
	d.holds(t, 21)
	head := d.head(t)
	if again := p.run(t, "import", file); !strings.HasPrefix(again.out.String(), "0 new, 0 changed, 21 unchanged") || d.head(t) != head {
		t.Errorf("importing again: %s, and the log is at %d after %d", again.out, d.head(t), head)
	}
	found := p.run(t, "search", "чайник", "--limit", "1")
	if got := strings.Join(strings.Fields(found.out.String()), " "); got != "2990 RUB Чайник со свистком https://shop.example/kettle" {
		t.Errorf("found %s", got)
	}
}

func TestAChangedPriceIsOneEventAndKeepsTheVector(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	p, d := at(t, url), look(t, url)
	feed := products(1, 20)
	p.run(t, "import", p.write(t, "feed.jsonl", feed))
	head := d.head(t)
	cheaper := p.write(t, "feed.jsonl", strings.Replace(feed, `"price":107`, `"price":77`, 1))
	if run := p.run(t, "import", cheaper); !strings.HasPrefix(run.out.String(), "0 new, 1 changed, 19 unchanged") {
		t.Error(run.out)
	}
	if got := d.number(t, `SELECT count(*) FROM events WHERE position > $1 AND type = 'catalogue.product_price_changed.v1' AND stream = 'product-import:7'`, head); got != 1 || d.head(t) != head+1 {
		t.Errorf("%d price changes, and the log is at %d after %d", got, d.head(t), head)
	}
	if got := d.number(t, `SELECT price::int FROM products WHERE gift_id = 'import:7'`); got != 77 {
		t.Errorf("the price is %d", got)
	}
	d.holds(t, 20)
}
