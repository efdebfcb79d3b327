package recommendation

import (
	"context"

	"gifty/domain/recommend"
	"gifty/domain/recommendation"
	"gifty/projections/catalogue"
)

// page turns what was laid out into what is served and kept.
func (s *search) page(ctx context.Context, laid recommend.Page) (p recommendation.Page, err error) {
	gifts, err := s.details(ctx, laid)
	if err != nil {
		return p, err
	}
	p.FeatureNames = recommend.FeatureNames()
	for _, item := range laid.Items {
		p.Items = append(p.Items, s.item(item, gifts))
	}
	for _, c := range laid.Candidates {
		p.Candidates = append(p.Candidates, recommendation.Candidate{
			GiftID: c.GiftID, List: c.Query, Query: s.queries[c.Query].Text, Idea: s.about[c.Query].Title, Merchant: c.Merchant, Category: c.Category,
			PriceBand: c.Band, Values: c.Values, Score: c.Score, Uncertainty: c.Uncertainty, Position: c.Position,
			Dropped: string(c.Dropped), DuplicateOf: c.DuplicateOf, Veto: c.Veto, Near: c.Near,
		})
	}
	if n := laid.Notice; n != nil {
		p.Notice = &recommendation.Notice{Code: n.Code, Text: n.Text}
		for _, near := range n.Nearest {
			p.Notice.Nearest = append(p.Notice.Nearest, recommendation.Nearest{
				GiftID: near.GiftID, Gift: gifts[near.GiftID], Dropped: string(near.Dropped), Why: near.Why,
			})
		}
	}
	return p, nil
}

func (s *search) item(item recommend.Item, gifts map[string]recommendation.Gift) recommendation.Item {
	out := recommendation.Item{
		GiftID: item.GiftID, Position: item.Position, Gift: gifts[item.GiftID], Query: s.queries[item.Query].Text, Idea: s.about[item.Query].Title,
		Similarity: item.Similarity, Score: item.Score, Propensity: item.Propensity, Exploratory: item.Exploratory, Reason: item.Reason, EventIDs: item.Events,
	}
	for _, f := range item.Features {
		out.Features = append(out.Features, recommendation.Feature{Name: f.Name, Value: f.Value, Weight: f.Weight, Contribution: f.Contribution, Because: f.Because})
	}
	for _, i := range item.Influences {
		out.Influences = append(out.Influences, recommendation.Influence{EventID: i.EventID, GiftID: i.GiftID, Kind: string(i.Kind), Title: i.Title, Effect: i.Effect})
	}
	return out
}

// details reads the products that are shown, as they are now.
func (s *search) details(ctx context.Context, laid recommend.Page) (map[string]recommendation.Gift, error) {
	var ids []string
	for _, item := range laid.Items {
		ids = append(ids, item.GiftID)
	}
	if laid.Notice != nil {
		for _, near := range laid.Notice.Nearest {
			ids = append(ids, near.GiftID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	products, err := catalogue.ByID(ctx, s.finder.DB, ids)
	gifts := make(map[string]recommendation.Gift, len(products))
	for _, p := range products {
		gifts[p.GiftID] = recommendation.Gift{
			Title: p.Title, Price: p.Price, Currency: orEmpty(p.Currency), Category: orEmpty(p.Category), Merchant: orEmpty(p.Merchant),
			ImageURL: orEmpty(p.ImageURL), ProductURL: p.ProductURL,
		}
	}
	return gifts, err
}
