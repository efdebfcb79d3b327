package evaluate

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func close4(got, want float64) bool { return math.Abs(got-want) <= 1e-4*math.Max(1e-2, math.Abs(want)) }

func TestChiSquareAgreesWithTables(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ x, freedom, p float64 }{ // critical values of the usual tables
		{3.841458820694124, 1, 0.05}, {6.634896601021213, 1, 0.01}, {10.827566170662733, 1, 0.001},
		{5.991464547107979, 2, 0.05}, {9.487729036781154, 4, 0.05}, {18.307038053275146, 10, 0.05},
		{0.003932140000019522, 1, 0.95}, {3.940299136119057, 10, 0.95},
		{124.34211340400407, 100, 0.05}, {149.4492527792914, 100, 0.001},
		{0, 3, 1},
	} {
		if p := chiSquareTail(c.x, c.freedom); math.Abs(p-c.p) > 1e-9 {
			t.Errorf("P(χ²(%v) > %v) = %v, want %v", c.freedom, c.x, p, c.p)
		}
	}
}

func TestUpperGammaHasItsClosedForms(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(1e-6, 300).Draw(t, "x")
		for a, want := range map[float64]float64{1: math.Exp(-x), 2: (1 + x) * math.Exp(-x), 3: (1 + x + x*x/2) * math.Exp(-x), 0.5: math.Erfc(math.Sqrt(x))} {
			if got := upperGamma(a, x); math.Abs(got-want) > 1e-13+1e-10*want {
				t.Fatalf("Q(%v, %v) = %v, want %v", a, x, got, want)
			}
		}
		a := rapid.Float64Range(0.1, 1e5).Draw(t, "a") // the recurrence Q(a+1, x) = Q(a, x) + xᵃe⁻ˣ/Γ(a+1)
		y := a * rapid.Float64Range(0.5, 2).Draw(t, "ratio")
		l, _ := math.Lgamma(a + 1)
		if got, want := upperGamma(a+1, y), upperGamma(a, y)+math.Exp(a*math.Log(y)-y-l); math.Abs(got-want) > 1e-8 {
			t.Fatalf("Q(%v, %v) = %v, want %v", a+1, y, got, want)
		}
	})
}

func TestNormalQuantiles(t *testing.T) {
	t.Parallel()
	for p, z := range map[float64]float64{0.975: 1.959963984540054, 0.95: 1.6448536269514722, 0.5: 0, 0.005: -2.575829303548901} {
		if got := normalQuantile(p); math.Abs(got-z) > 1e-12 || math.Abs(normalCDF(z)-p) > 1e-12 {
			t.Error(p, got, normalCDF(z))
		}
	}
}

func TestSampleRatio(t *testing.T) {
	t.Parallel()
	r, err := SampleRatio([]int{821588, 815482}, []float64{50, 50})
	if err != nil || !r.Mismatch || !close4(r.ChiSquare, 22.7740) || r.P > 2e-6 || r.P < 1.5e-6 {
		t.Error(r, err)
	}
	if r, err = SampleRatio([]int{905, 98}, []float64{0.9, 0.1}); err != nil || r.Mismatch || math.Abs(r.P-math.Erfc(math.Sqrt(r.ChiSquare/2))) > 1e-12 {
		t.Error(r, err)
	}
	for _, c := range []struct {
		people []int
		shares []float64
	}{{nil, nil}, {[]int{1}, []float64{1}}, {[]int{0, 0}, []float64{1, 1}}, {[]int{1, 1}, []float64{1, 0}}, {[]int{1, -1}, []float64{1, 1}}, {[]int{1}, []float64{1, 1}}, {[]int{1, 2}, []float64{math.NaN(), 1}}} {
		if _, err := SampleRatio(c.people, c.shares); err == nil {
			t.Error(c)
		}
	}
}

// Newcombe (1998), tables I and II.
func TestProportionsAgreeWithNewcombe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		successes, n int
		low, high    float64
	}{{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}} {
		if i := Wilson(c.successes, c.n, 0.95); math.Abs(i.Low-c.low) > 5e-5 || math.Abs(i.High-c.high) > 5e-5 {
			t.Errorf("%d/%d: %+v", c.successes, c.n, i)
		}
	}
	for _, c := range []struct {
		treatment, control Count
		low, high          float64
	}{{Count{56, 70}, Count{48, 80}, 0.0524, 0.3339}, {Count{9, 10}, Count{3, 10}, 0.1705, 0.8090}, {Count{5, 56}, Count{0, 29}, -0.0381, 0.1926}, {Count{10, 10}, Count{0, 10}, 0.6075, 1}} {
		e, err := TwoProportions(c.control, c.treatment, 0.95)
		if err != nil || math.Abs(e.Interval.Low-c.low) > 5e-5 || math.Abs(e.Interval.High-c.high) > 5e-5 {
			t.Errorf("%+v: %+v, %v", c, e, err)
		}
	}
	for _, c := range []Count{{1, 0}, {2, 1}, {-1, 1}} {
		if _, err := TwoProportions(c, Count{1, 2}, 0.95); err == nil {
			t.Error(c)
		}
	}
}

