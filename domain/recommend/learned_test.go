package recommend

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func observation(t *rapid.T) Statistics {
	values := rapid.SliceOfN(rapid.Float64Range(-1, 1), 0, len(table)+2).Draw(t, "values")
	return Observe(values, rapid.Float64Range(-3, 3).Draw(t, "reward"))
}

func TestStatisticsSubtractExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		everyone, person := Statistics{}, Statistics{}
		for range rapid.IntRange(0, 6).Draw(t, "others") {
			everyone = mustAdd(t, everyone, observation(t))
		}
		before := everyone
		for range rapid.IntRange(1, 6).Draw(t, "own") {
			o := observation(t)
			everyone, person = mustAdd(t, everyone, o), mustAdd(t, person, o)
		}
		var stored Statistics
		if err := json.Unmarshal([]byte(asJSON(t, person)), &stored); err != nil {
			t.Fatal(err)
		}
		after, err := everyone.Sub(stored)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(after, before) {
			t.Fatalf("subtracting left\n%+v, want\n%+v", after, before)
		}
		if !reflect.DeepEqual(Posterior(DefaultPolicy().Weights, after), Posterior(DefaultPolicy().Weights, before)) {
			t.Fatal("the weights differ")
		}
	})
}

func mustAdd(t *rapid.T, a, b Statistics) Statistics {
	sum, err := a.Add(b)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func TestStatisticsOfAnotherVersionAreRefused(t *testing.T) {
	other := Observe(nil, 1)
	other.Version++
	short := Observe(nil, 1)
	short.XX = short.XX[1:]
	for _, bad := range []Statistics{other, short, {N: 3}} {
		if _, err := (Statistics{}).Add(bad); !isCode(err, "features_version") {
			t.Errorf("%+v: %v", bad, err)
		}
		prior := DefaultPolicy().Weights
		if got := Posterior(prior, bad); !reflect.DeepEqual(got, Posterior(prior, Statistics{})) {
			t.Error("broken statistics taught something")
		}
	}
}

func TestPosteriorIsThePriorUntilTaught(t *testing.T) {
	prior := DefaultPolicy().Weights
	learned := Posterior(prior, Statistics{})
	for i, w := range prior.inOrder() {
		if math.Abs(learned.Weights[i]-w) > 1e-12 {
			t.Errorf("%s: %v, want %v", table[i].name, learned.Weights[i], w)
		}
	}
	values := []float64{0.5, 0, 1}
	if a, b := learned.uncertainty(values), (Learned{}).uncertainty(values); math.Abs(a-b) > 1e-12 {
		t.Errorf("uncertainty %v, without anything learnt %v", a, b)
	}
}

// Rewards made by known weights teach those weights, the intercept taking up the level.
func TestPosteriorFindsTheWeightsBehindRewards(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	truth, prior := DefaultPolicy().Weights.inOrder(), DefaultPolicy().Weights
	for i := range truth {
		truth[i] += r.NormFloat64() * 0.4
	}
	distance := func(l Learned) float64 {
		d := 0.0
		for i, w := range l.Weights {
			d += (w - truth[i]) * (w - truth[i])
		}
		return math.Sqrt(d)
	}
	var s Statistics
	var err error
	last := distance(Posterior(prior, s))
	for _, until := range []int64{50, 500, 20000} {
		for s.N < until {
			values, reward := make([]float64, len(table)), -3.0
			for i := range values {
				values[i] = r.Float64()
				reward += truth[i] * values[i]
			}
			if s, err = s.Add(Observe(values, reward+r.NormFloat64())); err != nil {
				t.Fatal(err)
			}
		}
		now := distance(Posterior(prior, s))
		if now >= last {
			t.Errorf("after %d observations the weights are %v off, before %v", until, now, last)
		}
		last = now
	}
	if last > 0.2 {
		t.Errorf("still %v off", last)
	}
	learned := Posterior(prior, s)
	ones := make([]float64, len(table))
	for i := range ones {
		ones[i] = 0.5
	}
	if learned.uncertainty(ones) >= (Learned{}).uncertainty(ones)/2 {
		t.Error("learning did not make it surer")
	}
}

func TestLearnedWeightsRank(t *testing.T) {
	s := Statistics{}
	for range 400 { // people who do not care for what was near the query, but for what is cheap for them
		for _, o := range []struct{ similarity, price, reward float64 }{{0.9, 0.2, -1}, {0.7, 1, 1}} {
			s, _ = s.Add(Observe([]float64{0: o.similarity, 2: 0.6, 3: o.price}, o.reward))
		}
	}
	near, fitting := gift("near", 0.9), gift("apt", 0.75)
	near.Price = rub(60)
	q := Inquiry{Policy: cold(), Budget: budgetOf(1000)}
	q.Policy.Weights.PriceFit = 0.2
	lists := []List{{"q", []Candidate{near, fitting}}}
	if got := itemIDs(Serve(q, lists)); got[0] != "near" {
		t.Fatalf("got %v", got)
	}
	q.Learned = Posterior(q.Policy.Weights, s)
	page := Serve(q, lists)
	if got := itemIDs(page); got[0] != "apt" {
		t.Errorf("got %v", got)
	}
	if w := page.Items[0].Features[0].Weight; w != q.Learned.Weights[0] {
		t.Errorf("the item tells weight %v, learnt was %v", w, q.Learned.Weights[0])
	}
}
