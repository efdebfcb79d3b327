package recommend

import (
	"cmp"
	"slices"
)

// Serve lays out a recommendation page: it keeps off what must not be offered, scores the rest by the
// features of FeatureNames, leaves out what is no gift or not to the point, collapses near-duplicates
// and draws the items one position after another. It never fills a page up: where nothing fits, the
// page is empty and its Notice says what comes nearest. A gift must be the same product in every
// list that holds it.
//
// The draw. The pool is the policy's number of candidates of best score, of those within its reach of
// the best of all. At each position the
// eligible are those of the pool that are not yet on the page, not the same goods as an item on it,
// and over none of the policy's limits; where everybody is over some, those over the fewest. An
// eligible candidate's utility is u = λ·score − (1−λ)·(its highest similarity to an item on the page), and
// its propensity
//
//	(1 − ε)·exp(u/T) / Σ exp(u/T) + ε/n   over the n eligible
//
// which is exactly the probability with which it is drawn at this position, given the items before
// it. At the exploratory position (if any) the softmax gives way to a candidate's share of the
// uncertainties of the few of highest utility, and ε is that of the exploration. At temperature 0 the best
// is taken and propensities are 1.
//
// The same inquiry and lists give the same page, byte for byte, whatever the order of the candidates.
func Serve(q Inquiry, lists []List) Page {
	s := newServing(&q, lists)
	s.consider()
	d := newDrawing(s.policy.Draw, s.pool())
	drawn := d.live(q.limit(), s.chance())
	page := Page{Items: make([]Item, 0, len(drawn)), Candidates: make([]Scored, 0, len(s.found))}
	for i, pick := range drawn {
		page.Items = append(page.Items, s.item(i+1, pick))
	}
	for _, g := range s.found {
		page.Candidates = append(page.Candidates, g.Scored)
	}
	if len(page.Items) == 0 {
		page.Notice = s.notice()
	}
	return page
}

func (q *Inquiry) limit() int {
	if q.Limit <= 0 {
		return PageSize
	}
	return min(q.Limit, MaxPage)
}

// serving is one page on its way through the stages.
type serving struct {
	inquiry *Inquiry
	policy  Policy
	weights []float64
	queries []string
	budget  *budget
	rules   Rules
	asked   *asked
	byList  []peers
	rows    []float64     // see row
	found   []*considered // best first, once they are scored
}

// considered is a gift that was found, and how it stands in the lists that hold it.
type considered struct {
	Scored
	entries []*entry // one of each list that holds it
	entry   *entry   // the best of them
	// What most gifts need and no more, so that a gift is one piece of memory.
	product product
	only    entry
	room    [1]*entry
}

func newServing(q *Inquiry, lists []List) *serving {
	policy := q.Policy.orDefault()
	s := &serving{
		inquiry: q, policy: policy, weights: q.Learned.weights(policy), budget: newBudget(q.Budget),
		rules: NewRules(q.Person).hear(lists), asked: newAsked(q),
	}
	byGift := map[string]*considered{}
	for n, list := range lists {
		s.queries = append(s.queries, list.Query)
		for i := range list.Candidates {
			s.meet(byGift, n, &list.Candidates[i])
		}
	}
	slices.SortFunc(s.found, func(a, b *considered) int { return cmp.Compare(a.GiftID, b.GiftID) })
	return s
}

// meet takes in one candidate of a list. A gift that stands twice in a list keeps its better
// similarity, then its better words.
func (s *serving) meet(byGift map[string]*considered, list int, c *Candidate) {
	g := byGift[c.GiftID]
	if g == nil {
		g = s.first(list, c)
		byGift[c.GiftID] = g
		s.found = append(s.found, g)
		return
	}
	e := entryOf(list, c, &g.product)
	switch last := g.entries[len(g.entries)-1]; {
	case last.query != list:
		g.entries = append(g.entries, &e)
	case e.Similarity > last.Similarity, e.Similarity == last.Similarity && e.WordScore > last.WordScore:
		*last = e
	}
}

// entryOf is a candidate of a list; scores that are no numbers count as nothing.
func entryOf(list int, c *Candidate, p *product) entry {
	if similarity, words := finite(c.Similarity), finite(c.WordScore); similarity != c.Similarity || words != c.WordScore {
		clean := *c
		clean.Similarity, clean.WordScore = similarity, words
		c = &clean
	}
	return entry{Candidate: c, query: list, product: p}
}

// first considers a gift by itself: whether it may be offered at all.
func (s *serving) first(list int, c *Candidate) *considered {
	g := &considered{product: newProduct(c, s.rules)}
	g.only = entryOf(list, c, &g.product)
	g.entry, g.room[0] = &g.only, &g.only
	g.entries = g.room[:]
	g.Scored = Scored{GiftID: c.GiftID, Query: list, Merchant: c.Merchant, Category: c.Category, Band: priceBand(c.Price, s.budget)}
	switch q := s.inquiry; {
	case q.Excluded[c.GiftID]:
		g.Dropped = DroppedExcluded
	case q.Bought[c.GiftID]:
		g.Dropped = DroppedBought
	case q.Seen[c.GiftID]:
		g.Dropped = DroppedSeen
	case g.product.veto != "":
		g.Dropped, g.Veto = DroppedVetoed, g.product.veto
	case !s.budget.affordable(c.Price, c.Currency):
		g.Dropped = DroppedOverBudget
	}
	return g
}
