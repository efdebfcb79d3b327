package evaluate

// Assumption is what is taken for granted about how the gifts of a page influence each other. The less
// is assumed, the wider the intervals. On pages of one slot all three are the same estimator.
type Assumption string

const (
	// ItemPosition says that what a slot earns depends on its gift and its position alone. Each slot is weighed
	// by its own ratio of probabilities, which must be those of the gift at that position over all pages
	// (Li, Abbasi-Yadkori, Kveton, Muthukrishnan, Vinay, Wen: Offline Evaluation of Ranking Policies with
	// Click Models, KDD 2018, §4). With propensities given the slots before, it answers another
	// question: what the target earns that continues pages which the logged policy began.
	ItemPosition Assumption = "item-position"
	// Cascade says that what a slot earns depends also on the slots before it, not on those after. Each slot is
	// weighed by the product of the ratios up to it, whose probabilities are given the slots before
	// (McInerney, Brost, Chandar, Mehrotra, Carterette: Counterfactual Evaluation of Slate
	// Recommendations with Sequential Reward Interactions, KDD 2020).
	Cascade Assumption = "cascade"
	// Slate assumes nothing. Every slot is weighed by the product of all the page's ratios.
	Slate Assumption = "slate"
)

// weights of a slot: of what it earned; of what the model expected of the gift that stood there; and of
// what it expects of the target's choice, given the slots before.
//
// With w the reward's weight, m the shown gift's and b the choice's, a slot adds w·r to IPS, and
// b·Σ π(a)·q(a) − m·q(shown) + w·r to the doubly robust estimate. The model's part has mean 0 when the
// propensities are right, whatever the model.
type weights struct{ reward, shown, choice float64 }

// weigh fills into with the weights of a page's slots.
func (a Assumption) weigh(slots []Slot, into []weights) []weights {
	into = into[:0]
	prefix := 1.0
	for i := range slots {
		ratio := slots[i].Target / slots[i].Propensity
		if a == ItemPosition {
			into = append(into, weights{ratio, ratio, 1})
			continue
		}
		into = append(into, weights{prefix * ratio, prefix * ratio, prefix})
		prefix *= ratio
	}
	if a == Slate {
		for i := range into {
			into[i].reward = prefix
		}
	}
	return into
}
