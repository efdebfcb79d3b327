package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gifty/projections/all/alltest"
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
	if file, err := os.ReadFile(filepath.Join(p.dir, "log.parquet")); err != nil || !strings.HasSuffix(string(file), "PAR1") {
		t.Errorf("%d bytes, %v", len(file), err)
	}
	p.begin(t, nil, "events", "--type", "nonsense").fails(t, 1, "is no type of event; there are account.")
	p.begin(t, nil, "events", "--from", "2026-02-01T00:00:00Z", "--to", "2026-01-01T00:00:00Z").fails(t, 1, "must be later than from")
	follow := p.begin(t, nil, "events", "-f", "--stream", "product-feed:9")
	p.run(t, "import", "--no-embed", "--source", "feed", p.write(t, "more.jsonl", products(9, 9)))
	follow.until(t, func() bool { return strings.Contains(follow.out.String(), "Подарок 9") })
	follow.signal(t, syscall.SIGTERM)
	follow.done(t)
}
