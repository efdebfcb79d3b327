package main

import (
	"encoding/json"
	"strings"
	"testing"

	"gifty/domain/catalogue/demo"
	"gifty/domain/recommend"
	"gifty/projections/all/alltest"
	"gifty/projections/recommendation"
)

const (
	warmPolicy = `{"name":"warm","version":1,"draw":{"temperature":0.2,"epsilon":0.1,"explore":{"position":0}}}`
	paidPolicy = `{"name":"paid","version":2,"weights":{"price_fit":0.8},"draw":{"temperature":0.2,"epsilon":0.1,"explore":{"position":0}}}`
)

// A policy serves made-up givers, and the log tells what it and another would have earned.
func TestSimulatingAndEvaluating(t *testing.T) {
	t.Parallel()
	p := at(t, alltest.Tables.URL(t))
	p.run(t, "import", p.write(t, "feed.jsonl", assortment(t)))
	p.write(t, "warm.json", warmPolicy)
	p.write(t, "paid.json", paidPolicy)
	p.begin(t, nil, "evaluate", "--ranking").fails(t, 1, "of the log's 0 choices")
	p.begin(t, nil, "evaluate", "--policy", "warm.json").fails(t, 1, "the log holds no decision")
	simulate := []string{"simulate", "--givers", "8", "--seed", "3", "--pages", "2", "--gifts", "4", "--policy", "warm.json", "--truth", "paid.json", "--draws", "1", "--json"}
	first := p.run(t, simulate...).out.String()
	var told struct {
		Policy                       string
		Pages, Gifts, Shown, Clicked int
		Truth                        struct {
			Policy string
			Value  float64
			Drawn  int
		}
	}
	if err := json.Unmarshal([]byte(first), &told); err != nil || told.Policy != "warm 1" || told.Pages == 0 || told.Shown < told.Pages || told.Gifts < told.Shown {
		t.Fatalf("%v: %s", err, first)
	}
	if told.Truth.Policy != "paid 2" || told.Truth.Drawn != told.Pages || told.Truth.Value == 0 {
		t.Error(first)
	}
	p.begin(t, nil, simulate...).fails(t, 1, "have got their pages before")
	p.write(t, "warm2.json", strings.Replace(warmPolicy, "0.2", "0.3", 1))
	p.begin(t, nil, "simulate", "--policy", "warm.json", "--truth", "warm2.json").fails(t, 1, "both named warm")
	var again struct{ Pages, Gifts, Shown, Clicked int }
	run := p.run(t, "simulate", "--givers", "8", "--seed", "3", "--pages", "2", "--gifts", "4", "--policy", "warm.json", "--concurrency", "1", "--json")
	if err := json.Unmarshal([]byte(run.out.String()), &again); err != nil || again.Pages != told.Pages || again.Clicked != told.Clicked {
		t.Errorf("%v: the same simulation gave\n%s, then\n%s", err, first, run.out)
	}

	var served struct {
		Payload struct {
			RecommendationID string `json:"recommendation_id"`
		}
	}
	run = p.run(t, "events", "--type", "recommendation.served.v1", "--limit", "1", "--format", "jsonl")
	if err := json.Unmarshal([]byte(run.out.String()), &served); err != nil {
		t.Fatal(err)
	}
	p.begin(t, nil, "explain", served.Payload.RecommendationID).fails(t, 1, "add --personal")
	p.run(t, "explain", served.Payload.RecommendationID, "--personal").says(t, "policy warm 1, seed")

	var compared struct {
		Past, Future int
		Scores       []struct {
			Ranker                             string
			Cases                              int
			NDCG, Coverage, Diversity, Novelty float64
		}
	}
	run = p.run(t, "evaluate", "--ranking", "--split", "0.5", "--json")
	if err := json.Unmarshal([]byte(run.out.String()), &compared); err != nil || compared.Past == 0 || compared.Future == 0 || len(compared.Scores) != 4 {
		t.Fatalf("%v: %s", err, run.out)
	}
	for i, name := range []string{"popularity", "words only", "vectors only", "ours"} {
		if s := compared.Scores[i]; s.Ranker != name || s.Cases == 0 || s.Coverage == 0 || s.Novelty == 0 || s.NDCG < 0 || s.NDCG > 1 {
			t.Errorf("%+v", s)
		}
	}
	if ours := compared.Scores[3]; ours.NDCG == 0 || ours.Diversity == 0 {
		t.Errorf("%+v", ours)
	}

	run = p.begin(t, nil, "evaluate", "--policy", "warm.json", "--json")
	run.fails(t, 1, "fewer than 100") // ESS: there are 16 pages
	if e := run.evaluation(t); e.Decisions != told.Pages || int(e.ESS+0.5) != told.Pages || e.Refused.Code != "ess_low" {
		t.Errorf("%+v", e)
	}
	p.begin(t, nil, "evaluate", "--policy", "paid.json").fails(t, 1, "served by policy warm version 1")
	run = p.begin(t, nil, "evaluate", "--policy", "paid.json", "--served", "warm.json", "--first", "2", "--fixed-weights")
	run.fails(t, 1, "the log cannot tell")
	if out := run.out.String(); !strings.Contains(out, "the target is paid 2, its weights as configured") || !strings.Contains(out, "the first 2 gifts of each") {
		t.Error(out)
	}

	p.run(t, "config", "publish", "ranking", p.write(t, "ranking.json", `{"policies":[`+warmPolicy+`]}`), "--activate")
	p.run(t, "simulate", "--givers", "1", "--seed", "4", "--pages", "1").says(t, "warm 1")
}

