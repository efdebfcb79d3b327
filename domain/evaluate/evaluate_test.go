package evaluate

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"gifty/domain"
)

// of makes a log of decisions; each walk yields copies.
func of(all []Decision) Log {
	return func(yield func(*Decision, error) bool) {
		for _, d := range all {
			d.Slots = slices.Clone(d.Slots)
			for i := range d.Slots {
				d.Slots[i].Options = slices.Clone(d.Slots[i].Options)
			}
			if !yield(&d, nil) {
				return
			}
		}
	}
}

// bandit is a log of one slot a page with a truth that is known: three actions, two contexts, givers
// who differ and come back.
type bandit struct {
	logged, target [2][3]float64
	click          [2][3]float64
	givers, pages  int
}

var shop = bandit{
	logged: [2][3]float64{{0.6, 0.3, 0.1}, {0.2, 0.3, 0.5}},
	target: [2][3]float64{{0.1, 0.3, 0.6}, {0.7, 0.2, 0.1}},
	click:  [2][3]float64{{0.05, 0.1, 0.3}, {0.4, 0.1, 0.05}},
	givers: 300, pages: 5,
}

func (b bandit) truth() (sum float64) {
	for x := range 2 {
		for a := range 3 {
			sum += b.target[x][a] * b.click[x][a] / 2
		}
	}
	return sum
}

func pick(source *rand.Rand, chances [3]float64) int {
	u := source.Float64()
	for a, p := range chances {
		if u -= p; u < 0 {
			return a
		}
	}
	return 2
}

func (b bandit) log(seed uint64) []Decision {
	source := rand.New(rand.NewPCG(seed, 1))
	var all []Decision
	for g := range b.givers {
		mood := 0.6 + 0.8*source.Float64() // around 1: a giver's pages go together
		for range b.pages {
			x := source.IntN(2)
			a := pick(source, b.logged[x])
			options := make([]Option, 3)
			for o := range options {
				options[o] = Option{Propensity: b.logged[x][o], Target: b.target[x][o], Block: o, Features: []float64{float64(x)}}
			}
			s := Slot{Option: options[a], Position: 1, Options: options}
			if source.Float64() < b.click[x][a]*mood {
				s.Reward = 1
			}
			all = append(all, Decision{Giver: fmt.Sprint(g), At: time.Unix(int64(len(all)), 0), Policy: "v1", Slots: []Slot{s}})
		}
	}
	return all
}

func value(t testing.TB, r Report, name string) Estimate {
	t.Helper()
	for _, e := range r.Estimates {
		if e.Name == name {
			return e
		}
	}
	t.Fatalf("no %s in %+v", name, r)
	return Estimate{}
}

func TestIntervalsHoldTheTruth(t *testing.T) {
	t.Parallel()
	held, width := map[string]int{}, map[string]float64{}
	const seeds = 100
	for seed := range uint64(seeds) {
		r, err := Evaluate(of(shop.log(seed)), Options{Seed: seed, Resamples: 400})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{IPS, SNIPS, DR} {
			e := value(t, r, name)
			width[name] += (e.High - e.Low) / seeds
			if e.Low <= shop.truth() && shop.truth() <= e.High {
				held[name]++
			}
		}
	}
	t.Log("truth", shop.truth(), "held", held, "mean width", width)
	for name, n := range held {
		if n < 90 {
			t.Errorf("%s holds the truth in %d of %d seeds", name, n, seeds)
		}
	}
	if len(held) != 3 || width[DR] > width[IPS] {
		t.Error("the model does not narrow the intervals:", width)
	}
}

