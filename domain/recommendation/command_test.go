package recommendation_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/domaintest"
	"gifty/domain/recommendation"
)

func ask() recommendation.Recommend {
	return recommendation.Recommend{
		RecipientID: &ann, SessionID: "s1", HypothesisID: new(domaintest.ID(400)), Limit: 3, Policy: "warm",
		Brief: recommendation.Brief{Relation: "unknown", Occasion: "birthday", Language: "ru", Budget: &domain.Money{Amount: domain.WholeAmount(1000), Currency: "RUB"}},
		Ideas: []recommendation.Idea{{Title: "Tea", Queries: []string{"tea", "teapot"}}}, Exclude: []string{"z"},
	}
}

func TestRecommend(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := domaintest.ID(999)
	out, err := w.Recommend(domain.WithCommand(w.ctx, id), ask())
	if err != nil || out.Result.RecommendationID != id || out.Position != 2 {
		t.Fatalf("%+v, %v", out, err)
	}
	brief := ask().Brief
	brief.Age, brief.Gender, brief.Relation, brief.Interests = new(30), "female", "friend", []string{"tea"}
	wantAsk := recommendation.Ask{
		ID: id, Seed: recommendation.SeedOf(id), GiverID: giver, RecipientID: &ann, Brief: brief, Ideas: ask().Ideas, Exclude: []string{"z"}, Limit: 3, Policy: "warm",
	}
	if got := w.ranker.asked; len(got) != 1 || !reflect.DeepEqual(got[0], wantAsk) {
		t.Errorf("asked  %+v\nwanted %+v", got, wantAsk)
	}

	considered, err := json.Marshal(w.ranker.page.Considered)
	if err != nil {
		t.Fatal(err)
	}
	want := recommendation.Served{
		AgeSegment:       "adult",
		RecommendationID: id, GiverID: giver, RecipientID: &ann, SessionID: "s1", HypothesisID: ask().HypothesisID, Brief: brief, Ideas: ask().Ideas,
		Exclude: []string{"z"}, Limit: 3, Seed: wantAsk.Seed, Making: w.ranker.page.Making, ConsideredSHA256: sum(considered), PageSHA256: sum(out.Result.Page),
	}
	for _, i := range w.ranker.page.Items {
		want.Items = append(want.Items, recommendation.ServedItem{
			GiftID: i.GiftID, Position: i.Position, Query: "tea", Idea: "Tea", Track: "Drinks", Gap: "the_mirror", Similarity: new(0.5), Score: 1.5, Propensity: 0.25, Exploratory: i.Exploratory,
			Features: i.Features, Reason: i.Reason, EventIDs: i.EventIDs,
		})
	}
	if got := w.log.Since(t, 1); len(got) != 1 || !reflect.DeepEqual(got[0].Event, want) || got[0].Stream != recommendation.Stream(id) {
		t.Errorf("recorded %+v\nwant     %+v", got, want)
	}
	for _, blob := range [][]byte{considered, out.Result.Page} {
		if kept, err := w.log.Blob(w.ctx, sum(blob)); err != nil || !bytes.Equal(kept, blob) {
			t.Errorf("kept %s, %v", kept, err)
		}
	}
	var page recommendation.Recommended
	if err := json.Unmarshal(out.Result.Page, &page); err != nil {
		t.Fatal(err)
	}
	wantPage := recommendation.Recommended{
		RecommendationID: id, RecipientID: &ann, SessionID: "s1", HypothesisID: ask().HypothesisID,
		Items: w.ranker.page.Items, Seed: wantAsk.Seed, Making: w.ranker.page.Making,
	}
	if !reflect.DeepEqual(page, wantPage) {
		t.Errorf("served %+v\nwant   %+v", page, wantPage)
	}
}

func sum(b []byte) []byte {
	s := sha256.Sum256(b)
	return s[:]
}

// A retry gets the page of the first time, though another would be made by now.
func TestARetryGetsTheSamePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := domain.WithCommand(w.ctx, domaintest.ID(999))
	first, err := w.Recommend(ctx, ask())
	if err != nil {
		t.Fatal(err)
	}
	w.ranker.page = page("c")
	again, err := w.Recommend(ctx, ask())
	if err != nil || !again.Repeated || again.Position != first.Position || !reflect.DeepEqual(again.Result, first.Result) {
		t.Errorf("%+v, %v\nwant %+v", again, err, first)
	}
	other := ask()
	other.Limit = 4
	if _, err := w.Recommend(ctx, other); !errors.Is(err, domain.ErrCommandReused) {
		t.Errorf("another request: %v", err)
	}
	w.log.Unchanged(t, first.Position)
}

