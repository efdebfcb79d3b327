package http_test

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/recommend"
	"gifty/domain/recommendation"
)

// wards shows recipients to the recommendation context, as the program's wiring does.
type wards struct{ recipients discovery.Recipients }

func (w wards) Recipient(ctx context.Context, id uuid.UUID) (recommendation.Person, error) {
	p, err := w.recipients.Recipient(ctx, id)
	return recommendation.Person{Age: p.Age, Gender: p.Gender, Relation: p.Relation, Interests: p.Interests, Unchanged: p.Unchanged}, err
}

// ranker recommends what it was told to and notes what it was asked.
type ranker struct {
	mu    sync.Mutex
	gifts []string
	asked []recommendation.Ask
}

func (r *ranker) ranks(giftIDs ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gifts = giftIDs
}

// lastAsked is the ask of the last page that was made.
func (r *ranker) lastAsked() recommendation.Ask {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked[len(r.asked)-1]
}

func (r *ranker) Recommend(_ context.Context, a recommendation.Ask) (recommendation.Page, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, a)
	if a.Policy != "" && a.Policy != "test" {
		return recommendation.Page{}, domain.Invalid("policy_unknown", "there is no policy %q", a.Policy).On("policy", "is not known")
	}
	page := recommendation.Page{
		Making: recommendation.Making{
			Policy: recommendation.Policy{Name: "test", Version: 2}, Exposure: &recommendation.Exposure{Experiment: "e", Bucket: "a"},
			EmbeddingModel: "test", EmbeddingVersion: "1", EngineVersion: "test", FeaturesVersion: recommend.FeaturesVersion,
			ExecutionMS: float64(len(r.asked)),
		},
		Considered: recommendation.Considered{
			FeatureNames: []string{"similarity"},
			Candidates:   []recommendation.Candidate{{GiftID: "shop:0", Values: []float64{0.1}, Dropped: "over_budget"}},
		},
	}
	if len(r.gifts) == 0 {
		page.Notice = &recommendation.Notice{Code: "nothing_found", Text: "Ничего не подошло"}
	}
	for i, id := range r.gifts[:min(len(r.gifts), a.Limit)] {
		page.Items = append(page.Items, recommendation.Item{
			GiftID: id, Position: i + 1, Gift: recommendation.Gift{Title: "Чай <" + id + "> & \u2028", Price: new(domain.WholeAmount(990)), Currency: "RUB", ProductURL: "https://shop.example/?a=1&b=2"},
			Query: "чай", Idea: "Чаепитие", Score: 1, Propensity: 0.5, Reason: "Потому что чай",
			Features: []recommendation.Feature{{Name: "similarity", Value: 0.5, Weight: 2, Contribution: 1, Because: []string{"чай"}}},
			EventIDs: []uuid.UUID{a.ID},
		})
		page.Candidates = slices.Insert(page.Candidates, i, recommendation.Candidate{GiftID: id, Position: i + 1, Query: fmt.Sprint("q", i)})
	}
	return page, nil
}
