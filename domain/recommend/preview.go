package recommend

import (
	"cmp"
	"slices"
)

// Preview lays out the first page for an idea: of each of the first three queries its four best
// gifts, the queries taking turns, no gift twice; at most twelve. A query whose best is already on
// the page offers its next. Gifts that only fill the page stand last.
func Preview(req Request, lists []List) []Pick {
	p := newPage(req, lists)
	turns := p.byQuery()
	var chosen []*entry
	seen := map[string]bool{}
	for range p.policy.KeptPerQuery {
		for q := range turns {
			next := firstUnseen(turns[q], seen)
			if next == nil {
				continue
			}
			seen[next.GiftID] = true
			chosen = append(chosen, next)
		}
	}
	slices.SortStableFunc(chosen, func(a, b *entry) int { return cmp.Compare(a.filling(), b.filling()) })
	return picks(chosen)
}

// filling is 1 for what only fills a page.
func (e *entry) filling() int {
	if e.good {
		return 0
	}
	return 1
}

// DeepDive lays out all that is worth seeing for an idea: the fifteen best gifts of its first three
// queries together, best first.
func DeepDive(req Request, lists []List) []Pick {
	p := newPage(req, lists)
	best := bestPerGift(p.entries)
	return picks(best[:min(len(best), p.policy.DeepDive)])
}

// byQuery returns each query's entries, best first.
func (p *page) byQuery() [][]*entry {
	turns := make([][]*entry, p.queries)
	for _, e := range p.entries {
		turns[e.query] = append(turns[e.query], e)
	}
	for _, t := range turns {
		sortByScore(t)
	}
	return turns
}

func firstUnseen(entries []*entry, seen map[string]bool) *entry {
	for _, e := range entries {
		if !seen[e.GiftID] {
			return e
		}
	}
	return nil
}

func picks(chosen []*entry) []Pick {
	picks := make([]Pick, len(chosen))
	for i, e := range chosen {
		picks[i] = Pick{
			GiftID: e.GiftID, Rank: i + 1, Query: e.query,
			Similarity: e.Similarity, Score: e.score, Fits: e.good, Features: e.features,
		}
	}
	return picks
}
