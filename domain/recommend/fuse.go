package recommend

import (
	"cmp"
	"slices"
)

// Ranking is what one way of searching found. Hits need no order: their scores give it, and equal
// scores share a rank. Only the order of a ranking's scores matters, never their size.
type Ranking struct {
	Weight float64 // how much this way of searching counts beside the others
	Hits   []Hit
}

// Hit is a gift and its score, the higher the better.
type Hit struct {
	GiftID string
	Score  float64
}

// rankConstant is k of reciprocal-rank fusion; 60 is the value of Cormack, Clarke and Büttcher
// (SIGIR 2009). It keeps first places from deciding everything.
const rankConstant = 60

// Fuse merges rankings by weighted reciprocal rank: each gift scores Σ weight/(60 + rank) over the
// rankings that hold it, its best place in each. The answer is best first; gifts of equal score
// stand in the order of their ids.
func Fuse(rankings ...Ranking) []Hit {
	scores := map[string]float64{}
	for _, r := range rankings {
		for gift, rank := range r.ranks() {
			scores[gift] += r.Weight / float64(rankConstant+rank)
		}
	}
	fused := make([]Hit, 0, len(scores))
	for gift, score := range scores {
		fused = append(fused, Hit{gift, score})
	}
	slices.SortFunc(fused, byScore)
	return fused
}

// ranks gives every gift its best rank, 1 and up.
func (r Ranking) ranks() map[string]int {
	hits := slices.SortedFunc(slices.Values(r.Hits), byScore)
	ranks := make(map[string]int, len(hits))
	rank := 0
	for i, h := range hits {
		if i == 0 || h.Score != hits[i-1].Score {
			rank = i + 1
		}
		if _, better := ranks[h.GiftID]; !better {
			ranks[h.GiftID] = rank
		}
	}
	return ranks
}

func byScore(a, b Hit) int {
	return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.GiftID, b.GiftID))
}
