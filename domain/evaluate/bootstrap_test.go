package evaluate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestTheIntervalOfAMeanIsTheTextbooks(t *testing.T) {
	t.Parallel()
	const n = 2000
	source := rand.New(rand.NewPCG(1, 6))
	o, err := Options{SkipModel: true, Resamples: 4000}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	a := newAccount(o)
	a.models = make([]Predict, o.Folds)
	var sum, squares float64
	for range n {
		x := 5 + source.NormFloat64()
		sum, squares = sum+x, squares+x*x
		if err := a.add(&Decision{Slots: []Slot{{Option: Option{Propensity: 0.5, Target: 0.5}, Reward: x}}}); err != nil {
			t.Fatal(err)
		}
	}
	mean := sum / n
	reach := 1.96 * math.Sqrt((squares/n-mean*mean)/n)
	for _, e := range a.estimates() {
		if math.Abs(e.Low-(mean-reach)) > reach/15 || math.Abs(e.High-(mean+reach)) > reach/15 {
			t.Errorf("%+v, want %v ± %v", e, mean, reach)
		}
	}
}

func TestASkewedIntervalLeansToTheTail(t *testing.T) {
	t.Parallel()
	drawn, left := make([]float64, 2000), make([]float64, 100)
	for i := range drawn {
		drawn[i] = normalQuantile((float64(i) + 0.5) / 2000)
	}
	for i := range left {
		left[i] = -math.Exp(normalQuantile((float64(i) + 0.5) / 100)) // rests are low where a unit is high
	}
	low, high := interval(0, drawn, left, 0.95)
	if high <= -low || low < -1.96 {
		t.Error(low, high)
	}
	if low, high := interval(3, []float64{3, math.NaN(), 3}, left, 0.95); low != 3 || high != 3 {
		t.Error(low, high)
	}
	if low, high := interval(9, []float64{1, 2}, []float64{1, 1}, 0.95); low < 1 || high > 2 {
		t.Error("outside of what was drawn:", low, high)
	}
}

// pages of three slots out of five gifts, drawn one after another by weights: what pleases depends on what
// stands before, and a giver who chose looks no further.
func pages(seed uint64, n int, logged, target []float64) []Decision {
	source := rand.New(rand.NewPCG(seed, 7))
	all := make([]Decision, n)
	for i := range all {
		all[i] = Decision{Giver: fmt.Sprint(i / 3), Slots: page(source, logged, target)}
	}
	return all
}

func page(source *rand.Rand, logged, target []float64) (slots []Slot) {
	var taken []int
	chosen := 0.0
	for position := 1; position <= 3; position++ {
		options := make([]Option, len(logged))
		for a := range options {
			options[a] = Option{Propensity: given(logged, a, taken...), Target: given(target, a, taken...), Block: a, Features: []float64{float64(position)}}
		}
		u, a := source.Float64(), 0
		for u -= options[0].Propensity; u >= 0 && a < len(options)-1; u -= options[a].Propensity {
			a++
		}
		reward := (1 - chosen) * coin(source, 0.05+0.1*float64(a))
		chosen += reward
		slots = append(slots, Slot{Option: options[a], Position: position, Reward: reward, Options: options})
		taken = append(taken, a)
	}
	return slots
}

func TestIntervalsOfPagesHoldTheTruth(t *testing.T) {
	t.Parallel()
	logged, target := []float64{3, 2, 2, 2, 1}, []float64{1, 2, 2, 2, 3}
	var truth float64
	const many = 60_000
	source := rand.New(rand.NewPCG(99, 7))
	for range many {
		for _, s := range page(source, target, target) {
			truth += s.Reward / many
		}
	}
	for _, assume := range []Assumption{Cascade, Slate} {
		held := map[string]int{}
		const seeds = 30
		for seed := range uint64(seeds) {
			r, err := Evaluate(of(pages(seed, 900, logged, target)), Options{Assume: assume, Resamples: 200, Seed: seed})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range r.Estimates[1:] {
				if e.Low <= truth && truth <= e.High {
					held[e.Name]++
				}
			}
		}
		t.Log(assume, "truth", truth, "held", held)
		if held[IPS] < 27 || held[SNIPS] < 27 || held[DR] < 27 {
			t.Errorf("%s: %v", assume, held)
		}
	}
}
