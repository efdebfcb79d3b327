package recommendation

import (
	"math"
	"strconv"

	"gifty/domain"
	"gifty/domain/evaluate"
	"gifty/domain/recommend"
	"gifty/domain/recommendation"
)

// Versus is another policy beside the one that served.
type Versus struct {
	Served, Target recommend.Policy
	// Learned is the target's weights as feedback had moved them by then; the zero value: as configured.
	Learned recommend.Learned
	// First is how many of the page's first gifts are judged; 0: all. A target that only a later position
	// keeps from being told, such as an exploratory one, can be told by those before.
	First int
}

// Decision is a page as an evaluation takes it: at each position the gift, the odds of all that could
// have stood there under either policy, and the reward of what became of it.
//
// The reward is that of the strongest of the gift's fate (see Reaction.Strongest), as
// recommend.ReactionKind.Reward has it and the ranking learns it: a dislike −1, else a purchase 2, a
// like or a shortlisting 1, a click 0.3, and 0 for what was only seen, or not seen. Rewards of a page's
// gifts are added up.
//
// The reward model knows a candidate's feature values and the position, as 1 / log2(1 + position).
func Decision(candidates []recommend.Scored, fate func(giftID string) recommendation.Fate, v Versus) (*evaluate.Decision, error) {
	page, err := recommend.ReplayOdds(candidates, v.Served, v.Target, v.Learned)
	if err != nil {
		return nil, err
	}
	if v.First > 0 {
		page = page[:min(len(page), v.First)]
	}
	d := &evaluate.Decision{Policy: PolicyName(v.Served), Slots: make([]evaluate.Slot, len(page))}
	for _, c := range candidates {
		if c.Position > 0 && c.Position <= len(page) {
			d.Slots[c.Position-1].Action = c.GiftID
		}
	}
	for i, odds := range page {
		fill(&d.Slots[i], i+1, odds)
		if kind, known := strongest(fate(d.Slots[i].Action)); known {
			d.Slots[i].Reward = kind.Reward()
		}
	}
	return d, nil
}

// PolicyName names a policy in reports, as "default 1".
func PolicyName(p recommend.Policy) string { return p.Name + " " + strconv.Itoa(p.Version) }

// fill makes odds the slot's options, and those of what stands there the slot's own.
func fill(s *evaluate.Slot, position int, odds []recommend.Odds) {
	shown := s.Action
	s.Position, s.Options = position, make([]evaluate.Option, len(odds))
	var features []float64 // of all options, in one piece
	for i, o := range odds {
		from := len(features)
		features = append(append(features, o.Values...), 1/math.Log2(float64(position)+1))
		s.Options[i] = evaluate.Option{
			Action: o.GiftID, Propensity: min(1, o.Served), Target: min(1, o.Target), Features: features[from:len(features):len(features)],
		}
		if o.GiftID == shown {
			s.Option = s.Options[i]
		}
	}
}

// scored is candidates as the ranking knows them.
func scored(candidates []recommendation.Candidate) []recommend.Scored {
	out := make([]recommend.Scored, len(candidates))
	for i, c := range candidates {
		out[i] = recommend.Scored{
			GiftID: c.GiftID, Query: c.List, Merchant: c.Merchant, Category: c.Category, Band: c.PriceBand, Values: c.Values,
			Score: c.Score, Uncertainty: c.Uncertainty, Position: c.Position, Dropped: recommend.Dropped(c.Dropped),
			DuplicateOf: c.DuplicateOf, Veto: c.Veto, Near: c.Near,
		}
	}
	return out
}

// errPolicyUnknown answers for a page of a policy of which nothing is known here.
func errPolicyUnknown(p recommendation.Policy) error {
	return domain.Invalid("policy_unknown", "some pages were served by policy %s version %d, which is not known here: its file is needed too", p.Name, p.Version)
}
