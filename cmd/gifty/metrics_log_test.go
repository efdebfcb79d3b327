package main

import (
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/projections/all/alltest"
	"gifty/projections/catalogue"
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
	newReactionMetrics(a.metrics).done("hypotheses", time.Second, nil)
	newModelMetrics(a.metrics).count(discovery.ModelCall{Provider: "p", Model: "m", Cost: &domain.Money{Amount: domain.WholeAmount(1), Currency: "USD"}})
	a.metrics.MustRegister(recallMetrics{&catalogue.Nearest{}})
	families, err := a.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	if problems, err := promlint.NewWithMetricFamilies(families).Lint(); err != nil || len(problems) > 0 {
		t.Errorf("%+v, %v", problems, err)
	}
	want, got := float64(look(t, url).head(t)), -1.0
	for _, f := range families {
		if f.GetName() == "gifty_log_head" {
			got = f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	if got != want {
		t.Errorf("the head is %g, want %g", got, want)
	}
	toldOfInREADME(t, a.metrics)
}

// toldOfInREADME checks that the README tells of our metrics, all of them and no others. Those of requests are
// the HTTP package's.
func toldOfInREADME(t *testing.T, registry *prometheus.Registry) {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, name := range regexp.MustCompile(`gifty_[a-z_]+`).FindAllString(string(readme), -1) {
		told[name] = !strings.HasPrefix(name, "gifty_http_")
	}
	there := map[string]bool{}
	described := make(chan *prometheus.Desc)
	go func() {
		defer close(described)
		registry.Describe(described)
	}()
	for d := range described {
		if name := regexp.MustCompile(`fqName: "(gifty_[a-z_]+)"`).FindStringSubmatch(d.String()); name != nil {
			there[name[1]] = true
		}
	}
	for name, ours := range told {
		if ours && !there[name] {
			t.Errorf("the README tells of %s, which there is not", name)
		}
	}
	for name := range there {
		if !told[name] {
			t.Errorf("the README does not tell of %s", name)
		}
	}
}
