package recommend

import (
	"cmp"
	"math"
	"slices"
)

// consider scores what may be offered and drops what is not worth a page.
func (s *serving) consider() {
	s.byList = s.peers()
	entries := s.offerable()
	bars := s.policy.bars(s.asking(), entries)
	for _, g := range s.found {
		if g.Dropped != "" {
			continue
		}
		g.entry = nil
		for _, e := range g.entries {
			s.score(g, e, &s.byList[e.query], bars[e.query])
		}
		g.Uncertainty = millionths(s.inquiry.Learned.uncertainty(g.Values))
	}
	s.leaveTrinkets(entries)
	slices.SortStableFunc(s.found, func(a, b *considered) int {
		if scored := cmp.Compare(len(b.Values), len(a.Values)); scored != 0 {
			return scored
		}
		return cmp.Compare(b.Score, a.Score)
	})
}

// leaveTrinkets drops what costs next to nothing beside the budget.
func (s *serving) leaveTrinkets(offerable []*entry) {
	least := s.budget.least(s.policy.Cheapest, offerable)
	for _, g := range s.found {
		if g.Dropped == "" && s.budget.trinket(g.entry.Price, least) {
			g.Dropped = DroppedTrinket
		}
	}
}

// asking is the queries, those of one idea together.
func (s *serving) asking() []asking {
	asked := make([]asking, len(s.queries))
	first := map[Idea]int{}
	for q, text := range s.queries {
		asked[q] = asking{text, q}
		idea := s.asked.ideaOf(q)
		if idea.Title == "" {
			continue
		}
		if _, known := first[idea]; !known {
			first[idea] = q
		}
		asked[q].idea = first[idea]
	}
	return asked
}

// offerable is the entries of all that may be offered.
func (s *serving) offerable() (entries []*entry) {
	for _, g := range s.found {
		if g.Dropped == "" {
			entries = append(entries, g.entries...)
		}
	}
	return entries
}

// peers is what each list's entries are judged against. Words are judged beside the list's best,
// closeness beside the page's.
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
func (s *serving) score(g *considered, e *entry, p *peers, bar float64) {
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
	case s.rules.otherOccasion(e.product.Text):
		dropped = DroppedOccasion
	case values[interestFeature] >= ofItsKind && e.relevance() >= s.policy.Loved*bar:
	case e.relevance() < bar:
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
		twin := slices.IndexFunc(kept, func(k *considered) bool { return k.entry.product.Same(g.entry.product.Text) })
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