func TestTheSameLogAndSeedGiveTheSameReport(t *testing.T) {
	t.Parallel()
	log := of(shop.log(1))
	first, err := Evaluate(log, Options{Seed: 7, Clip: 4})
	if err != nil {
		t.Fatal(err)
	}
	again, err := Evaluate(log, Options{Seed: 7, Clip: 4})
	if err != nil || fmt.Sprint(first.Estimates) != fmt.Sprint(again.Estimates) {
		t.Error(first, again, err)
	}
	if first.Givers != 300 || first.Decisions != 1500 || !first.SupportCounted || first.Support != 1 || first.Policies["v1"] != 1500 || !first.From.Equal(time.Unix(0, 0)) {
		t.Errorf("%+v", first)
	}
	if value(t, first, Clipped).Value >= value(t, first, IPS).Value || first.MaxWeight < 5.9 {
		t.Errorf("%+v", first)
	}
}

func TestAPolicyThatIsTheLoggedOneEarnsWhatWasLogged(t *testing.T) {
	t.Parallel()
	same := func(d *Decision, _ Predict) {
		for i := range d.Slots {
			s := &d.Slots[i]
			s.Target = s.Propensity
			for j := range s.Options {
				s.Options[j].Target = s.Options[j].Propensity
			}
		}
	}
	r, err := Evaluate(of(shop.log(3)), Options{Target: same})
	if err != nil {
		t.Fatal(err)
	}
	logged := value(t, r, Logged)
	for _, e := range r.Estimates[1:3] {
		if e.Value != logged.Value {
			t.Errorf("%+v is not %+v", e, logged)
		}
	}
	if r.ESS != 1500 || r.MaxWeight != 1 {
		t.Errorf("%+v", r)
	}
}

func TestSNIPSFollowsAShiftOfRewards(t *testing.T) {
	t.Parallel()
	log := shop.log(5)
	shifted := slices.Clone(log)
	for i, d := range log {
		shifted[i].Slots = slices.Clone(d.Slots)
		shifted[i].Slots[0].Reward += 3
	}
	plain, err := Evaluate(of(log), Options{SkipModel: true})
	if err != nil {
		t.Fatal(err)
	}
	moved, err := Evaluate(of(shifted), Options{SkipModel: true})
	if err != nil {
		t.Fatal(err)
	}
	a, b := value(t, plain, SNIPS), value(t, moved, SNIPS)
	if !near(a.Value+3, b.Value) || math.Abs(a.Low+3-b.Low) > 1e-9 || math.Abs(a.High+3-b.High) > 1e-9 {
		t.Error(a, b)
	}
}