func TestSimulatingAndEvaluatingPoliciesRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	p := at(t, nowhere)
	p.write(t, "warm.json", warmPolicy)
	p.write(t, "warm2.json", strings.Replace(warmPolicy, "0.2", "0.3", 1))
	p.write(t, "bad.json", `{"name":"bad"}`)
	for _, c := range []struct {
		code      int
		args, why string
	}{
		{2, "simulate --givers 0", "--givers must be 1 to 100000"},
		{2, "simulate --currency roubles", "--currency must be"},
		{1, "simulate --policy missing.json", "missing.json: the policy cannot be read: no such file"},
		{1, "evaluate --policy bad.json", "version must be"},
		{2, "evaluate --policy warm.json --csv log.csv", "not two at once"},
		{2, "evaluate --ranking --policy warm.json", "not two at once"},
		{2, "evaluate --ranking --split 1", "--split must lie between"},
		{2, "evaluate --first 3", "go with --policy"},
		{2, "evaluate --policy warm.json --first 99", "--first must be"},
		{2, "evaluate --policy warm.json --from 2026-02-01T00:00:00Z --to 2026-01-01T00:00:00Z", "--from must be before --to"},
		{1, "evaluate --policy warm.json --served warm2.json", "policy warm version 1 served and was another"},
	} {
		p.begin(t, nil, strings.Fields(c.args)...).fails(t, c.code, c.why)
	}
}

// assortment is JSONL of some of the demo catalogue, in roubles.
func assortment(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	n := 0
	for item, err := range demo.Items() {
		if err != nil {
			t.Fatal(err)
		}
		if n++; item.Currency != "RUB" || n%6 != 1 {
			continue
		}
		line, err := json.Marshal(item)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	return b.String()
}

func TestWhatServesIsNamed(t *testing.T) {
	t.Parallel()
	ranking := recommendation.Ranking{Policies: []recommend.Policy{{Name: "default", Version: 3}, {Name: "warm", Version: 1}, {Name: "paid", Version: 2}}}
	if got := servedBy(ranking); got != "default 3" {
		t.Error(got)
	}
	ranking.Experiment = &recommendation.Experiment{Name: "autumn", Shares: []recommend.Share{{Name: "default", Parts: 1}, {Name: "warm", Parts: 1}}}
	if got := servedBy(ranking); got != "default 3, warm 1 in experiment autumn" {
		t.Error(got)
	}
}
