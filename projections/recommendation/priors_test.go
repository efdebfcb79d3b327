package recommendation_test

import (
	"testing"

	"gifty/domain/recipient"
	"gifty/domain/recommend"
	"gifty/domain/recommendation"
	recommendations "gifty/projections/recommendation"
)

func TestPriorsAreCountedAndForgotten(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	created, err := s.Recipients.Create(s.Ctx, recipient.CreateRecipient{Profile: recipient.Profile{Age: new(52), Relation: "relative", Interests: []string{"чай"}}})
	if err != nil {
		t.Fatal(err)
	}
	mother := created.Result.RecipientID
	page := s.recommend(t, recommendation.Recommend{RecipientID: &mother, Brief: recommendation.Brief{Language: "ru"}})
	if _, err := s.Recommendations.MarkShown(s.Ctx, recommendation.MarkShown{RecommendationID: page.RecommendationID, GiftIDs: gifts(page)}); err != nil {
		t.Fatal(err)
	}
	liked := page.Items[0]
	if _, err := s.Recommendations.React(s.Ctx, recommendation.ReactToGift{RecommendationID: page.RecommendationID, GiftID: liked.GiftID, Reaction: recommendation.Like}); err != nil {
		t.Fatal(err)
	}
	s.CatchUp(t)
	priors, err := recommendations.ReadPriors(s.Ctx, s.Pool)
	if err != nil {
		t.Fatal(err)
	}
	good, bad := 0.0, 0.0
	for key, c := range priors {
		if key.Relation != "family" || key.Segment != "mature" {
			t.Errorf("counted for %+v", key)
		}
		good, bad = good+c.Good, bad+c.Bad
	}
	if priors[recommend.PriorOf("relative", new(52), liked.Gift.Category)].Good != 1 || good != 1 || bad < 0.999 || bad > 1.001 {
		t.Errorf("good %v, bad %v: %+v", good, bad, priors)
	}
	if _, err := s.Recipients.Delete(s.Ctx, recipient.DeleteRecipient{RecipientID: mother}); err != nil {
		t.Fatal(err)
	}
	s.CatchUp(t)
	if priors, err := recommendations.ReadPriors(s.Ctx, s.Pool); err != nil || len(priors) != 0 {
		t.Errorf("left behind: %+v, %v", priors, err)
	}
}
