package recommend

import (
	"cmp"
	"math"
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
// it. At the exploratory position (if any) the eligible are the few of highest utility, and the
// propensity is a candidate's share of their uncertainties. At temperature 0 the best is taken and
// propensities are 1.
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
		rules: NewRules(q.Person), asked: newAsked(q),
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
	veto := g.product.veto
	if age := s.rules.person.Age; veto == "" && age != nil && *age < AdultAge && c.AgeFrom != nil && *c.AgeFrom > *age+1 {
		veto = "not for this age"
	}
	switch q := s.inquiry; {
	case q.Excluded[c.GiftID]:
		g.Dropped = DroppedExcluded
	case q.Bought[c.GiftID]:
		g.Dropped = DroppedBought
	case q.Seen[c.GiftID]:
		g.Dropped = DroppedSeen
	case veto != "":
		g.Dropped, g.Veto = DroppedVetoed, veto
	case !s.budget.affordable(c.Price, c.Currency):
		g.Dropped = DroppedOverBudget
	}
	return g
}

// consider scores what may be offered and drops what is not worth a page.
func (s *serving) consider() {
	s.byList = s.peers()
	for _, g := range s.found {
		if g.Dropped != "" {
			continue
		}
		g.entry = nil
		for _, e := range g.entries {
			s.score(g, e, &s.byList[e.query])
		}
		g.Uncertainty = millionths(s.inquiry.Learned.uncertainty(g.Values))
	}
	slices.SortStableFunc(s.found, func(a, b *considered) int {
		if scored := cmp.Compare(len(b.Values), len(a.Values)); scored != 0 {
			return scored
		}
		return cmp.Compare(b.Score, a.Score)
	})
}

// peers is what each list's entries are judged against. Words are judged beside the list's best,
// relevance beside the page's.
func (s *serving) peers() []peers {
	all := make([]peers, len(s.queries))
	closest := 0.0
	for _, g := range s.found {
		if g.Dropped != "" {
			continue
		}
		for _, e := range g.entries {
			closest = max(closest, e.Similarity)
			all[e.query].words = max(all[e.query].words, e.WordScore)
		}
	}
	for i := range all {
		all[i].budget, all[i].rules, all[i].asked, all[i].similarity = s.budget, s.rules, s.asked, closest
	}
	return all
}

// score works out an entry's features and keeps them when it is the gift's best so far: one that is
// worth a page before one that is not, then the better score.
func (s *serving) score(g *considered, e *entry, p *peers) {
	values := s.row()
	misfit := 0.0
	for i := range table {
		v, _ := table[i].value(p, e)
		values[i] = thousandths(finite(v))
		if table[i].misfit {
			misfit = max(misfit, values[i])
		}
	}
	e.score = scoreOf(s.weights, values)
	dropped := Dropped("")
	switch {
	case e.product.giftability < s.policy.Giftability:
		dropped = DroppedNotAGift
	case misfit >= s.policy.Misfit:
		dropped = DroppedMisfit
	case !s.policy.relevant(p, e):
		dropped = DroppedIrrelevant
	}
	better := g.entry == nil || g.Dropped != "" && dropped == "" ||
		(g.Dropped == "") == (dropped == "") && e.score > g.entry.score
	if better {
		g.entry, g.Query, g.Score, g.Values, g.Dropped = e, e.query, e.score, values, dropped
	}
}

// scoreOf is Σ weight·value, to six places.
func scoreOf(weights, values []float64) float64 {
	sum := 0.0
	for i, w := range weights {
		sum += w * values[i]
	}
	return millionths(sum)
}

// floor is the score that a candidate needs to take part: the policy's reach below the best that
// any scores without the help of the person's reactions, so that a gift much like one they loved does
// not clear the page of all else.
func (s *serving) floor() float64 {
	best := math.Inf(-1)
	for _, g := range s.found {
		if g.Dropped != "" {
			continue
		}
		helped := 0.0
		for i := range table {
			if table[i].reacted {
				helped += s.weights[i] * g.Values[i]
			}
		}
		best = max(best, g.Score-max(0, helped))
	}
	return best - s.policy.Draw.Reach
}

// row is room for an entry's values. Rows are cut from one piece, which is much cheaper than a piece
// each.
func (s *serving) row() []float64 {
	if len(s.rows) < len(table) {
		s.rows = make([]float64, 64*len(table))
	}
	row := s.rows[:len(table):len(table)]
	s.rows = s.rows[len(table):]
	return row
}

// pool is the best candidates that are worth a page, each of other goods than the rest.
func (s *serving) pool() []*contender {
	floor := s.floor()
	var kept []*considered
	var pool []*contender
	for _, g := range s.found {
		if g.Dropped != "" {
			continue
		}
		g.Dropped = DroppedOutranked
		if len(kept) == s.policy.Draw.Pool || g.Score < floor {
			continue
		}
		twin := slices.IndexFunc(kept, func(k *considered) bool { return k.entry.product.same(g.entry.product.Text) })
		if twin >= 0 {
			g.Dropped, g.DuplicateOf = DroppedDuplicate, kept[twin].GiftID
			continue
		}
		kept = append(kept, g)
		g.Near = make([]int8, 0, s.inquiry.limit())
		pool = append(pool, &contender{Scored: &g.Scored, gift: g})
	}
	return pool
}
