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
// dropped, so a policy that differs in what it drops (relevance, floor, loved, cheapest, giftability, misfit, pool,
// reach) or calls
// other goods the same (duplicate) cannot be replayed: policy_not_replayable. A policy under which an
// item was not eligible gives it 0.
func Replay(candidates []Scored, served, target Policy, learned Learned) ([]float64, error) {
	served, target = served.orDefault(), target.orDefault()
	if err := replayable(served, target); err != nil {
		return nil, err
	}
	pool, items, err := logged(candidates)
	if err != nil {
		return nil, err
	}
	rescore(pool, target, learned)
	propensities := make([]float64, len(items))
	newDrawing(target.Draw, pool).again(items, func(position int, eligible []*contender, odds []float64) {
		if i := slices.Index(eligible, items[position]); i >= 0 {
			propensities[position] = odds[i]
		}
	})
	return propensities, nil
}

// Odds is a candidate for a position of a served page, given the items before it.
type Odds struct {
	GiftID string
	Values []float64 // in the order of FeatureNames
	// Served and Target are the probabilities that the policy which served, and another, put it there.
	Served, Target float64
}

// ReplayOdds is Replay with everything that either policy could have put at each position. The odds of
// the policy that served are those of the scores as they were logged.
func ReplayOdds(candidates []Scored, served, target Policy, learned Learned) ([][]Odds, error) {
	served, target = served.orDefault(), target.orDefault()
	if err := replayable(served, target); err != nil {
		return nil, err
	}
	before, items, err := logged(candidates)
	if err != nil {
		return nil, err
	}
	after, others, err := logged(candidates)
	if err != nil {
		return nil, err
	}
	rescore(after, target, learned)
	page := make([][]Odds, len(items))
	at := make([]map[string]int, len(items))
	newDrawing(served.Draw, before).again(items, func(position int, eligible []*contender, odds []float64) {
		at[position] = make(map[string]int, len(eligible))
		for i, c := range eligible {
			at[position][c.GiftID] = i
			page[position] = append(page[position], Odds{GiftID: c.GiftID, Values: c.Values, Served: odds[i]})
		}
	})
	newDrawing(target.Draw, after).again(others, func(position int, eligible []*contender, odds []float64) {
		for i, c := range eligible {
			if known, ok := at[position][c.GiftID]; ok {
				page[position][known].Target = odds[i]
				continue
			}
			page[position] = append(page[position], Odds{GiftID: c.GiftID, Values: c.Values, Target: odds[i]})
		}
	})
	return page, nil
}

// again draws a page as it was drawn, and tells who might have been at each position.
func (d *drawing) again(items []*contender, tell func(position int, eligible []*contender, odds []float64)) {
	for position, item := range items {
		eligible, odds := d.odds()
		tell(position, eligible, odds)
		d.take(item)
		for _, c := range d.pool {
			c.nearest = max(c.nearest, c.Near[position])
			c.twin = c.twin || c.DuplicateOf == item.GiftID
		}
	}
}

// rescore scores contenders anew.
func rescore(pool []*contender, p Policy, learned Learned) {
	weights := learned.weights(p)
	for _, c := range pool {
		c.Score = scoreOf(weights, c.Values)
		c.Uncertainty = millionths(learned.uncertainty(c.Values))
	}
}

func replayable(served, target Policy) error {
	if served.Relevance != target.Relevance || served.Floor != target.Floor || served.Loved != target.Loved || served.Cheapest != target.Cheapest ||
		served.Giftability != target.Giftability || served.Misfit != target.Misfit || served.Draw.Pool != target.Draw.Pool || served.Draw.Reach != target.Draw.Reach || served.Draw.Duplicate != target.Draw.Duplicate {
		return domain.Invalid("policy_not_replayable",
			"the policy drops other candidates than the one that served; only weights, λ, temperature, ε, exploration and limits can be replayed")
	}
	return nil
}

// logged makes contenders of the candidates that took part in a draw, scored as they were, and picks
// out the page's items by position.
func logged(candidates []Scored) (pool, items []*contender, err error) {
	wrong := domain.Invalid("page_not_replayable", "this page was not logged with what a replay needs")
	for _, s := range candidates {
		if s.Position == 0 && len(s.Near) == 0 {
			continue
		}
		if len(s.Values) != len(table) {
			return nil, nil, wrong.On(s.GiftID, "has %d feature values, not %d", len(s.Values), len(table))
		}
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
