package main

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/parquet-go/parquet-go"

	"gifty/projections/all/alltest"
	"gifty/projections/events"
)

func TestTheLogIsShown(t *testing.T) {
	t.Parallel()
	p := at(t, alltest.Tables.URL(t))
	p.run(t, "import", "--no-embed", p.write(t, "feed.jsonl", products(1, 3)))
	p.run(t, "events").says(t, "POSITION", "catalogue.product_listed.v1", `"title":"Подарок 1`)
	lines := p.run(t, "events", "--format", "jsonl", "--type", "catalogue.product_listed.v1", "--newest", "--limit", "2").out.String()
	if strings.Count(lines, "\n") != 2 || !strings.Contains(lines, "Подарок 3") || strings.Contains(lines, "Подарок 1:") {
		t.Error(lines)
	}
	p.run(t, "events", "--format", "parquet", "-o", "log.parquet")
	if rows, err := parquet.ReadFile[events.EventRow](filepath.Join(p.dir, "log.parquet")); err != nil || len(rows) < 3 || rows[2].Position != 3 {
		t.Errorf("%+v, %v", rows, err)
	}
	p.begin(t, nil, "events", "--type", "nonsense").fails(t, 1, "is no type of event; there are account.")
	p.begin(t, nil, "events", "--from", "2026-02-01T00:00:00Z", "--to", "2026-01-01T00:00:00Z").fails(t, 1, "must be later than from")
	if none := p.run(t, "events", "--stream", "product-feed:none"); !strings.Contains(none.err.String(), "no event in the log") || none.out.String() != "" {
		t.Errorf("%q, %q", none.out, none.err)
	}
	follow := p.begin(t, nil, "events", "-f", "--stream", "product-feed:9")
	p.run(t, "import", "--no-embed", "--source", "feed", p.write(t, "more.jsonl", products(9, 9)))
	follow.until(t, func() bool { return strings.Contains(follow.out.String(), "Подарок 9") })
	follow.signal(t, syscall.SIGTERM)
	follow.done(t)
}
