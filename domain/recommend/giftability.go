package recommend

import (
	"cmp"
	"math"
	"slices"
)

// NotAGift is the giftability below which a product is kept off pages that can do without it.
const NotAGift = 0.3

// neutral is the log-odds of a product about which nothing is known: 0.55.
const neutral = 0.2

// further is what each topic beyond the strongest of its sign adds. Titles repeat themselves; a
// second word for the same thing is little news.
const further = 0.3

// bound caps both sums, so that no heap of words outweighs everything said against.
const bound = 3.5

// In a category that holds few gifts (a shift of doubtful or less), a product whose texts tell
// nothing is less likely to be one than the category alone says.
const (
	doubtful = -0.5
	unknown  = -0.6
)

// outweighs is the evidence against a product beside which its category does not speak for it: a watch's spare case
// is filed under accessories, and a hundred blank key rings under children's goods.
const outweighs = -1.5

// Giftability is how likely a product is something people unwrap, 0 (a brake disc) to 1 (a plush
// bear), from the words of its texts alone, and why: the strongest reasons first, at most four,
// each with the word that gave it. Descriptions and categories are weak evidence; any may be empty.
//
// The score is a logistic model with hand-set weights: sigmoid(neutral + P + N + patterns + category),
// P and N being the strongest wanted and unwanted topics plus 0.3 of each further one; a category that speaks for a
// product counts only where N is above -1.5.
func Giftability(title, description, category string) (score float64, reasons []string) {
	return read(title, description, category).giftability(nil)
}

// evidence is one thing that moves the score.
type evidence struct {
	weight float64 // log-odds
	reason string
}

// giftability of a product for somebody who loves some topics, which then are not held against it: a drill is
// no gift for most people.
func (r *reading) giftability(loved []topicID) (float64, []string) {
	all := append(r.topicEvidence(loved), r.patternEvidence()...)
	slices.SortStableFunc(all, func(a, b evidence) int {
		return cmp.Compare(math.Abs(b.weight), math.Abs(a.weight))
	})
	against := sum(all, -1)
	logit := neutral + sum(all, 1) + against + r.shift
	if against < outweighs {
		logit -= max(0, r.shift)
	}
	if len(all) == 0 && r.shift <= doubtful {
		logit += unknown
	}
	if _, forbidden := r.forbidden(); forbidden {
		logit = min(logit, -3)
	}
	var reasons []string
	for _, e := range all[:min(4, len(all))] {
		reasons = append(reasons, e.reason)
	}
	return 1 / (1 + math.Exp(-logit)), reasons
}

// sum adds up the evidence of one sign, strongest first.
func sum(sorted []evidence, sign float64) float64 {
	total, share := 0.0, 1.0
	for _, e := range sorted {
		if e.weight*sign <= 0 {
			continue
		}
		total += e.weight * share
		share = further
	}
	return max(-bound, min(bound, total))
}

func (r *reading) topicEvidence(loved []topicID) []evidence {
	var all []evidence
	for _, h := range r.hits {
		t := &r.lexicon.topics[h.topic]
		if h.strength == 0 || t.weight == 0 || h.beaten || t.weight < 0 && slices.Contains(loved, h.topic) {
			continue
		}
		all = append(all, evidence{t.weight * h.strength, t.reason + ": " + h.word})
	}
	return all
}

// patternEvidence weighs numbers and codes. Some goods are counted in pieces or named by numbers
// without being any less a gift: puzzles, models, gadgets.
func (r *reading) patternEvidence() []evidence {
	p := r.patterns
	var all []evidence
	add := func(holds bool, weight float64, reason string) {
		if holds {
			all = append(all, evidence{weight, reason})
		}
	}
	add(p.codes > 0, -min(0.9+0.8*float64(p.codes-1), 2.5), "part number")
	add(p.years > 0, -min(0.8+0.3*float64(p.years-1), 2), "fits certain years of make")
	add(p.compatible, -1.6, "named by what it fits")
	add(p.quantities > 1, -1, "technical quantities")
	add(p.variants > 0, -0.8, "sold in many technical sizes")
	if !r.ruledOut(r.lexicon.ids["bulk"]) {
		add(p.lot >= 100, -2, "lot of a hundred or more")
		add(p.lot >= 20 && p.lot < 100, -1.3, "lot of many")
		add(p.lot >= 5 && p.lot < 20, -0.5, "lot")
		add(p.lot >= 4 && r.isJewellery(), -2.6, "jewellery in lots is for making jewellery")
	}
	return all
}

func (r *reading) isJewellery() bool {
	_, is := r.about(r.lexicon.ids["jewellery"])
	return is
}
