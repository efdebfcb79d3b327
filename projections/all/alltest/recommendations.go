package alltest

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/recipient"
	"gifty/domain/recommend"
	"gifty/domain/recommendation"
)

// Clerk is a recommender that puts shop:0, shop:1 … on a page, as many as are asked for, four at
// most, and says that nothing fits a budget of nothing.
type Clerk struct{}

// Recommend makes the page.
func (Clerk) Recommend(_ context.Context, a recommendation.Ask) (recommendation.Page, error) {
	page := recommendation.Page{Making: recommendation.Making{
		Policy: recommendation.Policy{Name: "clerk", Version: 1}, EmbeddingModel: "words", EmbeddingVersion: "1", EngineVersion: "clerk",
		FeaturesVersion: recommend.FeaturesVersion, ExecutionMS: 0.5,
	}}
	if a.Brief.Budget != nil && a.Brief.Budget.Amount.IsZero() {
		page.Notice = &recommendation.Notice{Code: "over_budget", Text: "Nothing is for nothing"}
		return page, nil
	}
	page.FeatureNames = []string{"similarity", "giftability"}
	for i := range min(a.Limit, 4) {
		id := fmt.Sprint("shop:", i)
		item := recommendation.Item{
			GiftID: id, Position: i + 1, Gift: recommendation.Gift{Title: id, ProductURL: "https://shop.example/" + id}, Query: "tea", Idea: "Tea",
			Similarity: new(0.5), Score: 1 / float64(i+1), Propensity: 1 / float64(i+2), Exploratory: i == 3, Reason: "Because",
			Features: []recommendation.Feature{
				{Name: "similarity", Value: 1 / float64(i+1), Weight: 1, Contribution: 1 / float64(i+1)},
				{Name: "giftability", Value: 0.25 * float64(i), Weight: 2, Contribution: 0.5 * float64(i)},
			},
		}
		page.Items = append(page.Items, item)
		page.Candidates = append(page.Candidates, recommendation.Candidate{GiftID: id, Score: item.Score})
	}
	page.Candidates = append(page.Candidates, recommendation.Candidate{GiftID: "shop:9", Score: 0.1, Dropped: "over_budget"})
	return page, nil
}

// wards shows recipients to the recommendation context.
type wards struct{ log domain.Log }

func (w wards) Recipient(ctx context.Context, id uuid.UUID) (recommendation.Person, error) {
	r, err := recipient.Load(ctx, w.log, id)
	if err != nil {
		return recommendation.Person{}, err
	}
	return recommendation.Person{
		Age: r.Profile.Age, Gender: r.Profile.Gender, Relation: string(r.Profile.Relation), Interests: r.Profile.Interests, Unchanged: r.Write(),
	}, nil
}