func TestNothingFits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ranker.page.Items, w.ranker.page.Candidates = nil, nil
	w.ranker.page.Notice = &recommendation.Notice{Code: "over_budget", Text: "Nothing fits", Nearest: []recommendation.Nearest{{GiftID: "z", Gift: recommendation.Gift{Title: "Teapot"}, Dropped: "over_budget"}}}
	out, err := w.Recommend(w.ctx, recommendation.Recommend{})
	if err != nil {
		t.Fatal(err)
	}
	if a := w.ranker.asked[0]; a.Limit != recommendation.DefaultLimit || a.RecipientID != nil || a.ID != out.Result.RecommendationID {
		t.Errorf("asked %+v", a)
	}
	e := w.log.Since(t, 1)[0].Event.(recommendation.Served)
	if e.Notice != "over_budget" || e.Items != nil || e.ConsideredSHA256 != nil {
		t.Errorf("recorded %+v", e)
	}
	if !bytes.Contains(out.Result.Page, []byte(`"items":[],"notice":{"code":"over_budget"`)) {
		t.Errorf("%s", out.Result.Page)
	}
}

func TestRecommendRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		change func(*recommendation.Recommend)
		fields []string
	}{
		"too many gifts":  {func(r *recommendation.Recommend) { r.Limit = 51 }, []string{"limit"}},
		"fewer than none": {func(r *recommendation.Recommend) { r.Limit = -1 }, []string{"limit"}},
		"long names": {func(r *recommendation.Recommend) {
			r.SessionID, r.Policy = strings.Repeat("s", 201), strings.Repeat("p", 101)
		}, []string{"session_id", "policy"}},
		"NUL":         {func(r *recommendation.Recommend) { r.SessionID, r.Policy = "\x00", "\xff" }, []string{"session_id", "policy"}},
		"21 ideas":    {func(r *recommendation.Recommend) { r.Ideas = make([]recommendation.Idea, 21); fill(r.Ideas) }, []string{"ideas"}},
		"501 gifts":   {func(r *recommendation.Recommend) { r.Exclude = slices.Repeat([]string{"z"}, 501) }, []string{"exclude"}},
		"no gift":     {func(r *recommendation.Recommend) { r.Exclude = []string{"z", ""} }, []string{"exclude[1]"}},
		"a long gift": {func(r *recommendation.Recommend) { r.Exclude = []string{strings.Repeat("z", 3001)} }, []string{"exclude[0]"}},
		"no title":    {func(r *recommendation.Recommend) { r.Ideas[0].Title = " " }, []string{"ideas[0].title"}},
		"a novel":     {func(r *recommendation.Recommend) { r.Ideas[0].Title = strings.Repeat("ж", 501) }, []string{"ideas[0].title"}},
		"a query":     {func(r *recommendation.Recommend) { r.Ideas[0].Queries[1] = "" }, []string{"ideas[0].queries[1]"}},
		"11 a time":   {func(r *recommendation.Recommend) { r.Ideas[0].Queries = strings.Split("abcdefghijk", "") }, []string{"ideas[0].queries"}},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := ask()
			cmd.Ideas = []recommendation.Idea{{Title: "Tea", Queries: []string{"tea", "teapot"}}}
			c.change(&cmd)
			_, err := w.Recommend(w.ctx, cmd)
			domaintest.Refused(t, err, "recommendation_invalid", c.fields...)
		})
	}
	_, err := w.Recommend(t.Context(), ask())
	domaintest.Refused(t, err, "unauthenticated")
	_, err = w.Recommend(stranger(w.ctx), ask())
	domaintest.Refused(t, err, "recipient_not_found")
	w.log.Unchanged(t, 1)
}

func fill(ideas []recommendation.Idea) {
	for i := range ideas {
		ideas[i].Title = "Tea"
	}
}

