package evaluate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestRidgeFindsThePlaneBehindTheRewards(t *testing.T) {
	t.Parallel()
	source := rand.New(rand.NewPCG(1, 5))
	f := newFitter(2)
	for i := range 400 {
		x := []float64{source.NormFloat64(), 0, source.NormFloat64()}
		for block, sign := range []float64{1, -1} {
			s := Slot{Option: Option{Block: block, Features: x}, Reward: 7 + sign*(2*x[0]-3*x[2])}
			if err := f.add(i%2, &s); err != nil {
				t.Fatal(err)
			}
		}
	}
	m := f.model(0, 1e-9)
	for block, sign := range []float64{1, -1} {
		for _, x := range [][]float64{{0, 0, 0}, {1, 5, 0}, {0, 0, 1}, {-2, 1, 3}} {
			want := 7 + sign*(2*x[0]-3*x[2])
			if got := m.predict(&Option{Block: block, Features: x}); math.Abs(got-want) > 1e-6 {
				t.Errorf("block %d at %v: %v, want %v", block, x, got, want)
			}
		}
	}
	if got := m.predict(&Option{Block: 9, Features: []float64{1, 1, 1}}); math.Abs(got-7) > 0.5 {
		t.Error("an action that nobody saw is not near the mean:", got)
	}
}

func TestAModelNeverSawTheRewardsItPredicts(t *testing.T) {
	t.Parallel()
	log := shop.log(1)
	predictions := func() []string {
		o, err := Options{}.withDefaults()
		if err != nil {
			t.Fatal(err)
		}
		models, err := fit(of(log), o)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, m := range models {
			all = append(all, fmt.Sprint(m(&Option{Block: 1, Features: []float64{1}})))
		}
		return all
	}
	before := predictions()
	for i := range shop.pages { // the first giver's
		log[i].Slots[0].Reward += 100
	}
	for in, after := range predictions() {
		if own := in == fold(0, 5); (after == before[in]) != own {
			t.Errorf("fold %d of the giver's fold %d: %v, was %v", in, fold(0, 5), after, before[in])
		}
	}
}

func TestFoldsAreEven(t *testing.T) {
	t.Parallel()
	const folds, givers = 5, 30_000
	var people [folds]int
	for g := 0; g < givers; g += 3 {
		people[fold(g, folds)]++
	}
	if r, err := SampleRatio(people[:], []float64{1, 1, 1, 1, 1}); err != nil || r.Mismatch {
		t.Error(people, r, err)
	}
}

func TestABlockOutOfRange(t *testing.T) {
	t.Parallel()
	for _, block := range []int{-1, maxBlock + 1} {
		if err := newFitter(2).add(0, &Slot{Option: Option{Block: block}}); err == nil {
			t.Error(block)
		}
	}
	wide := Slot{Option: Option{Features: make([]float64, 6000)}}
	if err := newFitter(2).add(0, &wide); err == nil {
		t.Error("a model without bounds")
	}
}
