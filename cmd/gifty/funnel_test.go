package main

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"gifty/domain/analytics"
	"gifty/projections/all"
	"gifty/projections/all/alltest"
	readanalytics "gifty/projections/analytics"
)

// The simulator counts what its givers did; the log must say the same.
func TestFunnelsSayWhatTheSimulatorCounted(t *testing.T) {
	t.Parallel()
	p := at(t, alltest.Tables.URL(t))
	p.run(t, "import", p.write(t, "feed.jsonl", products(1, 60)))
	var counted simulated
	if err := json.Unmarshal([]byte(p.run(t, "simulate", "--givers", "40", "--pages", "2", "--gifts", "6", "--json").out.String()), &counted); err != nil {
		t.Fatal(err)
	}
	var answer readanalytics.Answer
	if err := json.Unmarshal([]byte(p.run(t, "funnel", "pages", "liked", "--json").out.String()), &answer); err != nil {
		t.Fatal(err)
	}
	want := [][]int{{counted.Gifts, counted.Shown, counted.Clicked, counted.Purchased}, {counted.Gifts, counted.Shown, counted.Liked}}
	for i, r := range answer.Reports {
		var got []int
		for _, s := range r.Steps {
			got = append(got, s.Count)
		}
		if !slices.Equal(got, want[i]) || counted.Clicked == 0 {
			t.Errorf("%s: %v, the simulator counted %v", r.Funnel, got, want[i])
		}
	}
	p.run(t, "funnel", "pages").says(t, "From a page of gifts to a purchase", "████", "BY POLICY", "BY AGE GROUP", "BEGAN IN", "the log up to position")
	p.run(t, "jobs").says(t, "funnel", "done")
	p.run(t, "kpis", "--days", "7").says(t, "active givers", "of the gifts shown were clicked", "DAY")
	p.begin(t, nil, "kpis", "--days", "0").fails(t, 1, "a trend has 1 to 90 days")
	asOf := p.run(t, "funnel", "pages", "--as-of", "100", "--csv").out.String()
	if !strings.HasPrefix(asOf, "funnel,dimension,value,number,step,count") || asOf != p.run(t, "funnel", "pages", "--as-of", "100", "--csv").out.String() {
		t.Error(asOf)
	}
	p.run(t, "funnel", "pages", "--parquet", "-o", "pages.parquet")
	rows, err := parquet.ReadFile[readanalytics.Row](filepath.Join(p.dir, "pages.parquet"))
	if want := answer.Rows(); err != nil || len(rows) < 4 || !reflect.DeepEqual(rows[:4], want[:4]) {
		t.Errorf("%+v, %v", rows, err)
	}
}

const ownFunnel = `
name: mine
entity: giver
window: 7d
steps:
  - name: described somebody
    events: [{type: recipient.created.v1}]
  - name: got a page
    events: [{type: recommendation.served.v1}]
`

func TestFunnelsOfOnesOwn(t *testing.T) {
	t.Parallel()
	p := at(t, alltest.Tables.URL(t))
	file := p.write(t, "mine.yaml", ownFunnel)
	p.run(t, "funnel").says(t, "ideas", "quiz", "search", "pages")
	p.begin(t, nil, "funnel", file).fails(t, 1, "nothing had happened in this range")
	p.run(t, "import", "--no-embed", p.write(t, "feed.jsonl", products(1, 3)))
	p.run(t, "funnel", file).says(t, "1 described somebody", "0 × giver")
	p.begin(t, nil, "funnel", "nonsense").fails(t, 1, `there is no funnel "nonsense"`, "ideas, liked, pages, quiz, search")
	p.begin(t, nil, "funnel", "missing.yaml").fails(t, 1, "missing.yaml can't be read", "no such file")
	own := "mine:\n  " + strings.ReplaceAll(strings.TrimSpace(ownFunnel), "\n", "\n  ")
	p.run(t, "config", "publish", "funnels", p.write(t, "own.yaml", own), "--activate").says(t, "version 1 of funnels; in force is 1")
	p.begin(t, nil, "config", "publish", "funnels", p.write(t, "own.yaml", strings.Replace(own, "7d", "0d", 1))).fails(t, 1, "mine.window must be more than nothing")
	p.run(t, "funnel").says(t, "search", "mine")
	p.run(t, "funnel", "mine").says(t, "1 described somebody")
	for spoilt, why := range map[string]string{
		strings.Replace(ownFunnel, "recipient.created.v1", "recipient.born.v1", 1):                                                   `there is no event "recipient.born.v1"; there are recipient.changed.v1, recipient.claimed.v1`,
		strings.Replace(ownFunnel, "7d", "0d", 1):                                                                                    "window must be more than nothing",
		strings.Replace(ownFunnel, "recommendation.served.v1", "recommendation.served.v1, where: [{field: brief.aged, is: [a]}]", 1): "has no field \"brief.aged\"",
		ownFunnel + "breakdowns: [{name: age, field: age}]":                                                                          "age is personal",
		strings.Replace(ownFunnel, "7d", "0", 1):                                                                                     "window must be more than nothing",
		strings.Replace(ownFunnel, "recommendation.served.v1", "recommendation.served.v1, where: [{field: limit, is: [5]}]", 1):      "steps.events.where.is must be text in quotes, but is number",
		"name: [": "neither YAML nor JSON",
	} {
		p.begin(t, nil, "funnel", p.write(t, "spoilt.yaml", spoilt)).fails(t, 1, why)
	}
	p.run(t, "funnel", "--personal", p.write(t, "age.yaml", ownFunnel+"breakdowns: [{name: age, field: age}]"))
	p.begin(t, nil, "funnel", "quiz", "--from", "2026-02-01T00:00:00Z", "--to", "2026-01-01T00:00:00Z").fails(t, 1, "from must be earlier than to")
	p.begin(t, nil, "funnel", "quiz", "--as-of", "yesterday").fails(t, 1, "--as-of must be a position")
	p.begin(t, nil, "funnel", "quiz", "--as-of", "100000").fails(t, 1, "the log has positions up to")
	p.begin(t, nil, "funnel", "quiz", "--to", "2020-01-01T00:00:00Z").fails(t, 1, "nothing had happened in this range")
}

func TestShippedFunnelsCanBeAsked(t *testing.T) {
	t.Parallel()
	types, err := all.Types()
	if err != nil {
		t.Fatal(err)
	}
	list, err := analytics.Shipped()
	if err != nil || len(list) < 4 {
		t.Fatal(list, err)
	}
	for _, d := range list {
		if err := d.Check(readanalytics.Schema(types), analytics.Permission{}); err != nil {
			t.Errorf("%s: %v", d.Name, err)
		}
	}
}
