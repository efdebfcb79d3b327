package discovery

import (
	"cmp"
	"slices"

	"github.com/google/uuid"
)

const (
	enough   = 4  // products that make an idea worth showing
	maxLinks = 10 // an idea's products that are stored as links
)

// candidate is an idea, what was found for it, and what becomes of it.
type candidate struct {
	Idea
	Found
	by   Generated  // the answer that the idea is from
	id   *uuid.UUID // nil: it is not shown
	page []Link
}

// fits are the products that answer the idea, best first.
func (c *candidate) fits() []Link { return c.Links[:min(c.Fitting, len(c.Links))] }

// choose picks the ideas to show, at most wanted, in their order, and lays out their pages.
func choose(all []*candidate, wanted int) []*candidate {
	return chooseEach([][]*candidate{all}, wanted)[0]
}

// chooseEach does so for several groups, of which each is to have as many, and which share the products.
// First come those for which enough products fit that no idea before them has taken; what is missing
// then is filled up with those that come nearest to it. They stand in their order, but those with nothing last.
func chooseEach(groups [][]*candidate, wanted int) [][]*candidate {
	s := &stock{best: map[string]float64{}, taken: map[string]bool{}}
	for _, c := range slices.Concat(groups...) {
		for _, l := range c.fits() {
			s.best[l.GiftID] = max(s.best[l.GiftID], l.Score)
		}
	}
	shown := make([][]*candidate, len(groups))
	for i, all := range groups {
		shown[i] = s.pick(all, wanted)
	}
	s.layOut(slices.Concat(shown...))
	for _, page := range shown { // an idea for which there is nothing comes last
		slices.SortStableFunc(page, func(a, b *candidate) int { return cmp.Compare(min(len(b.page), 1), min(len(a.page), 1)) })
	}
	return shown
}

func (s *stock) pick(all []*candidate, wanted int) []*candidate {
	chosen := map[*candidate]bool{}
	for _, c := range all {
		if len(chosen) < wanted && len(s.free(c)) >= enough {
			s.take(c, enough)
			chosen[c] = true
		}
	}
	weak := slices.DeleteFunc(slices.Clone(all), func(c *candidate) bool { return chosen[c] })
	slices.SortStableFunc(weak, func(a, b *candidate) int { return cmp.Compare(s.news(b), s.news(a)) })
	for _, c := range weak[:min(len(weak), wanted-len(chosen))] {
		s.take(c, enough)
		chosen[c] = true
	}
	return slices.DeleteFunc(slices.Clone(all), func(c *candidate) bool { return !chosen[c] })
}

// stock is the products that the ideas of one answer share.
type stock struct {
	best  map[string]float64 // a product's highest score under any idea
	taken map[string]bool
}

// free are an idea's fitting products that are not taken, those first that fit no other idea better.
func (s *stock) free(c *candidate) []Link {
	free := slices.DeleteFunc(slices.Clone(c.fits()), func(l Link) bool { return s.taken[l.GiftID] })
	slices.SortStableFunc(free, func(a, b Link) int { return cmp.Compare(s.contested(a), s.contested(b)) })
	return free
}

// news is how much an idea would add: its free products; less than nothing where all that fits stands under others.
func (s *stock) news(c *candidate) int {
	if free := len(s.free(c)); free > 0 || c.Fitting == 0 {
		return free
	}
	return -1
}

func (s *stock) contested(l Link) int {
	if l.Score < s.best[l.GiftID] {
		return 1
	}
	return 0
}

// take gives an idea up to n of its free products.
func (s *stock) take(c *candidate, n int) {
	free := s.free(c)
	s.add(c, free[:min(n, len(free))])
}

func (s *stock) add(c *candidate, links []Link) {
	for _, l := range links {
		if len(c.page) < maxLinks {
			c.page = append(c.page, l)
			s.taken[l.GiftID] = true
		}
	}
}

// layOut hands out what is left, a product to the idea that it fits best of those shown, fills pages
// that are too short, and numbers what stands on each. A product stands twice only where a page
// would be empty without it.
func (s *stock) layOut(shown []*candidate) {
	clear(s.best)
	for _, c := range shown {
		for _, l := range c.fits() {
			s.best[l.GiftID] = max(s.best[l.GiftID], l.Score)
		}
	}
	for _, c := range shown {
		s.add(c, slices.DeleteFunc(s.free(c), func(l Link) bool { return s.contested(l) > 0 }))
	}
	for _, c := range shown {
		s.add(c, s.free(c))
	}
	for _, c := range shown {
		s.fill(c)
		c.number()
	}
}

// fill makes a page that is too short longer: by products that only fill pages, or where there is nothing at all by
// such as stand under another idea too.
func (s *stock) fill(c *candidate) {
	others := slices.Concat(c.Links[len(c.fits()):], c.fits())
	for _, again := range []bool{false, true} {
		if again && len(c.page) > 0 {
			return
		}
		for _, l := range others {
			here := slices.ContainsFunc(c.page, func(o Link) bool { return o.GiftID == l.GiftID })
			if len(c.page) < enough && !here && s.taken[l.GiftID] == again {
				s.add(c, []Link{l})
			}
		}
	}
}

// number puts the page into the order in which its products were found.
func (c *candidate) number() {
	slices.SortFunc(c.page, func(a, b Link) int { return cmp.Compare(a.Rank, b.Rank) })
	for i := range c.page {
		c.page[i].Rank = i + 1
	}
}
