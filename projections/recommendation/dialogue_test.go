package recommendation_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/domain/discovery"
	"gifty/domain/recommend"
	"gifty/projections/all/alltest"
	recommendations "gifty/projections/recommendation"
)

// What is said and done in a dialogue about somebody is known wherever gifts are ranked for them.
func TestPagesLearnFromDialogues(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	var goods []catalogue.Item
	for _, id := range []string{"0", "1", "2", "3"} {
		goods = append(goods, catalogue.Item{ID: id, Title: "Good tea " + id, ProductURL: "https://shop.example/x", Category: "c", Available: true})
	}
	w.Import(t, goods...)
	w.Embed(t, alltest.Words{})
	s := serve(t, w, 1)
	talk, ideas := talkAbout(t, w, s.ann, "tea", "chess")
	gift := func(i int) discovery.GiftRef {
		return discovery.GiftRef{HypothesisID: ideas[0].Generated.HypothesisID, GiftID: ideas[0].Links[i].GiftID}
	}
	done := func(_ domain.Outcome[discovery.SessionReached], err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	done(w.Discovery.ReactInSession(w.Ctx, discovery.ReactInSession{SessionID: talk, HypothesisID: gift(0).HypothesisID, Reaction: discovery.Like}))
	done(w.Discovery.View(w.Ctx, discovery.ViewIdea{SessionID: talk, HypothesisID: gift(0).HypothesisID, GiftIDs: []string{gift(0).GiftID, gift(1).GiftID}}))
	done(w.Discovery.Click(w.Ctx, discovery.ClickGift{SessionID: talk, Gift: gift(1)}))
	for _, keep := range []bool{true, false} {
		done(w.Discovery.KeepGift(w.Ctx, discovery.KeepGift{SessionID: talk, Gift: gift(2), Keep: keep}))
	}
	done(w.Discovery.KeepGift(w.Ctx, discovery.KeepGift{SessionID: talk, Gift: gift(3), Keep: true}))
	done(w.Discovery.SelectGift(w.Ctx, discovery.SelectGift{SessionID: talk, Gift: gift(0)}))
	w.CatchUp(t)

	reactions, err := recommendations.Tastes(w.Ctx, w.Pool, s.ann, alltest.Words{}.Model(), 10)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]recommend.ReactionKind{}
	for _, r := range reactions {
		if kinds[r.GiftID] = r.Kind; r.Track != ideas[0].Generated.Track || r.Gap != string(ideas[0].Generated.Gap) {
			t.Errorf("%+v", r)
		}
	}
	if kinds[""] != recommend.Liked || kinds[gift(0).GiftID] != recommend.Purchased || kinds[gift(1).GiftID] != recommend.Clicked || kinds[gift(3).GiftID] != recommend.Shortlisted || len(reactions) != 4 {
		t.Errorf("%v", kinds)
	}
	met, err := recommendations.MetBy(w.Ctx, w.Pool, s.ann)
	if err != nil || !slices.ContainsFunc(met, func(m recommendations.Met) bool { return m.GiftID == gift(0).GiftID && m.Seen && m.Bought }) {
		t.Errorf("%+v, %v", met, err)
	}
	if had, err := recommendations.BoughtFor(w.Ctx, w.Pool, s.ann); err != nil || !slices.Equal(had, []string{gift(0).GiftID}) {
		t.Errorf("bought %v, %v", had, err)
	}
}

// talkAbout has a dialogue about somebody begin, and returns it with the first topic's ideas.
func talkAbout(t *testing.T, w *alltest.World, about uuid.UUID, interests ...string) (talk uuid.UUID, ideas []*discovery.Hypothesis) {
	t.Helper()
	out, err := w.Discovery.Start(w.Ctx, discovery.StartDiscovery{RecipientID: &about, Quiz: discovery.Quiz{Interests: interests}})
	if err != nil {
		t.Fatal(err)
	}
	s := &discovery.Session{}
	stream := discovery.SessionStream(out.Result.SessionID)
	if err := domain.LoadOne(w.Ctx, w.Store, stream, s); err != nil {
		t.Fatal(err)
	}
	if err := w.Discovery.TakeStep(context.WithoutCancel(w.Ctx), s.ID, s.Steps[0].StepID); err != nil {
		t.Fatal(err)
	}
	s = &discovery.Session{}
	if err := domain.LoadOne(w.Ctx, w.Store, stream, s); err != nil {
		t.Fatal(err)
	}
	for _, idea := range s.Tracks[0].Ideas {
		h := &discovery.Hypothesis{}
		if err := domain.LoadOne(w.Ctx, w.Store, discovery.HypothesisStream(idea.HypothesisID), h); err != nil {
			t.Fatal(err)
		}
		ideas = append(ideas, h)
	}
	return s.ID, ideas
}
