package recommend

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestFuseAddsReciprocalRanks(t *testing.T) {
	got := Fuse(
		Ranking{Weight: 1, Hits: []Hit{{"b", 0.5}, {"a", 0.9}, {"c", 0.5}}},
		Ranking{Weight: 0.5, Hits: []Hit{{"c", 7}, {"c", 3}, {"d", 1}}},
	)
	want := map[string]float64{"a": 1. / 61, "b": 1. / 62, "c": 1./62 + 0.5/61, "d": 0.5 / 63}
	order := []string{"c", "a", "b", "d"}
	for i, hit := range got {
		if hit.GiftID != order[i] || math.Abs(hit.Score-want[hit.GiftID]) > 1e-12 {
			t.Errorf("place %d: %+v, want %s with %v", i+1, hit, order[i], want[order[i]])
		}
	}
	if len(got) != len(order) {
		t.Errorf("%d gifts, want %d", len(got), len(order))
	}
}

func TestFuseOfNothing(t *testing.T) {
	if got := Fuse(Ranking{Weight: 1}); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestFuseHeedsScoresAloneNotOrder(t *testing.T) {
	ranking := rapid.Custom(func(t *rapid.T) Ranking {
		hits := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Hit {
			return Hit{rapid.StringMatching("[a-f]").Draw(t, "gift"), float64(rapid.IntRange(0, 3).Draw(t, "score"))}
		}), 0, 12).Draw(t, "hits")
		return Ranking{Weight: float64(rapid.IntRange(1, 4).Draw(t, "weight")), Hits: hits}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := ranking.Draw(t, "a"), ranking.Draw(t, "b")
		shuffled := Ranking{Weight: a.Weight, Hits: rapid.Permutation(a.Hits).Draw(t, "shuffled")}
		first, second := Fuse(a, b), Fuse(shuffled, b)
		if !slices.Equal(first, second) {
			t.Fatalf("%v became %v", first, second)
		}
		if !slices.IsSortedFunc(first, byScore) {
			t.Fatalf("not sorted: %v", first)
		}
	})
}
