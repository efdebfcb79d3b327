package recommend

import (
	"cmp"
	"math"
	"slices"
)

// page is the candidates of one request on their way through the stages.
type page struct {
	policy  Policy
	rules   Rules
	queries int
	entries []*entry
}

// entry is a candidate of one query. The same gift found by two queries makes two entries.
type entry struct {
	*Candidate
	query     int
	product   *product
	score     float64
	features  []Feature
	coverage  float64 // share of its query's words that its texts name
	elsewhere bool    // it stands on another shelf than what its idea asks for
	good      bool    // worth a page by itself, not only to fill it
	filler    bool    // may fill a page that is too short
}

// product is what is worked out once for a gift, whichever queries found it.
type product struct {
	*Text
	giftability float64
	because     []string
	veto        string // why it must not be offered; "": it may be
}

func newPage(req Request, lists []List) *page {
	policy := req.policy()
	lists = lists[:min(len(lists), policy.Queries)]
	p := &page{policy: policy, rules: NewRules(req.Person).hear(lists), queries: len(lists)}
	products := map[string]*product{}
	found := make([][]*entry, len(lists))
	limit := newBudget(req.Budget)
	for q, list := range lists {
		found[q] = p.filter(limit, q, list.Candidates, products)
	}
	asked := make([]asking, len(lists))
	for q, list := range found {
		asked[q] = asking{text: lists[q].Query}
		p.entries = append(p.entries, list...)
	}
	bars := p.policy.bars(asked, p.entries)
	for q, list := range found {
		p.score(limit, list, bars[q])
	}
	p.leaveTrinkets(limit)
	p.collapse()
	p.cut()
	p.trim()
	return p
}

// filter keeps what may be offered at all: in budget, not vetoed. A gift that stands twice in a
// list keeps its best similarity.
func (p *page) filter(limit *budget, query int, candidates []Candidate, products map[string]*product) []*entry {
	byGift := map[string]*entry{}
	for _, c := range candidates {
		c.Similarity, c.WordScore = finite(c.Similarity), finite(c.WordScore)
		if !limit.affordable(c.Price, c.Currency) || p.product(&c, products).veto != "" {
			continue
		}
		twin, twice := byGift[c.GiftID]
		if !twice || cmp.Or(cmp.Compare(c.Similarity, twin.Similarity), cmp.Compare(c.WordScore, twin.WordScore)) > 0 {
			byGift[c.GiftID] = &entry{Candidate: &c, query: query, product: products[c.GiftID]}
		}
	}
	entries := make([]*entry, 0, len(byGift))
	for _, e := range byGift {
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b *entry) int { return cmp.Compare(a.GiftID, b.GiftID) })
	return entries
}

// finite guards against a broken search: what is no number counts as nothing.
func finite(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	return x
}

func (p *page) product(c *Candidate, products map[string]*product) *product {
	known := products[c.GiftID]
	if known == nil {
		made := newProduct(c, p.rules)
		known = &made
		products[c.GiftID] = known
	}
	return known
}

func newProduct(c *Candidate, rules Rules) product {
	text := c.Text
	if text == nil {
		text = ReadText(c.Title, c.Description, c.Category)
	}
	made := product{Text: text, giftability: text.giftability, because: text.because}
	if _, is := text.reading.aboutAny(rules.loved); is {
		made.giftability, made.because = text.reading.giftability(rules.loved)
	}
	if c.Giftability != nil {
		made.giftability, made.because = max(0, min(1, finite(*c.Giftability))), nil
	}
	made.veto, _ = rules.vetoed(text.reading)
	if made.veto == "" {
		made.veto, _ = rules.vetoedByAge(ageRange(c))
	}
	return made
}

// score works out one list's features. Words are judged beside the list's best, relevance beside
// the idea's bar: a query that finds nothing near brings no fillers.
func (p *page) score(limit *budget, list []*entry, bar float64) {
	best := peers{budget: limit, rules: p.rules}
	for _, e := range list {
		best.words = max(best.words, e.WordScore)
	}
	weights := p.policy.Weights.inOrder()
	for _, e := range list {
		misfit := 0.0
		for i, f := range table[:retrievalFeatures] {
			value, because := f.value(&best, e)
			if value == 0 {
				continue
			}
			contribution := value * weights[i]
			e.score += contribution
			e.features = append(e.features, Feature{f.name, value, contribution, because})
			if f.misfit {
				misfit = max(misfit, value)
			}
		}
		suits := e.product.giftability >= p.policy.Giftability && misfit < p.policy.Misfit && !p.rules.otherOccasion(e.product.Text)
		e.good = suits && e.relevance() >= bar
		e.filler = suits && e.relevance() >= fillers*bar
	}
}

