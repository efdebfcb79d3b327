package recommendation

import (
	"gifty/domain/recommend"
	"gifty/domain/recommendation"
)

// page turns what was laid out into what is served and kept.
func (s *search) page(laid recommend.Page) (p recommendation.Page) {
	p.FeatureNames = recommend.FeatureNames()
	for _, item := range laid.Items {
		p.Items = append(p.Items, s.item(item))
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
				GiftID: near.GiftID, Gift: s.gift(near.GiftID), Dropped: string(near.Dropped), Why: near.Why,
			})
		}
	}
	return p
}

func (s *search) item(item recommend.Item) recommendation.Item {
	out := recommendation.Item{
		GiftID: item.GiftID, Position: item.Position, Gift: s.gift(item.GiftID), Query: s.queries[item.Query].Text, Idea: s.about[item.Query].Title,
		Track: s.about[item.Query].Track, Gap: s.about[item.Query].Gap, Similarity: s.similarity(item), Score: item.Score, Propensity: item.Propensity, Exploratory: item.Exploratory, Reason: item.Reason, EventIDs: item.Events,
	}
	for _, f := range item.Features {
		out.Features = append(out.Features, recommendation.Feature{Name: f.Name, Value: f.Value, Weight: f.Weight, Contribution: f.Contribution, Because: f.Because})
	}
	for _, i := range item.Influences {
		out.Influences = append(out.Influences, recommendation.Influence{EventID: i.EventID, GiftID: i.GiftID, Kind: string(i.Kind), Title: i.Title, Effect: i.Effect})
	}
	return out
}

// similarity is nil where it was not measured.
func (s *search) similarity(i recommend.Item) *float64 {
	if s.gifts[i.GiftID].Vector == nil || s.queries[i.Query].Vector == nil {
		return nil
	}
	return &i.Similarity
}

// gift is a product as it is shown.
func (s *search) gift(id string) recommendation.Gift {
	p := s.gifts[id]
	return recommendation.Gift{
		Title: p.Title, Price: p.Price, Currency: orEmpty(p.Currency), Category: orEmpty(p.Category), Merchant: orEmpty(p.Merchant),
		ImageURL: orEmpty(p.ImageURL), ProductURL: p.ProductURL,
	}
}