// experiment looks after each pair of people and tells whether the test ever decided, and whether every
// interval held the truth.
func experiment(seed uint64, people int, draw func(source *rand.Rand) (control, treatment float64), truth float64) (decided bool, at int, held bool) {
	source := rand.New(rand.NewPCG(seed, 4))
	var control, treatment Arm
	test := Sequential{Tau: 0.1, Alpha: 0.05, p: 1}
	held = true
	for i := range people {
		c, t := draw(source)
		control.Add(c)
		treatment.Add(t)
		l := test.Look(control, treatment)
		if l.Decided && !decided {
			decided, at = true, i
		}
		held = held && (l.Interval == nil || l.Interval.Low <= truth && truth <= l.Interval.High)
	}
	return decided, at, held
}

func coin(source *rand.Rand, p float64) float64 {
	if source.Float64() < p {
		return 1
	}
	return 0
}

func TestPeekingRaisesNoFalseAlarms(t *testing.T) {
	t.Parallel()
	const seeds, people = 400, 3000
	for name, draw := range map[string]func(*rand.Rand) (float64, float64){
		"half":   func(s *rand.Rand) (float64, float64) { return coin(s, 0.5), coin(s, 0.5) },
		"rare":   func(s *rand.Rand) (float64, float64) { return coin(s, 0.03), coin(s, 0.03) },
		"normal": func(s *rand.Rand) (float64, float64) { return s.NormFloat64(), s.NormFloat64() },
	} {
		alarms, missed := 0, 0
		for seed := range uint64(seeds) {
			decided, _, held := experiment(seed, people, draw, 0)
			if decided {
				alarms++
			}
			if !held {
				missed++
			}
		}
		t.Log(name, "false alarms", alarms, "of", seeds)
		if alarms > seeds/20 || missed != alarms {
			t.Errorf("%s: %d false alarms, %d intervals without the truth, of %d", name, alarms, missed, seeds)
		}
	}
}

func TestAnEffectIsFoundEarly(t *testing.T) {
	t.Parallel()
	found, held, people := 0, 0, 0
	for seed := range uint64(100) {
		decided, at, all := experiment(seed, 3000, func(s *rand.Rand) (float64, float64) { return coin(s, 0.2), coin(s, 0.3) }, 0.1)
		if decided {
			found, people = found+1, people+at
		}
		if all {
			held++
		}
	}
	if found < 99 || held < 95 || people/found > 800 {
		t.Error(found, held, people/found)
	}
}

func TestASequentialTestSaysNothingAtFirst(t *testing.T) {
	t.Parallel()
	test, err := NewSequential(0.1, 0.05)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []Count{{10, leastInArm - 1}, {0, 100}, {5, 0}} {
		if l := test.Look(ArmOf(c), ArmOf(c)); l.P != 1 || l.Decided || l.Interval != nil {
			t.Errorf("%v: %+v", c, l)
		}
	}
	if l := test.Look(ArmOf(Count{100, 1000}), ArmOf(Count{200, 1000})); !l.Decided || l.Interval.Low <= 0 {
		t.Errorf("%+v", l)
	}
	if l := test.Look(ArmOf(Count{100, 1000}), ArmOf(Count{100, 1000})); !l.Decided {
		t.Error("the p-value rose")
	}
	for _, c := range [][2]float64{{0, 0.05}, {math.NaN(), 0.05}, {math.Inf(1), 0.05}, {1, 0}, {1, 1}} {
		if _, err := NewSequential(c[0], c[1]); err == nil {
			t.Error(c)
		}
	}
}

func TestTheLikelihoodRatioIsThePapers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(leastInArm, 5000).Draw(t, "n")
		a, b := Count{rapid.IntRange(1, n-1).Draw(t, "a"), n}, Count{rapid.IntRange(1, n-1).Draw(t, "b"), n}
		tau := rapid.Float64Range(0.01, 1).Draw(t, "tau")
		test, err := NewSequential(tau, 0.05)
		if err != nil {
			t.Fatal(err)
		}
		l := test.Look(ArmOf(a), ArmOf(b))
		size, d := float64(n), a.rate()-b.rate()
		v := (a.rate()*(1-a.rate()) + b.rate()*(1-b.rate())) * size / (size - 1)
		ratio := math.Sqrt(v/(v+size*tau*tau)) * math.Exp(size*size*tau*tau*d*d/(2*v*(v+size*tau*tau)))
		if want := min(1, 1/ratio); math.Abs(l.P-want) > 1e-9 {
			t.Fatalf("p %v, want %v", l.P, want)
		}
		if zero := l.Interval.Low <= 0 && 0 <= l.Interval.High; zero == l.Decided {
			t.Fatalf("the interval and the p-value disagree: %+v", l)
		}
	})
}

func TestWhatIsTakenBackFromAnArmWasNeverThere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rewards := rapid.SliceOfN(rapid.Float64Range(-1, 1), 1, 40).Draw(t, "rewards")
		kept := rapid.IntRange(0, len(rewards)).Draw(t, "kept")
		var got, want Arm
		for _, r := range rewards {
			got.Add(r)
		}
		for _, r := range rewards[kept:] {
			got.Remove(r)
		}
		for _, r := range rewards[:kept] {
			want.Add(r)
		}
		if got.N != want.N || math.Abs(got.Mean-want.Mean) > 1e-9 || math.Abs(got.m2-want.m2) > 1e-9 {
			t.Fatalf("%+v, want %+v", got, want)
		}
	})
}
