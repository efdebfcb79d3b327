package analytics_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"gifty/domain"
	"gifty/domain/analytics"
	"gifty/domain/catalogue"
	"gifty/domain/discovery"
	"gifty/domain/domaintest"
	"gifty/domain/recipient"
	"gifty/projections"
	"gifty/projections/all/alltest"
	readanalytics "gifty/projections/analytics"
)

func ask(t *testing.T, w *alltest.World, q readanalytics.Question) readanalytics.Answer {
	t.Helper()
	prepared, err := readanalytics.Prepare(t.Context(), w.Engine, q)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := prepared.Run(t.Context(), projections.RebuildOptions{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func counts(r analytics.Report) string {
	var n []int
	for _, s := range r.Steps {
		n = append(n, s.Count)
	}
	return fmt.Sprint(n)
}

// session is a giver's: ideas, of which the first is seen and bought, the second disliked.
func session(t *testing.T, w *alltest.World, relation recipient.Relation) {
	t.Helper()
	created, err := w.Recipients.Create(w.Ctx, recipient.CreateRecipient{Profile: recipient.Profile{Relation: relation, Interests: []string{"tea", "chess"}}})
	if err != nil {
		t.Fatal(err)
	}
	who := created.Result.RecipientID
	made, err := w.Discovery.Generate(w.Ctx, discovery.GenerateHypotheses{RecipientID: &who})
	if err != nil {
		t.Fatal(err)
	}
	idea := func(i int) string { return made.Result.HypothesisID[i].String() }
	linked, err := w.Store.Streams(w.Ctx, discovery.HypothesisStream(made.Result.HypothesisID[0]))
	if err != nil {
		t.Fatal(err)
	}
	gift := ""
	for _, e := range linked[discovery.HypothesisStream(made.Result.HypothesisID[0])] {
		if l, ok := e.Event.(discovery.ProductsLinked); ok {
			gift = l.Links[0].GiftID
		}
	}
	for _, r := range []discovery.RecordInteraction{
		{Action: "view", TargetType: "hypothesis", TargetID: idea(0)},
		{Action: "view", TargetType: "hypothesis", TargetID: idea(1)},
		{Action: "dislike", TargetType: "hypothesis", TargetID: idea(1)},
		{Action: "click", TargetType: "product", TargetID: gift, HypothesisID: &made.Result.HypothesisID[0]},
		{Action: "shortlist", TargetType: "hypothesis", TargetID: idea(0)},
		{Action: "purchase", TargetType: "product", TargetID: gift, HypothesisID: &made.Result.HypothesisID[0]},
	} {
		r.RecipientID, r.SessionID = who, made.Result.SessionID
		if _, err := w.Discovery.Record(w.Ctx, r); err != nil {
			t.Fatal(err)
		}
	}
}

func newWorld(t *testing.T) *alltest.World {
	w := alltest.New(t)
	var items []catalogue.Item
	for i, title := range []string{"Tea set of clay", "Good tea", "Chess set of oak", "Good chess clock", "A surprise"} {
		items = append(items, catalogue.Item{ID: title, Title: title, ProductURL: "https://shop.example/x", Merchant: fmt.Sprint("Shop ", i%2), Available: true})
	}
	w.Import(t, items...)
	w.Embed(t, alltest.Words{})
	return w
}

func TestShippedFunnelsOfASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	session(t, w, "friend")
	middle, err := w.Store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	between := time.Now()
	session(t, w, "partner")
	shipped, err := analytics.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	byName := func(a readanalytics.Answer) map[string]analytics.Report {
		reports := map[string]analytics.Report{}
		for _, r := range a.Reports {
			reports[r.Funnel] = r
		}
		return reports
	}
	whole := byName(ask(t, w, readanalytics.Question{Funnels: shipped}))
	if got := counts(whole["ideas"]); got != "[6 6 4 2 2 2]" {
		t.Errorf("ideas: %s", got)
	}
	if got := counts(whole["quiz"]); got != "[2 2 2 2 2]" {
		t.Errorf("quiz: %s", got)
	}
	relations := map[string]string{}
	for _, g := range whole["ideas"].Breakdowns[6].Groups {
		relations[g.Value] = fmt.Sprint(g.Steps[0].Count, g.Steps[5].Count)
	}
	if fmt.Sprint(relations) != "map[friend:3 1 partner:3 1]" {
		t.Errorf("by relation: %v", relations)
	}
	for _, g := range whole["ideas"].Breakdowns[4].Groups {
		if g.Value == "(none)" && g.Steps[3].Count > 0 {
			t.Errorf("what was clicked has no merchant: %+v", g)
		}
	}
	then := ask(t, w, readanalytics.Question{Funnels: shipped, UpTo: &middle})
	if got := counts(byName(then)["ideas"]); got != "[3 3 2 1 1 1]" {
		t.Errorf("ideas as of then: %s", got)
	}
	later := byName(ask(t, w, readanalytics.Question{Funnels: shipped, From: between}))
	if got := counts(later["ideas"]); got != "[3 3 2 1 1 1]" {
		t.Errorf("ideas later: %s", got)
	}
	for _, g := range later["ideas"].Breakdowns[4].Groups { // told before, looked up all the same
		if g.Value == "(none)" && g.Steps[3].Count > 0 {
			t.Errorf("later: %+v", g)
		}
	}
	again := ask(t, w, readanalytics.Question{Funnels: shipped, UpTo: &middle})
	first, _ := json.Marshal(then)
	second, _ := json.Marshal(again)
	if string(first) != string(second) {
		t.Errorf("the same question has two answers:\n%s\n%s", first, second)
	}
	if earlier := byName(ask(t, w, readanalytics.Question{Funnels: shipped, To: between})); counts(earlier["quiz"]) != "[1 1 1 1 1]" {
		t.Errorf("earlier: %s", counts(earlier["quiz"]))
	}
	prepared, err := readanalytics.Prepare(t.Context(), w.Engine, readanalytics.Question{Funnels: shipped})
	if err != nil {
		t.Fatal(err)
	}
	_, err = prepared.Run(t.Context(), projections.RebuildOptions{Memory: 1})
	domaintest.Refused(t, err, "replay_too_large")
	jobs, err := w.Engine.Jobs(t.Context())
	if err != nil || len(jobs) < 2 || jobs[0].Kind != "funnel" || jobs[0].State != "failed" || jobs[1].State != "done" || len(jobs[0].Tables) != len(shipped) {
		t.Errorf("%+v, %v", jobs, err)
	}
	var kept readanalytics.Answer
	if result, err := w.Engine.JobResult(t.Context(), jobs[1].ID); err != nil || json.Unmarshal(result, &kept) != nil || len(kept.Reports) != len(shipped) {
		t.Errorf("%s, %v", result, err)
	}
}

func TestQuestionsThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	quiz, err := analytics.ShippedNamed("quiz")
	if err != nil {
		t.Fatal(err)
	}
	now, far := time.Now(), domain.Position(100)
	for code, q := range map[string]readanalytics.Question{
		"range_invalid":    {From: now, To: now.Add(-time.Hour)},
		"as_of_invalid":    {UpTo: &far, AsOf: now},
		"position_invalid": {UpTo: &far},
		"range_empty":      {AsOf: now},
		"funnels_invalid":  {From: now},
	} {
		if code != "funnels_invalid" {
			q.Funnels = []analytics.Definition{quiz}
		}
		_, err := readanalytics.Prepare(t.Context(), w.Engine, q)
		var known *domain.Error
		if !errors.As(err, &known) || known.Code != code {
			t.Errorf("%s: %v", code, err)
		}
	}
	if _, err := w.Engine.JobResult(t.Context(), 99); err == nil {
		t.Error("a job that was not has a result")
	}
}
