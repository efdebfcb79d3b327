package recommend

// peers is what an entry's features are judged against: the request, and the best of its list.
type peers struct {
	request    Request
	rules      Rules
	similarity float64 // the highest
	words      float64 // the highest
}

// feature is one named signal: how to work it out, and what it counts.
type feature struct {
	name   string
	weight float64
	misfit bool // a high value keeps an entry off pages that can do without it
	// value is 0–1, with the reasons worth showing.
	value func(peers, *entry) (float64, []string)
}

// features lists every signal of the score.
func features(w Weights) []feature {
	return []feature{
		{"similarity", w.Similarity, false, func(_ peers, e *entry) (float64, []string) {
			return max(0, min(1, e.Similarity)), nil
		}},
		{"words", w.Words, false, func(c peers, e *entry) (float64, []string) {
			if c.words <= 0 {
				return 0, nil
			}
			return max(0, e.WordScore/c.words), nil
		}},
		{"giftability", w.Giftability, false, func(_ peers, e *entry) (float64, []string) {
			return e.product.giftability, e.product.because
		}},
		{"price_fit", w.PriceFit, false, func(c peers, e *entry) (float64, []string) {
			if !hasBudget(c.request.Budget) {
				return 0, nil
			}
			return PriceFit(*e.Price, c.request.Budget.Amount), nil
		}},
		{"gender_mismatch", w.Gender, true, penalty(Rules.gender)},
		{"age_mismatch", w.Age, true, penalty(Rules.age)},
		{"relation_mismatch", w.Relation, false, penalty(Rules.relation)},
		{"constraint_risk", w.Risk, false, penalty(Rules.risk)},
	}
}

// penalty makes a feature of one of the rules.
func penalty(rule func(Rules, *reading) misfit) func(peers, *entry) (float64, []string) {
	return func(c peers, e *entry) (float64, []string) {
		m := rule(c.rules, e.product.text)
		if m.degree == 0 {
			return 0, nil
		}
		return m.degree, []string{m.reason}
	}
}
