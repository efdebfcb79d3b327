package recommendation_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/evaluate"
	"gifty/domain/recipient"
	"gifty/domain/recommend"
	"gifty/domain/recommendation"
	recommendations "gifty/projections/recommendation"
)

// visit is a giver who gets two pages for a recipient: of the first they see all, like one gift and
// buy another; of the second they see one.
func (s shop) visit(t *testing.T) (ctx context.Context, who uuid.UUID) {
	t.Helper()
	ctx, _ = s.Stranger()
	s.Ctx = ctx
	created, err := s.Recipients.Create(ctx, recipient.CreateRecipient{Profile: recipient.Profile{Age: new(30), Relation: "friend", Interests: []string{"кофе", "книги"}}})
	if err != nil {
		t.Fatal(err)
	}
	who = created.Result.RecipientID
	ask := recommendation.Recommend{RecipientID: &who, Brief: recommendation.Brief{Budget: roubles(5000), Language: "ru"}}
	first := s.recommend(t, ask)
	id := first.RecommendationID
	_, err1 := s.Recommendations.MarkShown(ctx, recommendation.MarkShown{RecommendationID: id, GiftIDs: gifts(first)})
	_, err2 := s.Recommendations.React(ctx, recommendation.ReactToGift{RecommendationID: id, GiftID: first.Items[1].GiftID, Reaction: recommendation.Like})
	_, err3 := s.Recommendations.Purchase(ctx, recommendation.PurchaseGift{RecommendationID: id, GiftID: first.Items[0].GiftID})
	second := s.recommend(t, ask)
	_, err4 := s.Recommendations.MarkShown(ctx, recommendation.MarkShown{RecommendationID: second.RecommendationID, GiftIDs: gifts(second)[:1]})
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	return ctx, who
}

func TestPagesThatWereServedAreDecisions(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.visit(t)
	s.visit(t)
	s.recommend(t, recommendation.Recommend{Brief: recommendation.Brief{Interests: []string{"чай"}, Language: "ru"}}) // nobody looks
	policy := recommend.DefaultPolicy()
	judge := func(l recommendations.Logged) (evaluate.Report, recommendations.LeftOut, error) {
		l.Log = s.Store
		r, err := evaluate.Evaluate(l.Decisions(t.Context()), evaluate.Options{MinESS: 1})
		return r, l.LeftOut(), err
	}

	t.Run("the policy that served earns what was logged", func(t *testing.T) {
		r, left, err := judge(recommendations.Logged{Target: policy})
		if err != nil || r.Decisions != 4 || r.Givers != 2 || left.Unseen != 1 || !r.SupportCounted || r.Support < 1-1e-9 {
			t.Fatalf("%+v, %+v, %v", r, left, err)
		}
		for _, e := range r.Estimates[:3] { // a purchase and a like on every other page
			if math.Abs(e.Value-1.5) > 1e-6 {
				t.Errorf("%+v", e)
			}
		}
		if math.Abs(r.MaxWeight-1) > 1e-6 {
			t.Errorf("a weight of %v", r.MaxWeight)
		}
	})
	t.Run("weights that did not learn", func(t *testing.T) {
		if r, _, err := judge(recommendations.Logged{Target: policy, Fixed: true, First: 3}); r.Slots == 0 || r.MaxWeight < 1 {
			t.Errorf("%+v, %v", r, err)
		}
	})
	t.Run("a span", func(t *testing.T) {
		if r, _, err := judge(recommendations.Logged{Target: policy, From: time.Now().Add(time.Hour)}); r.Decisions != 0 || code(err) != "log_empty" {
			t.Errorf("%+v, %v", r, err)
		}
	})
	t.Run("a policy that can't be told", func(t *testing.T) {
		other := policy
		other.Name, other.Draw.Pool = "wide", 100
		if _, _, err := judge(recommendations.Logged{Target: other, Served: []recommend.Policy{policy}}); code(err) != "policy_not_replayable" {
			t.Error(err)
		}
		if _, _, err := judge(recommendations.Logged{Target: other}); code(err) != "policy_unknown" {
			t.Error(err)
		}
		changed := policy
		changed.Draw.Temperature *= 2
		if _, _, err := judge(recommendations.Logged{Target: policy, Served: []recommend.Policy{changed}}); code(err) != "policy_differs" {
			t.Error(err)
		}
		certain := policy
		certain.Name, certain.Draw.Temperature = "certain", 0
		if r, _, err := judge(recommendations.Logged{Target: certain, Served: []recommend.Policy{policy}}); err == nil && len(r.Estimates) == 0 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("who is gone teaches nothing", func(t *testing.T) {
		ctx, who := s.visit(t)
		if _, err := s.Recipients.Delete(ctx, recipient.DeleteRecipient{RecipientID: who}); err != nil {
			t.Fatal(err)
		}
		if r, _, err := judge(recommendations.Logged{Target: policy}); r.Decisions != 4 || math.Abs(r.MaxWeight-1) > 1e-6 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

func code(err error) string {
	var known *domain.Error
	if errors.As(err, &known) {
		return known.Code
	}
	return ""
}
