package recommendation_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/domain/discovery"
	"gifty/domain/recipient"
	"gifty/domain/recommend"
	"gifty/domain/recommendation"
	"gifty/projections"
	"gifty/projections/all/alltest"
	recommendations "gifty/projections/recommendation"
)

// served is a world in which the clerk recommended gifts for ann.
type served struct {
	*alltest.World
	ann  uuid.UUID
	id   uuid.UUID
	page []byte
}

func serve(t *testing.T, w *alltest.World, limit int) *served {
	t.Helper()
	created, err := w.Recipients.Create(w.Ctx, recipient.CreateRecipient{Profile: recipient.Profile{Name: "Ann"}})
	if err != nil {
		t.Fatal(err)
	}
	s := &served{World: w, ann: created.Result.RecipientID}
	s.again(t, limit)
	return s
}

// again recommends once more for ann.
func (s *served) again(t *testing.T, limit int) {
	t.Helper()
	out, err := s.Recommendations.Recommend(s.Ctx, recommendation.Recommend{RecipientID: &s.ann, SessionID: "s1", Limit: limit})
	if err != nil {
		t.Fatal(err)
	}
	s.id, s.page = out.Result.RecommendationID, out.Result.Page
	s.CatchUp(t)
}

func (s *served) show(t *testing.T, ids ...string) {
	t.Helper()
	if _, err := s.Recommendations.MarkShown(s.Ctx, recommendation.MarkShown{RecommendationID: s.id, GiftIDs: ids}); err != nil {
		t.Fatal(err)
	}
}

func (s *served) click(t *testing.T, id string) {
	t.Helper()
	if _, err := s.Recommendations.Click(s.Ctx, recommendation.ClickGift{RecommendationID: s.id, GiftID: id}); err != nil {
		t.Fatal(err)
	}
}

func (s *served) react(t *testing.T, id string, to recommendation.Reaction) {
	t.Helper()
	if _, err := s.Recommendations.React(s.Ctx, recommendation.ReactToGift{RecommendationID: s.id, GiftID: id, Reaction: to}); err != nil {
		t.Fatal(err)
	}
}

func (s *served) buy(t *testing.T, id string) {
	t.Helper()
	if _, err := s.Recommendations.Purchase(s.Ctx, recommendation.PurchaseGift{RecommendationID: s.id, GiftID: id}); err != nil {
		t.Fatal(err)
	}
}

func (s *served) forget(t *testing.T) {
	t.Helper()
	if _, err := s.Recipients.Delete(s.Ctx, recipient.DeleteRecipient{RecipientID: s.ann}); err != nil {
		t.Fatal(err)
	}
	s.CatchUp(t)
}

