package recommend

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The odds of all that could have stood at a position sum to 1 under both policies, and those of what
// stood there are what was logged, and what Replay says.
func TestReplayOddsAreDistributions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q, lists := anyInquiry(t), anyServed(t)
		page, target := Serve(q, lists), q.Policy.orDefault()
		target.Weights.Interest, target.Draw.Temperature = target.Weights.Interest+1, 0.2
		odds, err := ReplayOdds(page.Candidates, q.Policy, target, Learned{})
		if err != nil {
			t.Fatal(err)
		}
		replayed, err := Replay(page.Candidates, q.Policy, target, Learned{})
		if err != nil || len(odds) != len(page.Items) {
			t.Fatal(err, len(odds))
		}
		for i, item := range page.Items {
			served, expected := 0.0, 0.0
			for _, o := range odds[i] {
				served, expected = served+o.Served, expected+o.Target
			}
			shown := slices.IndexFunc(odds[i], func(o Odds) bool { return o.GiftID == item.GiftID })
			if shown < 0 || math.Abs(served-1)+math.Abs(expected-1) > 1e-9 {
				t.Fatalf("position %d: the odds sum to %v and %v", i+1, served, expected)
			}
			if o := odds[i][shown]; math.Abs(o.Served-item.Propensity) > 1e-9 || math.Abs(o.Target-replayed[i]) > 1e-9 {
				t.Fatalf("position %d: %+v, logged %v, replayed %v", i+1, o, item.Propensity, replayed[i])
			}
		}
	})
}