// What a broken recommender answers is not kept for ever.
func TestUnsoundPagesAreNotServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, change := range map[string]func(*recommendation.Page){
		"a gift twice":    func(p *recommendation.Page) { p.Items[1].GiftID = "a" },
		"a gift nameless": func(p *recommendation.Page) { p.Items[0].GiftID = "" },
		"a gap":           func(p *recommendation.Page) { p.Items[2].Position = 4 },
		"from 0":          func(p *recommendation.Page) { p.Items[0].Position = 0 },
		"by no chance":    func(p *recommendation.Page) { p.Items[0].Propensity = 0 },
		"more than sure":  func(p *recommendation.Page) { p.Items[0].Propensity = 1.5 },
		"by no number":    func(p *recommendation.Page) { p.Items[0].Propensity = math.NaN() },
		"no score":        func(p *recommendation.Page) { p.Items[0].Score = math.NaN() },
		"no feature":      func(p *recommendation.Page) { p.Items[0].Features[0].Value = math.Inf(1) },
		"no candidate":    func(p *recommendation.Page) { p.Candidates[0].Score = math.Inf(-1) },
	} {
		w.ranker.page = page("a", "b", "c")
		change(&w.ranker.page)
		var known *domain.Error
		if _, err := w.Recommend(w.ctx, ask()); err == nil || errors.As(err, &known) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.Recommender = nil
	_, err := w.Recommend(w.ctx, ask())
	domaintest.Refused(t, err, "recommender_missing")
	w.Recommender, w.ranker.err = w.ranker, errBroken
	if _, err := w.Recommend(w.ctx, ask()); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
	w.log.Unchanged(t, 1)
}

func TestARecipientGoesWhileAPageIsMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ranker.meanwhile = func() { w.person(t, ann, domaintest.PersonWent{}) }
	_, err := w.Recommend(w.ctx, ask())
	domaintest.Refused(t, err, "recipient_not_found")
	w.log.Unchanged(t, 2)
}

// feedback is all that can be said about a gift of a page.
func (w *world) feedback(id uuid.UUID, gift string) map[string]func(context.Context) (domain.Outcome[recommendation.Reached], error) {
	return map[string]func(context.Context) (domain.Outcome[recommendation.Reached], error){
		"shown": func(ctx context.Context) (domain.Outcome[recommendation.Reached], error) {
			return w.MarkShown(ctx, recommendation.MarkShown{RecommendationID: id, GiftIDs: []string{gift}})
		},
		"click": func(ctx context.Context) (domain.Outcome[recommendation.Reached], error) {
			return w.Click(ctx, recommendation.ClickGift{RecommendationID: id, GiftID: gift})
		},
		"react": func(ctx context.Context) (domain.Outcome[recommendation.Reached], error) {
			return w.React(ctx, recommendation.ReactToGift{RecommendationID: id, GiftID: gift, Reaction: recommendation.Dislike})
		},
		"purchase": func(ctx context.Context) (domain.Outcome[recommendation.Reached], error) {
			return w.Purchase(ctx, recommendation.PurchaseGift{RecommendationID: id, GiftID: gift})
		},
	}
}

func TestFeedbackCommands(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name := range w.feedback(uuid.Nil, "") {
		id := w.recommend(t)
		at := w.log.Now(t)
		do := w.feedback(id, "b")[name]
		for range 2 {
			if out, err := do(w.ctx); err != nil || out.Result != (recommendation.Reached{RecommendationID: id, Version: 2}) || out.Position != at+1 {
				t.Errorf("%s: %+v, %v", name, out, err)
			}
		}
		w.log.Unchanged(t, at+1)
	}
}

func TestRecommendationsAreTheirGivers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.recommend(t)
	at := w.log.Now(t)
	refused := func(id uuid.UUID, gift, code string, ctx context.Context) {
		t.Helper()
		for _, do := range w.feedback(id, gift) {
			_, err := do(ctx)
			domaintest.Refused(t, err, code)
		}
	}
	refused(id, "a", "recommendation_not_found", stranger(w.ctx))
	refused(id, "a", "unauthenticated", t.Context())
	refused(uuid.New(), "a", "recommendation_not_found", w.ctx)
	refused(id, "z", "gift_not_on_page", w.ctx)
	w.person(t, ann, domaintest.PersonWent{})
	refused(id, "a", "recommendation_not_found", w.ctx)
	w.log.Unchanged(t, at+1)
}

// A seed is exact in any reader of JSON, and neighbours in time are no neighbours in chance.
func TestSeeds(t *testing.T) {
	t.Parallel()
	seen := map[int64]bool{}
	for i := range uint64(1000) {
		seed := recommendation.SeedOf(domaintest.ID(i))
		if seed < 0 || seed >= 1<<53 || seen[seed] {
			t.Fatalf("%d gives %d", i, seed)
		}
		seen[seed] = true
	}
}
