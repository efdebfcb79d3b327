package evaluate

import "math"

// NDCG is the normalised discounted cumulative gain of the first k of a ranking, 0 to 1: Σ grade / log2(1 +
// place) over that of the best possible order (Järvelin and Kekäläinen, 2002). Grades are 0 or more; what
// has none has 0. With nothing relevant there is no best order, and it is 0.
func NDCG(ranked []string, grades map[string]float64, k int) float64 {
	ideal := make([]float64, 0, len(grades))
	for _, g := range grades {
		ideal = append(ideal, g)
	}
	descending(ideal)
	var got, best float64
	for i, item := range first(ranked, k) {
		got += grades[item] / math.Log2(float64(i)+2)
	}
	for i, g := range first(ideal, k) {
		best += g / math.Log2(float64(i)+2)
	}
	if best == 0 {
		return 0
	}
	return got / best
}

// Hit is 1 when anything relevant is among the first k, else 0; its mean is the hit rate.
func Hit(ranked []string, grades map[string]float64, k int) float64 {
	if ReciprocalRank(first(ranked, k), grades) > 0 {
		return 1
	}
	return 0
}

// ReciprocalRank is 1 / the place of the first relevant item, and 0 without one; its mean is the MRR.
func ReciprocalRank(ranked []string, grades map[string]float64) float64 {
	for i, item := range ranked {
		if grades[item] > 0 {
			return 1 / float64(i+1)
		}
	}
	return 0
}

// Coverage is the share of a catalogue, 0 to 1, that any of the rankings shows. Each name counts once.
func Coverage(rankings [][]string, catalogue int) float64 {
	shown := map[string]bool{}
	for _, ranked := range rankings {
		for _, item := range ranked {
			shown[item] = true
		}
	}
	if catalogue == 0 {
		return 0
	}
	return float64(len(shown)) / float64(catalogue)
}

// Item is what diversity is told by.
type Item struct {
	Vector   []float32 // of any length but 0, the same for all; may be nil
	Category string
}

// Diversity is the mean distance of the pairs in a list (intra-list distance: Ziegler, McNee, Konstan,
// Lausen, 2005): 1 − cosine, so 0 to 2, where both have vectors, else whether the categories differ, 0 or
// 1. Lists of fewer than two have 0.
func Diversity(list []Item) float64 {
	var sum float64
	for i := range list {
		for j := range i {
			sum += distance(list[i], list[j])
		}
	}
	if len(list) < 2 {
		return 0
	}
	return sum / (float64(len(list)*(len(list)-1)) / 2)
}

func distance(a, b Item) float64 {
	var dot, aa, bb float64
	for i := range min(len(a.Vector), len(b.Vector)) {
		x, y := float64(a.Vector[i]), float64(b.Vector[i])
		dot, aa, bb = dot+x*y, aa+x*x, bb+y*y
	}
	switch {
	case aa > 0 && bb > 0:
		return 1 - dot/math.Sqrt(aa*bb)
	case a.Category != b.Category:
		return 1
	}
	return 0
}

// Novelty is the mean self-information of a list in bits, −log2 of each item's share of past choices
// (Zhou, Kuscsik, Liu, Medo, Wakeling, Zhang, 2010). One choice is added to each of the catalogue's
// items, so that what nobody chose is novel and not infinitely so.
func Novelty(ranked []string, chosen map[string]int, catalogue int) float64 {
	if len(ranked) == 0 {
		return 0
	}
	all := catalogue
	for _, n := range chosen {
		all += n
	}
	var sum float64
	for _, item := range ranked {
		sum -= math.Log2(float64(chosen[item]+1) / float64(max(1, all)))
	}
	return sum / float64(len(ranked))
}

func first[T any](list []T, k int) []T { return list[:min(max(0, k), len(list))] }
