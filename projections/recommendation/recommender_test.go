package recommendation_test

import (
	"encoding/json"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/domain/catalogue/demo"
	"gifty/domain/discovery/builtin"
	"gifty/domain/recipient"
	"gifty/domain/recommend"
	"gifty/domain/recommendation"
	"gifty/http/client/embed"
	"gifty/projections/all/alltest"
	readcatalogue "gifty/projections/catalogue"
	recommendations "gifty/projections/recommendation"
)

// shop is a world with the demo catalogue in it, and the real recommender.
// stock is what the tests' people ask for: pages hold nothing of other shelves.
func stock(t *testing.T) (items []catalogue.Item) {
	t.Helper()
	shelves := []string{
		"Кофе", "Coffee", "Чай", "Tea", "Книги и чтение", "Books and reading", "Рыбалка", "Fishing",
		"Барбекю и гриль", "Barbecue and grill", "Настольные игры и пазлы", "Board games and puzzles",
	}
	for item, err := range demo.Items() {
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(shelves, item.Category) {
			items = append(items, item)
		}
	}
	return items
}

type shop struct{ *alltest.World }

func openShop(t *testing.T) shop {
	t.Helper()
	w := alltest.New(t)
	embedder, _, err := embed.New(t.Context(), embed.Config{Kind: "hash"})
	if err != nil {
		t.Fatal(err)
	}
	w.Import(t, stock(t)...)
	w.Embed(t, embedder)
	finder := readcatalogue.Finder{DB: w.Pool, Embedder: embedder}
	var minutes atomic.Int64
	opened := time.Now()
	w.Recommendations.Recommender, err = recommendations.NewRecommender(finder, recommendations.RecommenderOptions{
		Ideas: builtin.New(),
		Now:   func() time.Time { return opened.Add(time.Duration(minutes.Add(1)) * time.Minute) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return shop{w}
}

func (s shop) recommend(t *testing.T, cmd recommendation.Recommend) (page recommendation.Recommended) {
	t.Helper()
	s.CatchUp(t)
	out, err := s.Recommendations.Recommend(s.Ctx, cmd)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Result.Page, &page); err != nil {
		t.Fatal(err)
	}
	return page
}

func roubles(n int64) *domain.Money {
	return &domain.Money{Amount: domain.WholeAmount(n), Currency: "RUB"}
}

func gifts(p recommendation.Recommended) (ids []string) {
	for _, item := range p.Items {
		ids = append(ids, item.GiftID)
	}
	return ids
}

func TestPagesComeFromTheCatalogue(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	created, err := s.Recipients.Create(s.Ctx, recipient.CreateRecipient{Profile: recipient.Profile{
		Age: new(52), Relation: "relative", Interests: []string{"чай", "настольные игры"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	father := created.Result.RecipientID
	ask := recommendation.Recommend{RecipientID: &father, Brief: recommendation.Brief{Occasion: "birthday", Budget: roubles(8000), Language: "ru"}}
	first := s.recommend(t, ask)
	if len(first.Items) < 3 || first.CataloguePosition == 0 || first.EmbeddingModel == "" || first.Policy.Version == 0 {
		t.Fatalf("%d items, %+v", len(first.Items), first.Making)
	}
	for _, item := range first.Items {
		if p := item.Gift.Price; p == nil || p.GreaterThan(domain.WholeAmount(8800).Decimal) || item.Gift.Currency != "RUB" || item.Reason == "" || item.Gift.ProductURL == "" ||
			item.Idea == "" && !slices.Contains(recommend.InterestSearches([]string{"чай", "настольные игры"}, recommend.Russian), item.Query) {
			t.Errorf("%+v", item)
		}
	}

	t.Run("what was seen does not come again, and a like is heard", func(t *testing.T) {
		if _, err := s.Recommendations.MarkShown(s.Ctx, recommendation.MarkShown{RecommendationID: first.RecommendationID, GiftIDs: gifts(first)}); err != nil {
			t.Fatal(err)
		}
		liked := first.Items[0].GiftID
		if _, err := s.Recommendations.React(s.Ctx, recommendation.ReactToGift{RecommendationID: first.RecommendationID, GiftID: liked, Reaction: recommendation.Like}); err != nil {
			t.Fatal(err)
		}
		next := s.recommend(t, ask)
		heard := false
		for _, item := range next.Items {
			if slices.Contains(gifts(first), item.GiftID) {
				t.Errorf("%s comes again", item.GiftID)
			}
			heard = heard || slices.ContainsFunc(item.Influences, func(i recommendation.Influence) bool { return i.GiftID == liked && i.Effect > 0 })
		}
		if len(next.Items) == 0 || !heard {
			t.Errorf("nothing on the next page was moved by the like: %+v", next.Items)
		}
	})
	t.Run("a like teaches the topic and the need of the idea", func(t *testing.T) {
		other, err := s.Recipients.Create(s.Ctx, recipient.CreateRecipient{Profile: recipient.Profile{
			Age: new(52), Relation: "relative", Interests: []string{"чай", "настольные игры"},
		}})
		if err != nil {
			t.Fatal(err)
		}
		ask, page, at := ask, recommendation.Recommended{}, -1
		ask.RecipientID = &other.Result.RecipientID // who has seen nothing yet
		for range 50 {                              // chance may fill a page by the interests' own words
			page = s.recommend(t, ask)
			if at = slices.IndexFunc(page.Items, func(i recommendation.Item) bool { return i.Track != "" && i.Gap != "" }); at >= 0 {
				break
			}
		}
		if at < 0 {
			t.Fatalf("no gift stands for an idea: %+v", page.Items)
		}
		item := page.Items[at]
		if _, err := s.Recommendations.React(s.Ctx, recommendation.ReactToGift{RecommendationID: page.RecommendationID, GiftID: item.GiftID, Reaction: recommendation.Shortlist}); err != nil {
			t.Fatal(err)
		}
		s.CatchUp(t)
		reactions, err := recommendations.Tastes(s.Ctx, s.Pool, other.Result.RecipientID, catalogue.Model{Name: page.EmbeddingModel, Version: page.EmbeddingVersion}, 9)
		if err != nil || !slices.ContainsFunc(reactions, func(r recommend.Reaction) bool {
			return r.GiftID == item.GiftID && r.Track == item.Track && r.Gap == item.Gap
		}) {
			t.Errorf("%+v of %s (%s, %s): %v", reactions, item.GiftID, item.Track, item.Gap, err)
		}
	})
	t.Run("what is not wanted", func(t *testing.T) {
		ask := ask
		ask.Exclude = gifts(s.recommend(t, ask))
		page := s.recommend(t, ask)
		for _, id := range gifts(page) {
			if slices.Contains(ask.Exclude, id) {
				t.Errorf("%s comes all the same", id)
			}
		}
		if len(ask.Exclude) == 0 || len(page.Items) == 0 {
			t.Errorf("without %v: %+v", ask.Exclude, page)
		}
	})
	t.Run("a retry", func(t *testing.T) {
		ctx := domain.WithCommand(s.Ctx, uuid.Must(uuid.NewV7()))
		one, err := s.Recommendations.Recommend(ctx, ask)
		if err != nil {
			t.Fatal(err)
		}
		two, err := s.Recommendations.Recommend(ctx, ask)
		if err != nil || !two.Repeated || string(one.Result.Page) != string(two.Result.Page) {
			t.Errorf("%v\n%s\n%s", err, one.Result.Page, two.Result.Page)
		}
	})
	t.Run("nothing so cheap", func(t *testing.T) {
		ask := ask
		ask.Brief.Budget = roubles(10)
		page := s.recommend(t, ask)
		if len(page.Items) > 0 || page.Notice == nil || page.Notice.Code != "budget_too_low" || len(page.Notice.Nearest) == 0 || page.Notice.Nearest[0].Gift.Title == "" {
			t.Errorf("%+v, %+v", page.Items, page.Notice)
		}
	})
	t.Run("a currency without a budget", func(t *testing.T) {
		ask := ask
		ask.Brief.Budget, ask.Brief.Currency = nil, "EUR"
		for _, item := range s.recommend(t, ask).Items {
			if item.Gift.Currency != "EUR" {
				t.Errorf("%s costs %s %s", item.Gift.Title, item.Gift.Price, item.Gift.Currency)
			}
		}
		ask.Brief.Currency = "USD"
		if page := s.recommend(t, ask); len(page.Items) > 0 || page.Notice == nil || page.Notice.Code != "nothing_found" || !strings.Contains(page.Notice.Text, "USD") {
			t.Errorf("%+v, %+v", page.Items, page.Notice)
		}
	})
	t.Run("a policy that nobody knows", func(t *testing.T) {
		ask := ask
		ask.Policy = "nobody's"
		if _, err := s.Recommendations.Recommend(s.Ctx, ask); code(err) != "policy_unknown" {
			t.Error(err)
		}
	})
}

func TestAnEmptyCatalogueIsToldTruly(t *testing.T) {
	t.Parallel()
	s := shop{alltest.New(t)}
	embedder, _, err := embed.New(t.Context(), embed.Config{Kind: "hash"})
	if err == nil {
		s.Recommendations.Recommender, err = recommendations.NewRecommender(readcatalogue.Finder{DB: s.Pool, Embedder: embedder},
			recommendations.RecommenderOptions{Ideas: builtin.New()})
	}
	if err != nil {
		t.Fatal(err)
	}
	page := s.recommend(t, recommendation.Recommend{Brief: recommendation.Brief{Interests: []string{"tea"}, Language: "en"}})
	if len(page.Items) > 0 || page.Notice == nil || page.Notice.Code != "nothing_found" {
		t.Errorf("%+v", page)
	}
}

func TestWithoutVectorsWordsFind(t *testing.T) {
	t.Parallel()
	s := shop{alltest.New(t)}
	var items []catalogue.Item
	for item, err := range demo.Items() {
		if err != nil {
			t.Fatal(err)
		}
		if len(items) < 240 {
			items = append(items, item)
		}
	}
	s.Import(t, items...)
	embedder, _, err := embed.New(t.Context(), embed.Config{Kind: "hash"})
	if err == nil {
		s.Recommendations.Recommender, err = recommendations.NewRecommender(readcatalogue.Finder{DB: s.Pool, Embedder: embedder},
			recommendations.RecommenderOptions{Ideas: builtin.New()})
	}
	if err != nil {
		t.Fatal(err)
	}
	words := items[0].Title
	page := s.recommend(t, recommendation.Recommend{Ideas: []recommendation.Idea{{Title: words}}, Brief: recommendation.Brief{Language: "ru"}})
	if len(page.Items) == 0 && (page.Notice == nil || page.Notice.Text == "") {
		t.Errorf("neither gifts nor a word: %+v", page)
	}
	for _, item := range page.Items {
		if item.Similarity != nil {
			t.Errorf("%s is said to be near: %v", item.GiftID, *item.Similarity)
		}
	}

	t.Run("contradictory vetoes", func(t *testing.T) {
		page := s.recommend(t, recommendation.Recommend{
			Ideas: []recommendation.Idea{{Title: "Духи и вино", Queries: []string{"духи", "вино"}}},
			Brief: recommendation.Brief{Age: new(2), Constraints: []string{"romantic_ok", "no_romantic", "no_very_personal", "kids_safe", "no_alcohol", "vegan"}, Language: "ru"},
		})
		if len(page.Items) > 0 || page.Notice == nil || page.Notice.Text == "" {
			t.Errorf("got %+v, %+v", page.Items, page.Notice)
		}
	})
}

func TestAGiftsCharacterCounts(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.CatchUp(t)
	_, err := s.Pool.Exec(s.Ctx, `UPDATE products SET llm_gift_vector = '{"wow": 0.5, "warmth": 0.9, "romance": 0.1, "practicality": 0.5,
		"usage_frequency": 0.5, "occasion_versatility": 0.9, "aesthetics": 0.6, "social_risk": 0, "age_suitability": 1, "gender_bias": 0}'`)
	if err != nil {
		t.Fatal(err)
	}
	page := s.recommend(t, recommendation.Recommend{Brief: recommendation.Brief{Age: new(60), Relation: "mother", Interests: []string{"чай"}, Language: "ru"}})
	if len(page.Items) == 0 {
		t.Fatal("nothing is offered")
	}
	for _, item := range page.Items {
		if !slices.ContainsFunc(item.Features, func(f recommendation.Feature) bool { return f.Name == "character" && f.Value > 0.3 }) {
			t.Errorf("the character of %s did not count: %+v", item.GiftID, item.Features)
		}
	}
}