// leaveTrinkets keeps off the page what costs next to nothing beside the budget.
func (p *page) leaveTrinkets(limit *budget) {
	least := limit.least(p.policy.Cheapest, p.entries)
	for _, e := range p.entries {
		if limit.trinket(e.Price, least) {
			e.good, e.filler = false, false
		}
	}
}

// fillers is the share of the relevance asked of a good gift that one needs to fill a page: rather a
// short page than one with what does not belong there.
const fillers = 0.85

// otherShelf is how much less an entry has to do with its query that is another kind of thing.
const otherShelf = 0.2

// relevance is how much an entry has to do with its query: cosine, and what the words add. Where it is another
// kind of thing its words may be the query's, as "ручной", "керамический" or "кофейный" are, and what they are
// said of is not.
func (e *entry) relevance() float64 {
	if e.elsewhere {
		return e.Similarity - otherShelf
	}
	return e.Similarity + coverageCounts*e.coverage
}

// collapse leaves one of each group of near-duplicates, the one of best score in any query.
func (p *page) collapse() {
	var kept []*entry
	gone := map[string]bool{}
	for _, e := range bestPerGift(p.entries) {
		twin := slices.ContainsFunc(kept, func(k *entry) bool { return k.product.Same(e.product.Text) })
		if twin {
			gone[e.GiftID] = true
			continue
		}
		kept = append(kept, e)
	}
	p.entries = slices.DeleteFunc(p.entries, func(e *entry) bool { return gone[e.GiftID] })
}

// cut leaves each query its best retrieved candidates: those that are gifts first, then by meaning
// and words fused.
func (p *page) cut() {
	var kept []*entry
	for _, list := range p.byQuery() {
		order := retrievalOrder(list)
		slices.SortStableFunc(list, func(a, b *entry) int {
			if a.good != b.good {
				if a.good {
					return -1
				}
				return 1
			}
			return cmp.Compare(order[a.GiftID], order[b.GiftID])
		})
		kept = append(kept, list[:min(len(list), p.policy.PerQuery)]...)
	}
	p.entries = kept
}

// retrievalOrder is each gift's place when a list's two rankings are fused. Words count half: a
// rare word found is worth less than a meaning met.
func retrievalOrder(list []*entry) map[string]int {
	meaning, words := Ranking{Weight: 1}, Ranking{Weight: 0.5}
	for _, e := range list {
		meaning.Hits = append(meaning.Hits, Hit{e.GiftID, e.Similarity})
		if e.WordScore > 0 {
			words.Hits = append(words.Hits, Hit{e.GiftID, e.WordScore})
		}
	}
	order := make(map[string]int, len(list))
	for i, hit := range Fuse(meaning, words) {
		order[hit.GiftID] = i
	}
	return order
}

// trim drops what is not worth a page, except as many of the best that come near to it as the page's
// minimum asks for.
func (p *page) trim() {
	good := map[string]bool{}
	for _, e := range p.entries {
		good[e.GiftID] = good[e.GiftID] || e.good
	}
	count := 0
	for _, g := range good {
		if g {
			count++
		}
	}
	spare := map[*entry]bool{}
	for _, e := range bestPerGift(p.entries) {
		if !good[e.GiftID] && e.filler && count < p.policy.Minimum {
			spare[e] = true
			count++
		}
	}
	p.entries = slices.DeleteFunc(p.entries, func(e *entry) bool { return !e.good && !spare[e] })
}

// bestPerGift returns each gift's entry of best score, best first.
func bestPerGift(entries []*entry) []*entry {
	sorted := slices.Clone(entries)
	sortByScore(sorted)
	seen := map[string]bool{}
	return slices.DeleteFunc(sorted, func(e *entry) bool {
		twice := seen[e.GiftID]
		seen[e.GiftID] = true
		return twice
	})
}

// sortByScore puts the best first. Equal scores stand by id, then by query, so that the order in
// which candidates arrive never shows.
func sortByScore(entries []*entry) {
	slices.SortFunc(entries, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.GiftID, b.GiftID), cmp.Compare(a.query, b.query))
	})
}