func TestItSaysWhyItRefuses(t *testing.T) {
	t.Parallel()
	spoiled := func(f func(i int, d *Decision)) []Decision {
		all := shop.log(1)
		for i := range all {
			f(i, &all[i])
		}
		return all
	}
	for _, c := range []struct {
		code, why string
		log       []Decision
	}{
		{"log_empty", "no decision", nil},
		{"givers_few", "one giver", spoiled(func(_ int, d *Decision) { d.Giver = "me" })},
		{"ess_low", "(effective sample size), fewer than 100", shop.log(1)[:150]},
		{"slots_missing", "decision 3 has no slots", spoiled(func(i int, d *Decision) {
			if i == 2 {
				d.Slots = nil
			}
		})},
		{"propensity_invalid", "decision 1, slot 1: the propensity", spoiled(func(_ int, d *Decision) { d.Slots[0].Propensity = 0 })},
		{"propensity_invalid", "is NaN", spoiled(func(_ int, d *Decision) { d.Slots[0].Propensity = math.NaN() })},
		{"propensity_invalid", "is 1.5", spoiled(func(_ int, d *Decision) { d.Slots[0].Propensity = 1.5 })},
		{"target_invalid", "is -0.1", spoiled(func(_ int, d *Decision) { d.Slots[0].Target = -0.1 })},
		{"reward_invalid", "is +Inf", spoiled(func(_ int, d *Decision) { d.Slots[0].Reward = math.Inf(1) })},
		{"options_invalid", "sum to 1", spoiled(func(_ int, d *Decision) { d.Slots[0].Options[1].Target = 0 })},
		{"features_invalid", "same number", spoiled(func(i int, d *Decision) { d.Slots[0].Features = make([]float64, i) })},
		{"decision_invalid", "finite numbers", spoiled(func(_ int, d *Decision) { d.Slots[0].Features = []float64{math.NaN()} })},
		{"support_missing", "never have shown", spoiled(func(_ int, d *Decision) { d.Slots[0].Target = 0 })},
		{"support_missing", "could not take (in 100 % of the slots)", spoiled(func(_ int, d *Decision) {
			for o := range d.Slots[0].Options {
				if o != d.Slots[0].Block {
					d.Slots[0].Options[o].Propensity = 0
				}
			}
		})},
		{"support_missing", "mean is 0.5 instead of 1", spoiled(func(_ int, d *Decision) {
			s := &d.Slots[0]
			s.Propensity, s.Target, s.Partial = 1, 0.5, true
		})},
	} {
		r, err := Evaluate(of(c.log), Options{})
		var told *domain.Error
		if !errors.As(err, &told) || told.Code != c.code || !strings.Contains(told.Message, c.why) || r.Estimates != nil {
			t.Errorf("%s: %v, %+v", c.code, err, r)
		}
	}
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{Folds: 1}, {Penalty: -1}, {Clip: math.NaN()}, {Resamples: 5}, {Confidence: 1}, {MinESS: -1}, {Assume: "magic"}} {
		if _, err := Evaluate(of(shop.log(1)), o); !errors.As(err, new(*domain.Error)) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestMoreGiversThanUnits(t *testing.T) {
	t.Parallel()
	b := shop
	b.givers, b.pages = maxUnits+500, 1
	r, err := Evaluate(of(b.log(1)), Options{Resamples: 100, SkipModel: true})
	if err != nil || r.Givers != b.givers {
		t.Fatal(r.Givers, err)
	}
	if e := value(t, r, SNIPS); e.Low > b.truth() || e.High < b.truth() || e.High-e.Low > 0.06 {
		t.Error(e, b.truth())
	}
}

func TestNotesSayWhatToMind(t *testing.T) {
	t.Parallel()
	for note, spoil := range map[string]func(i int, d *Decision){
		"only 4 givers":          func(i int, d *Decision) { d.Giver = fmt.Sprint(i % 4) },
		"the weights' mean is 2": func(_ int, d *Decision) { d.Slots[0].Propensity, d.Slots[0].Target = 0.25, 0.5 },
		"no reward was logged":   func(_ int, d *Decision) { d.Slots[0].Reward = 0 },
		"no doubly robust":       func(_ int, d *Decision) { d.Slots[0].Options = nil },
	} {
		log := shop.log(1)
		for i := range log {
			spoil(i, &log[i])
		}
		r, err := Evaluate(of(log), Options{})
		if err != nil || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], note) {
			t.Errorf("%s: %v, %v", note, r.Notes, err)
		}
	}
}

func TestARewardModelOfOnesOwn(t *testing.T) {
	t.Parallel()
	right := func(o *Option) float64 { return shop.click[int(o.Features[0])][o.Block] }
	r, err := Evaluate(of(shop.log(1)), Options{Reward: right})
	if err != nil || r.Notes != nil {
		t.Fatal(r, err)
	}
	if e := value(t, r, DR); e.Low > shop.truth() || e.High < shop.truth() {
		t.Error(e)
	}
}

func TestALogThatBreaksOff(t *testing.T) {
	t.Parallel()
	broken := errors.New("unplugged")
	for walks := range 2 {
		log := func(yield func(*Decision, error) bool) {
			if walks--; walks < 0 {
				yield(nil, broken)
				return
			}
			of(shop.log(1))(yield)
		}
		if r, err := Evaluate(log, Options{}); !errors.Is(err, broken) || r.Estimates != nil {
			t.Error(r, err)
		}
	}
}
