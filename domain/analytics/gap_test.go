package analytics

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

func TestGapsAreClusteredByMeaning(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	demands := []Demand{
		{Text: "telescope", Ideas: 3, Best: 0.1, Examples: []string{"7"}, Last: at, Vector: []float32{1, 0}},
		{Text: "spyglass", Searches: 1, Best: 0.5, Examples: []string{"9"}, Last: at.Add(time.Hour), Vector: []float32{0.8, 0.6}},
		{Text: "falconry", Ideas: 2, Best: 0.2, Examples: []string{"8"}, Last: at, Vector: []float32{0, 1}},
		{Text: "???", Searches: 1, Examples: []string{"5"}, Last: at},
	}
	want := []Gap{
		{Title: "telescope", Ideas: 3, Searches: 1, Best: 0.2, Texts: []string{"telescope", "spyglass"}, Examples: []string{"9", "7"}, Last: at.Add(time.Hour)},
		{Title: "falconry", Ideas: 2, Best: 0.2, Texts: []string{"falconry"}, Examples: []string{"8"}, Last: at},
		{Title: "???", Searches: 1, Texts: []string{"???"}, Examples: []string{"5"}, Last: at},
	}
	for seed := range uint64(10) {
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(demands), func(i, j int) { demands[i], demands[j] = demands[j], demands[i] })
		got := ClusterGaps(demands, 0.7)
		for i := range got {
			got[i].Best = float64(int(got[i].Best*1e6+0.5)) / 1e6
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v", got)
		}
	}
	if got := ClusterGaps(demands, 0.9); len(got) != 4 {
		t.Errorf("%+v", got)
	}
}
