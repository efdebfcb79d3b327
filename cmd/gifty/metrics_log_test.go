package main

import (
	"log/slog"
	"testing"

	"gifty/projections/all/alltest"
)

func TestTheLogsFiguresAreMeasured(t *testing.T) {
	t.Parallel()
	url := alltest.Tables.URL(t)
	p := at(t, url)
	p.run(t, "import", "--no-embed", p.write(t, "feed.jsonl", products(1, 3)))
	a, err := openLog(t.Context(), Config{DatabaseURL: url, Data: p.dir, MaxConns: 4, Migrations: "auto", Privacy: Privacy{Key: sharedKey()}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	families, err := a.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	want := float64(look(t, url).head(t))
	for _, f := range families {
		if f.GetName() == "gifty_log_head" {
			if got := f.GetMetric()[0].GetGauge().GetValue(); got != want {
				t.Errorf("the head is %g, want %g", got, want)
			}
			return
		}
	}
	t.Error("the log's head is not measured")
}
