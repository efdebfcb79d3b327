package evaluate

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// world is small enough to go through every page that a policy could serve: two slots filled from a few
// actions without repeating one, in Plackett–Luce order.
type world struct {
	logged, target []float64   // weights by action
	first          []float64   // reward of an action in slot 1
	second         [][]float64 // of an action in slot 2, by what stands in slot 1
}

func drawWorld(t *rapid.T) world {
	n := rapid.IntRange(2, 4).Draw(t, "actions")
	list := func(name string, low float64) []float64 {
		return rapid.SliceOfN(rapid.Float64Range(low, 5), n, n).Draw(t, name)
	}
	w := world{logged: list("logged", 0.1), target: list("target", 0.1), first: list("first", -5)}
	for range n {
		w.second = append(w.second, list("second", -5))
	}
	return w
}

// given is the chance of an action when some are taken.
func given(weights []float64, action int, taken ...int) float64 {
	if slices.Contains(taken, action) {
		return 0
	}
	var sum float64
	for a, w := range weights {
		if !slices.Contains(taken, a) {
			sum += w
		}
	}
	return weights[action] / sum
}

// anywhere is the chance that an action stands second, whatever stands first.
func anywhere(weights []float64, action int) (sum float64) {
	for first := range weights {
		sum += given(weights, first) * given(weights, action, first)
	}
	return sum
}

func (w world) slot(action, position int, reward float64, chance func(weights []float64, action int) float64) Slot {
	options := make([]Option, len(w.logged))
	for a := range options {
		options[a] = Option{Propensity: chance(w.logged, a), Target: chance(w.target, a), Block: a, Features: []float64{float64(position)}}
	}
	return Slot{Option: options[action], Position: position, Reward: reward, Options: options}
}

// pages calls f with each page and its chances under the logged policy and the target.
func (w world) pages(marginal bool, f func(d *Decision, logged, target float64)) {
	for first := range w.logged {
		for second := range w.logged {
			if first == second {
				continue
			}
			chance := func(weights []float64, a int) float64 { return given(weights, a, first) }
			if marginal {
				chance = anywhere
			}
			d := &Decision{Slots: []Slot{
				w.slot(first, 1, w.first[first], func(weights []float64, a int) float64 { return given(weights, a) }),
				w.slot(second, 2, w.second[first][second], chance),
			}}
			f(d, given(w.logged, first)*given(w.logged, second, first), given(w.target, first)*given(w.target, second, first))
		}
	}
}

// expectations are the target's value and the exact means of IPS and DR under the logged policy.
func (w world) expectations(t *rapid.T, assume Assumption, reward Predict, spoil func(*Decision)) (truth, ips, robust, weight float64) {
	w.pages(assume == ItemPosition, func(d *Decision, logged, target float64) {
		truth += target * (d.Slots[0].Reward + d.Slots[1].Reward)
		spoil(d)
		a := newAccount(Options{Assume: assume, Folds: 1})
		a.models = []Predict{reward}
		if err := a.add(d); err != nil {
			t.Fatal(err)
		}
		ips += logged * a.total.ips
		robust += logged * a.total.robust
		weight += logged * a.total.weight / 2
	})
	return truth, ips, robust, weight
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9*(1+math.Abs(a)+math.Abs(b)) }

func asItIs(*Decision) {}

func TestIPSAndDRAreUnbiasedWhateverTheModel(t *testing.T) {
	t.Parallel()
	for _, assume := range []Assumption{ItemPosition, Cascade, Slate} {
		rapid.Check(t, func(t *rapid.T) {
			w := drawWorld(t)
			if assume == ItemPosition {
				w.second = slices.Repeat([][]float64{w.second[0]}, len(w.second))
			}
			wrong := rapid.Float64Range(-10, 10).Draw(t, "model")
			model := func(o *Option) float64 { return wrong * float64(o.Block) * o.Features[0] }
			truth, ips, robust, weight := w.expectations(t, assume, model, asItIs)
			if !near(ips, truth) || !near(robust, truth) || !near(weight, 1) {
				t.Fatalf("%s: truth %v, ips %v, dr %v, weight %v", assume, truth, ips, robust, weight)
			}
		})
	}
}

func TestSlateNeedsNoAssumptionWhereCascadeDoes(t *testing.T) {
	t.Parallel()
	// What stands second makes the first earn: only the slate's weights see that.
	w := world{logged: []float64{1, 1, 1}, target: []float64{1, 2, 3}, first: []float64{0, 0, 0}}
	w.second = slices.Repeat([][]float64{{0, 0, 0}}, 3)
	var truth float64
	means := map[Assumption]float64{}
	w.pages(false, func(d *Decision, logged, target float64) {
		d.Slots[0].Reward = float64(d.Slots[1].Block)
		truth += target * d.Slots[0].Reward
		for _, assume := range []Assumption{Cascade, Slate} {
			a := newAccount(Options{Assume: assume, Folds: 1, SkipModel: true})
			a.models = make([]Predict, 1)
			if err := a.add(d); err != nil {
				t.Fatal(err)
			}
			means[assume] += logged * a.total.ips
		}
	})
	if !near(means[Slate], truth) || near(means[Cascade], truth) {
		t.Error(truth, means)
	}
}

func TestDRIsRightWhenTheModelIsAndPropensitiesAreNot(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		w.second = slices.Repeat([][]float64{w.second[0]}, len(w.second))
		model := func(o *Option) float64 {
			if o.Features[0] == 1 {
				return w.first[o.Block]
			}
			return w.second[0][o.Block]
		}
		factor := rapid.Float64Range(0.1, 0.5).Draw(t, "factor")
		truth, ips, robust, _ := w.expectations(t, ItemPosition, model, func(d *Decision) {
			for i := range d.Slots {
				d.Slots[i].Propensity *= factor
			}
		})
		if !near(robust, truth) || !near(ips, truth/factor) {
			t.Fatalf("truth %v, ips %v, dr %v", truth, ips, robust)
		}
	})
}
