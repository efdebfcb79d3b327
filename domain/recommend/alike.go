package recommend

import (
	"math"
	"math/rand/v2"

	"gifty/domain"
)

// alike is the share of two titles' words that both must have before near vectors make the same goods.
const alike = 1. / 3

// similarity is how alike two gifts are, in hundredths: the cosine of their vectors, or the overlap
// of their titles where a vector is missing.
func (g *considered) similarity(other *considered) int8 {
	if a, b := g.entry.Vector, other.entry.Vector; a != nil && len(a) == len(b) {
		return hundredths(dot(a, b))
	}
	return hundredths(g.entry.product.overlap(other.entry.product.Text))
}

// twin tells whether two gifts of a similarity in hundredths are the same goods.
func (g *considered) twin(other *considered, near int8, threshold float64) bool {
	return g.entry.Vector != nil && float64(near) >= 100*threshold && g.entry.product.overlap(other.entry.product.Text) >= alike
}

// priceBand is the shelf a price stands on. With a budget it is the quarter of it that the price is
// in: 0 up to 25 %, 1 up to 50 %, 2 up to 75 %, 3 up to the whole, 4 above. Without one it counts
// half decades, ⌊2·log₁₀ price⌋: 4 is 100 to 316, 5 to 1,000. A product without a price is in −1.
func priceBand(price *domain.Amount, limit *budget) int {
	if price == nil {
		return -1
	}
	if limit == nil {
		return max(0, int(math.Floor(2*math.Log10(max(1, float(price.Decimal))))))
	}
	return max(0, min(4, int(math.Ceil(4*limit.share(price)))-1))
}

// chance is the page's source of randomness: PCG seeded with the inquiry's seed and a hash of what
// the page is for.
func (s *serving) chance() *rand.Rand {
	request := hash64(s.policy.Name)
	for _, q := range s.queries {
		request = 31*request + hash64(q)
	}
	return rand.New(rand.NewPCG(s.inquiry.Seed, request+uint64(s.policy.Version)))
}
