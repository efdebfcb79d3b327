package evaluate

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gifty/domain"
)

func TestMetricsOfKnownLists(t *testing.T) {
	t.Parallel()
	grades := map[string]float64{"a": 3, "b": 2, "c": 3, "e": 1, "f": 2, "far": 3, "farther": 2}
	list := []string{"a", "b", "c", "d", "e", "f"} // the grades 3 2 3 0 1 2 of the measure's usual example
	if got := NDCG(list, grades, 6); !close4(got, 0.7850) {
		t.Error(got)
	}
	for _, c := range []struct{ got, want float64 }{
		{NDCG(list, nil, 6), 0},
		{NDCG(nil, grades, 6), 0},
		{NDCG([]string{"a", "c", "far"}, grades, 3), 1},
		{Hit(list, map[string]float64{"c": 1}, 2), 0},
		{Hit(list, map[string]float64{"c": 1}, 3), 1},
		{ReciprocalRank(list, map[string]float64{"c": 1, "f": 1}), 1.0 / 3},
		{ReciprocalRank(list, map[string]float64{"z": 1}), 0},
		{Coverage([][]string{{"a", "b"}, {"b", "c"}}, 6), 0.5},
		{Coverage(nil, 0), 0},
		{Diversity([]Item{{Category: "x"}, {Category: "x"}, {Category: "y"}}), 2.0 / 3},
		{Diversity([]Item{{Vector: []float32{1, 0}}, {Vector: []float32{0, 2}}}), 1},
		{Diversity([]Item{{Vector: []float32{1, 0}}, {Vector: []float32{-1, 0}}, {Vector: []float32{3, 0}}}), 4.0 / 3},
		{Diversity([]Item{{}}), 0},
		{Novelty([]string{"a", "b"}, map[string]int{"a": 3}, 5), (1 + 3) / 2.0}, // 4/8 and 1/8
		{Novelty(nil, nil, 5), 0},
	} {
		if math.Abs(c.got-c.want) > 1e-12 {
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
}

func TestNDCGIsBestInTheBestOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		grades := rapid.MapOfN(rapid.StringMatching("[a-f]"), rapid.Float64Range(0.1, 5), 1, 6).Draw(t, "grades")
		var ranked []string
		for item := range grades {
			ranked = append(ranked, item)
		}
		slices.Sort(ranked)
		k := rapid.IntRange(1, 6).Draw(t, "k")
		got := NDCG(rapid.Permutation(ranked).Draw(t, "ranked"), grades, k)
		slices.SortFunc(ranked, func(a, b string) int { return int(math.Copysign(1, grades[b]-grades[a])) })
		if best := NDCG(ranked, grades, k); got < 0 || got > best+1e-12 || math.Abs(best-1) > 1e-12 {
			t.Fatal(got, best)
		}
	})
}

func history() []Interaction {
	day := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }
	return []Interaction{
		{"ann", "tea", day(9), 1}, {"ann", "mug", day(8), 2}, {"bob", "rod", day(10), 1}, // the future, out of order
		{"ann", "tea", day(1), 1}, {"bob", "tea", day(2), 1}, {"bob", "rod", day(3), 1}, {"eve", "mug", day(4), 1},
	}
}

func TestASplitNeverLooksAhead(t *testing.T) {
	t.Parallel()
	s := SplitShare(history(), 0.6)
	if len(s.Past) != 4 || len(s.Future) != 3 {
		t.Fatal(s)
	}
	for _, p := range s.Past {
		for _, f := range s.Future {
			if !p.At.Before(f.At) {
				t.Error(p, f)
			}
		}
	}
	if s := SplitShare(nil, 0.5); s.Past != nil || s.Future != nil {
		t.Error(s)
	}
	if s := SplitShare(history(), 2); len(s.Future) != 1 {
		t.Error(s)
	}
}

func TestCompareRanksRankers(t *testing.T) {
	t.Parallel()
	s := SplitShare(history(), 0.6)
	catalogue := map[string]Item{"tea": {Category: "drinks"}, "mug": {Category: "drinks"}, "rod": {Category: "sport"}, "hat": {Category: "wear"}}
	asked := map[string]time.Time{}
	oracle := Ranker{"oracle", func(who string, at time.Time, k int) ([]string, error) {
		asked[who] = at
		return map[string][]string{"ann": {"mug", "tea"}, "bob": {"rod"}}[who], nil
	}}
	scores, err := Compare(s, catalogue, []Ranker{Popularity(s.Past), oracle}, 2)
	if err != nil {
		t.Fatal(err)
	}
	popular, best := scores[0], scores[1]
	if popular.Ranker != "popularity" || popular.Cases != 2 || popular.HitRate != 0.5 || popular.MRR != 0.5 || popular.Coverage != 0.5 {
		t.Errorf("%+v", popular)
	}
	if math.Abs(best.NDCG-1) > 1e-12 || best.MRR != 1 || best.HitRate != 1 || best.Coverage != 0.75 {
		t.Errorf("%+v", best)
	}
	if best.Novelty <= popular.Novelty {
		t.Error("what is chosen less is newer", best, popular)
	}
	if !asked["ann"].Equal(history()[1].At) {
		t.Error("asked as of", asked["ann"])
	}
}

func TestCompareRefusesWhatSaysNothing(t *testing.T) {
	t.Parallel()
	var told *domain.Error
	if _, err := Compare(Split{}, nil, nil, 10); !errors.As(err, &told) || told.Code != "split_empty" {
		t.Error(err)
	}
	s := SplitShare(history(), 0.5)
	if _, err := Compare(s, nil, nil, 0); !errors.As(err, &told) || told.Code != "k_invalid" {
		t.Error(err)
	}
	broken := errors.New("broken")
	if _, err := Compare(s, nil, []Ranker{{"x", func(string, time.Time, int) ([]string, error) { return nil, broken }}}, 1); !errors.Is(err, broken) {
		t.Error(err)
	}
}
