package recommend

import (
	"slices"

	"gifty/domain"
)

// Replay returns the propensities that the items of a served page would have had under another
// policy, position by position, each given the items before it: the target's side of the importance
// weights of a counterfactual evaluation. It needs nothing but the page's Candidates as they were
// logged. Under the policy and the weights that served the page it returns the logged propensities.
//
// The draw is over the candidates that took part in the logged one. What was dropped before stays
// dropped, so a policy that differs in what it drops (relevance, giftability, misfit, pool, reach) or calls
// other goods the same (duplicate) cannot be replayed: policy_not_replayable. A policy under which an
// item was not eligible gives it 0.
func Replay(candidates []Scored, served, target Policy, learned Learned) ([]float64, error) {
	served, target = served.orDefault(), target.orDefault()
	if served.Relevance != target.Relevance || served.Giftability != target.Giftability || served.Misfit != target.Misfit ||
		served.Draw.Pool != target.Draw.Pool || served.Draw.Reach != target.Draw.Reach || served.Draw.Duplicate != target.Draw.Duplicate {
		return nil, domain.Invalid("policy_not_replayable",
			"the policy drops other candidates than the one that served; only weights, λ, temperature, ε, exploration and limits can be replayed")
	}
	pool, items, err := logged(candidates, learned.weights(target), learned)
	if err != nil {
		return nil, err
	}
	d := newDrawing(target.Draw, pool)
	propensities := make([]float64, len(items))
	for position, item := range items {
		eligible, odds := d.odds()
		if i := slices.Index(eligible, item); i >= 0 {
			propensities[position] = odds[i]
		}
		d.take(item)
		for _, c := range pool {
			c.nearest = max(c.nearest, c.Near[position])
			c.twin = c.twin || c.DuplicateOf == item.GiftID
		}
	}
	return propensities, nil
}

// logged makes contenders of the candidates that took part in a draw, scored by weights, and picks
// out the page's items by position.
func logged(candidates []Scored, weights []float64, learned Learned) (pool, items []*contender, err error) {
	wrong := domain.Invalid("page_not_replayable", "this page was not logged with what a replay needs")
	for _, s := range candidates {
		if s.Position == 0 && len(s.Near) == 0 {
			continue
		}
		if len(s.Values) != len(weights) {
			return nil, nil, wrong.On(s.GiftID, "has %d feature values, not %d", len(s.Values), len(weights))
		}
		s.Score = scoreOf(weights, s.Values)
		s.Uncertainty = millionths(learned.uncertainty(s.Values))
		c := &contender{Scored: &s}
		pool = append(pool, c)
		if s.Position > 0 {
			items = append(items, c)
		}
	}
	slices.SortFunc(items, func(a, b *contender) int { return a.Position - b.Position })
	for i, item := range items {
		if item.Position != i+1 {
			return nil, nil, wrong.On(item.GiftID, "is at position %d, not %d", item.Position, i+1)
		}
	}
	for _, c := range pool {
		if len(c.Near) != len(items) {
			return nil, nil, wrong.On(c.GiftID, "is compared with %d items, not %d", len(c.Near), len(items))
		}
	}
	return pool, items, nil
}