func (s *served) row(t *testing.T) recommendations.Recommendation {
	t.Helper()
	s.CatchUp(t)
	r, err := recommendations.Get(s.Ctx, s.Pool, s.Giver, s.id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRecommendations(t *testing.T) {
	t.Parallel()
	s := serve(t, alltest.New(t), 3)
	r := s.row(t)
	want := recommendations.Recommendation{
		ID: s.id, GiverID: s.Giver, RecipientID: &s.ann, SessionID: new("s1"), PolicyName: "clerk", PolicyVersion: 1, Seed: recommendation.SeedOf(s.id),
		EmbeddingModel: new("words"), EmbeddingVersion: new("1"), EngineVersion: "clerk", FeaturesVersion: recommend.FeaturesVersion, ExecutionMS: 0.5,
		ItemCount: 3, PageSHA256: r.PageSHA256, ConsideredSHA256: r.ConsideredSHA256, Place: r.Place, Version: 1, Stamps: r.Stamps,
	}
	if !reflect.DeepEqual(r, want) || r.Place == 0 || r.CreatedAt.IsZero() {
		t.Errorf("got %+v\nwant %+v", r, want)
	}
	if page, err := r.Page(s.Ctx, s.Store); err != nil || string(page) != string(s.page) {
		t.Errorf("%s, %v\nwas served as %s", page, err, s.page)
	}
	if c, err := r.Considered(s.Ctx, s.Store); err != nil || len(c.Candidates) != 4 || c.Candidates[3].Dropped != "over_budget" || !slices.Equal(c.FeatureNames, []string{"similarity", "giftability"}) {
		t.Errorf("%+v, %v", c, err)
	}

	s.show(t, "shop:0", "shop:1")
	s.show(t, "shop:1", "shop:2")
	s.click(t, "shop:1")
	s.react(t, "shop:0", recommendation.Like)
	s.react(t, "shop:0", recommendation.Dislike)
	s.react(t, "shop:1", recommendation.Shortlist)
	s.react(t, "shop:2", recommendation.Like)
	s.react(t, "shop:2", recommendation.NoReaction)
	s.buy(t, "shop:1")
	r = s.row(t)
	if got, want := [6]int{r.ShownCount, r.ClickedCount, r.LikedCount, r.DislikedCount, r.ShortlistedCount, r.PurchasedCount}, [6]int{3, 1, 0, 1, 1, 1}; got != want || r.Version != 10 {
		t.Errorf("counted %v, want %v; version %d", got, want, r.Version)
	}
	_, stranger := s.Stranger()
	for name, c := range map[string]struct{ giver, id uuid.UUID }{"another's": {stranger, s.id}, "nobody's": {s.Giver, uuid.New()}} {
		if _, err := recommendations.Get(s.Ctx, s.Pool, c.giver, c.id); !errors.Is(err, recommendation.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.forget(t)
	if _, err := recommendations.Get(s.Ctx, s.Pool, s.Giver, s.id); !errors.Is(err, recommendation.ErrNotFound) {
		t.Errorf("after the recipient went: %v", err)
	}
}

func TestListOfRecommendations(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	s := serve(t, w, 1)
	first := s.id
	s.again(t, 2)
	other := serve(t, w, 1)
	_, stranger := w.Stranger()
	for name, c := range map[string]struct {
		which recommendations.Which
		want  []uuid.UUID
	}{
		"all":              {recommendations.Which{Giver: w.Giver}, []uuid.UUID{other.id, s.id, first}},
		"of a recipient":   {recommendations.Which{Giver: w.Giver, RecipientID: &s.ann}, []uuid.UUID{s.id, first}},
		"of a session":     {recommendations.Which{Giver: w.Giver, SessionID: "s1"}, []uuid.UUID{other.id, s.id, first}},
		"of no session":    {recommendations.Which{Giver: w.Giver, SessionID: "s2"}, nil},
		"of another giver": {recommendations.Which{Giver: stranger, RecipientID: &s.ann}, nil},
	} {
		list := func(page projections.PageRequest) (projections.Page[recommendations.Recommendation], error) {
			return recommendations.List(w.Ctx, w.Pool, c.which, page)
		}
		got := alltest.ListOf(t, 1, list, func(r recommendations.Recommendation) uuid.UUID { return r.ID })
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestItems(t *testing.T) {
	t.Parallel()
	s := serve(t, alltest.New(t), 4)
	s.show(t, "shop:2")
	s.click(t, "shop:1")
	s.react(t, "shop:1", recommendation.Like)
	s.react(t, "shop:3", recommendation.Like)
	s.react(t, "shop:3", recommendation.NoReaction)
	s.buy(t, "shop:1")
	s.CatchUp(t)
	items, err := recommendations.ItemsOf(s.Ctx, s.Pool, s.id)
	if err != nil || len(items) != 4 {
		t.Fatalf("%+v, %v", items, err)
	}
	for i, item := range items {
		did := fmt.Sprint(item.ShownAt != nil, item.ClickedAt != nil, item.Reaction != nil, item.ReactedAt != nil, item.PurchasedAt != nil)
		want := []string{"false false false false false", "false true true true true", "true false false false false", "false false false true false"}[i]
		if did != want || item.GiftID != fmt.Sprint("shop:", i) || item.Position != i+1 || item.Propensity != 1/float64(i+2) || item.Exploratory != (i == 3) ||
			*item.Query != "tea" || *item.Idea != "Tea" || item.Reason != "Because" || len(item.Features) != 2 || item.Features[0].Weight != 1 || item.EventIDs == nil {
			t.Errorf("%s %+v", did, item)
		}
	}
	if *items[1].Reaction != "like" {
		t.Errorf("%+v", items[1])
	}
	s.forget(t)
	if items, err := recommendations.ItemsOf(s.Ctx, s.Pool, s.id); err != nil || len(items) != 0 {
		t.Errorf("after the recipient went: %+v, %v", items, err)
	}
}

func TestTastes(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	var goods []catalogue.Item
	for i, title := range []string{"Tea set", "Chess clock", "xylophone", "Mug"} {
		goods = append(goods, catalogue.Item{ID: fmt.Sprint(i), Title: title, ProductURL: "https://shop.example/x", Category: "c", Available: true})
	}
	w.Import(t, goods...)
	w.Embed(t, alltest.Words{})
	s := serve(t, w, 4)
	s.show(t, "shop:0", "shop:3")
	s.react(t, "shop:0", recommendation.Like)
	s.react(t, "shop:3", recommendation.Like)
	s.react(t, "shop:3", recommendation.NoReaction)
	record := func(action discovery.Action, target discovery.Target, id string) {
		t.Helper()
		_, err := w.Discovery.Record(w.Ctx, discovery.RecordInteraction{RecipientID: s.ann, SessionID: "s1", Action: action, TargetType: target, TargetID: id, Value: "v"})
		if err != nil {
			t.Fatal(err)
		}
	}
	record("dislike", discovery.TargetProduct, "shop:1")
	// Of a product that is in no table, as while the catalogue's is being built anew.
	bought := discovery.InteractionRecorded{
		InteractionID: uuid.New(), GiverID: w.Giver, RecipientID: s.ann, SessionID: "s1", Action: "purchase", TargetType: discovery.TargetProduct, TargetID: "gone:1",
	}
	if _, err := w.Store.Append(w.Ctx, domain.Append{Writes: []domain.Write{{
		Stream: "interaction-" + bought.InteractionID.String(), Expect: domain.NoStream, Events: []any{bought},
	}}}); err != nil {
		t.Fatal(err)
	}
	record("comment", discovery.TargetProduct, "shop:2")
	record("like", discovery.TargetNavigation, "home")
	record("view", discovery.TargetProduct, "shop:2")
	s.CatchUp(t)

	model := alltest.Words{}.Model()
	got, err := recommendations.Tastes(w.Ctx, w.Pool, s.ann, model, 10)
	if err != nil || len(got) != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	for i, want := range []recommend.Reaction{
		{GiftID: "gone:1", Kind: recommend.Purchased},
		{GiftID: "shop:1", Kind: recommend.Disliked, Title: "Chess clock", Category: "c"},
		{GiftID: "shop:0", Kind: recommend.Liked, Title: "Tea set", Category: "c"},
	} {
		g := got[i]
		if g.EventID == uuid.Nil || g.At.IsZero() || (g.Vector == nil) != (i == 0) || i > 0 && len(g.Vector) != catalogue.Dimensions {
			t.Errorf("%s: %d dimensions, %v", g.GiftID, len(g.Vector), g.At)
		}
		if g.EventID, g.At, g.Vector = uuid.Nil, want.At, nil; !reflect.DeepEqual(g, want) {
			t.Errorf("got %+v\nwant %+v", g, want)
		}
	}
	if latest, err := recommendations.Tastes(w.Ctx, w.Pool, s.ann, catalogue.Model{Name: "other", Version: "1"}, 2); err != nil || len(latest) != 2 || latest[1].Vector != nil {
		t.Errorf("by another model: %+v, %v", latest, err)
	}

	met, err := recommendations.MetBy(w.Ctx, w.Pool, s.ann)
	if err != nil {
		t.Fatal(err)
	}
	want := []recommendations.Met{
		{GiftID: "gone:1", Bought: true}, {GiftID: "shop:0", Seen: true}, {GiftID: "shop:1", Seen: true, Offered: 1}, {GiftID: "shop:2", Seen: true, Offered: 1}, {GiftID: "shop:3", Seen: true},
	}
	if !slices.Equal(met, want) {
		t.Errorf("met %+v\nwant %+v", met, want)
	}
	s.forget(t)
	if got, err := recommendations.Tastes(w.Ctx, w.Pool, s.ann, model, 10); err != nil || len(got) != 0 {
		t.Errorf("after the recipient went: %+v, %v", got, err)
	}
	if met, err := recommendations.MetBy(w.Ctx, w.Pool, s.ann); err != nil || len(met) != 0 {
		t.Errorf("after the recipient went: %+v, %v", met, err)
	}
}

// What counts of several things is the strongest that stands.
func TestStrongest(t *testing.T) {
	t.Parallel()
	s := serve(t, alltest.New(t), 1)
	for _, step := range []struct {
		do   func()
		want recommend.ReactionKind
	}{
		{func() { s.show(t, "shop:0") }, recommend.Shown},
		{func() { s.click(t, "shop:0") }, recommend.Clicked},
		{func() { s.react(t, "shop:0", recommendation.Shortlist) }, recommend.Shortlisted},
		{func() { s.react(t, "shop:0", recommendation.NoReaction) }, recommend.Clicked},
		{func() { s.react(t, "shop:0", recommendation.Like) }, recommend.Liked},
		{func() { s.buy(t, "shop:0") }, recommend.Purchased},
		{func() { s.react(t, "shop:0", recommendation.Dislike) }, recommend.Disliked},
	} {
		step.do()
		s.CatchUp(t)
		r, ok, err := projections.First[recommendations.Reaction](s.Ctx, s.Pool, `SELECT * FROM recipient_reactions WHERE recipient_id = $1`, s.ann)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		if kind, event, at := r.Strongest(); kind != step.want || event == uuid.Nil || at.IsZero() {
			t.Errorf("%s of %+v, want %s", kind, r, step.want)
		}
		learned, err := recommendations.StatisticsOf(s.Ctx, s.Pool, s.ann)
		if want := observed(t, 0, step.want.Reward()); err != nil || !reflect.DeepEqual(learned, want) {
			t.Errorf("%s teaches %+v, %v, want %+v", step.want, learned, err, want)
		}
	}
}

// observed is what the clerk's gift number i teaches.
func observed(t *testing.T, i int, reward float64) recommend.Statistics {
	t.Helper()
	values := make([]float64, len(recommend.FeatureNames()))
	values[slices.Index(recommend.FeatureNames(), "similarity")] = 1 / float64(i+1)
	values[slices.Index(recommend.FeatureNames(), "giftability")] = 0.25 * float64(i)
	return recommend.Observe(values, reward)
}

// Whoever goes takes along what they taught, to the last digit.
func TestStatisticsForgetExactly(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	total := func() recommend.Statistics {
		t.Helper()
		w.CatchUp(t)
		sum, err := recommendations.TotalStatistics(w.Ctx, w.Pool)
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	if sum := total(); !reflect.DeepEqual(sum, recommend.Statistics{}) {
		t.Errorf("nobody taught %+v", sum)
	}
	bob := serve(t, w, 4)
	bob.show(t, "shop:0", "shop:3")
	bob.react(t, "shop:3", recommendation.Like)
	nobody, err := w.Recommendations.Recommend(w.Ctx, recommendation.Recommend{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Recommendations.Click(w.Ctx, recommendation.ClickGift{RecommendationID: nobody.Result.RecommendationID, GiftID: "shop:2"}); err != nil {
		t.Fatal(err)
	}
	before := total()
	var want recommend.Statistics
	for _, one := range []recommend.Statistics{observed(t, 0, 0), observed(t, 3, 1), observed(t, 2, 0.3)} {
		if want, err = want.Add(one); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(before, want) {
		t.Errorf("learned %+v\nwant %+v", before, want)
	}
	ann := serve(t, w, 4)
	ann.show(t, "shop:0", "shop:1", "shop:2")
	ann.buy(t, "shop:1")
	ann.react(t, "shop:2", recommendation.Dislike)
	if sum := total(); sum.N != before.N+3 || reflect.DeepEqual(sum, before) {
		t.Errorf("learned nothing: %+v", sum)
	}
	ann.forget(t)
	if after := total(); !reflect.DeepEqual(after, before) {
		t.Errorf("after ann went %+v\nwant %+v", after, before)
	}
	if mine, err := recommendations.StatisticsOf(w.Ctx, w.Pool, w.Giver); err != nil || !reflect.DeepEqual(mine, observed(t, 2, 0.3)) {
		t.Errorf("of nobody in particular: %+v, %v", mine, err)
	}
}

// A notice stands on the row, and a page that nothing was considered for has no such blob.
func TestAPageWithoutGifts(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	out, err := w.Recommendations.Recommend(w.Ctx, recommendation.Recommend{Brief: recommendation.Brief{Budget: &domain.Money{Currency: "RUB"}}})
	if err != nil {
		t.Fatal(err)
	}
	w.CatchUp(t)
	r, err := recommendations.Get(w.Ctx, w.Pool, w.Giver, out.Result.RecommendationID)
	if err != nil || *r.Notice != "over_budget" || r.ItemCount != 0 || r.RecipientID != nil || r.SessionID != nil {
		t.Errorf("%+v, %v", r, err)
	}
	if c, err := r.Considered(w.Ctx, w.Store); err != nil || len(c.Candidates) != 0 || c.Candidates == nil {
		t.Errorf("%+v, %v", c, err)
	}
}
