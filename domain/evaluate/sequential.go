package evaluate

import (
	"math"

	"gifty/domain"
)

// Arm is what came of a variant so far: numbers added up one at a time (Welford's running moments).
type Arm struct {
	N    int
	Mean float64
	m2   float64
}

// Add takes one person's reward.
func (a *Arm) Add(reward float64) {
	a.N++
	d := reward - a.Mean
	a.Mean += d / float64(a.N)
	a.m2 += d * (reward - a.Mean)
}

// Remove takes back what was added: of somebody whose reward has changed since.
func (a *Arm) Remove(reward float64) {
	if a.N--; a.N == 0 {
		*a = Arm{}
		return
	}
	d := reward - a.Mean
	a.Mean -= d / float64(a.N)
	a.m2 = max(0, a.m2-d*(reward-a.Mean))
}

// ArmOf is an arm of trials that succeed or fail.
func ArmOf(c Count) Arm {
	if !c.valid() {
		return Arm{}
	}
	return Arm{N: c.N, Mean: c.rate(), m2: float64(c.N) * c.rate() * (1 - c.rate())}
}

// variance of a reward.
func (a *Arm) variance() float64 { return a.m2 / float64(a.N-1) }

// leastInArm is how many people each arm needs before anything is said: until then neither the means are
// normal nor the variances known.
const leastInArm = 50

// Sequential is a test that may be looked at after every person: the mixture sequential probability ratio
// test of Johari, Koomen, Pekelis and Walsh (Peeking at A/B Tests, KDD 2017; Always Valid Inference,
// 2022). Of the difference d of two means with variance v, the likelihood ratio mixed over effects
// N(0, τ²) is
//
//	Λ = √(v/(v+τ²)) · exp(τ²·d² / (2·v·(v+τ²)))
//
// which is theirs with v = V/n, and takes arms of unequal size. Its rewards are counts of 0 and 1, or
// means that are normal by the number of people; variances are put in as estimated, so that the guarantee
// is one of large samples.
type Sequential struct {
	// Tau is the standard deviation, in units of the reward, of the effects that are thought likely. It is
	// chosen beforehand and moves when the test ends, not whether it is right.
	Tau   float64
	Alpha float64 // the false alarms accepted, 0 to 1, over the whole of the experiment
	p     float64 // the least so far
}

// NewSequential begins a test.
func NewSequential(tau, alpha float64) (*Sequential, error) {
	if !(tau > 0) || math.IsInf(tau, 0) || !(alpha > 0 && alpha < 1) {
		return nil, domain.Invalid("test_invalid", "a sequential test needs a likely effect of more than 0 and an alpha between 0 and 1")
	}
	return &Sequential{Tau: tau, Alpha: alpha, p: 1}, nil
}

// Look is what a test says at a moment.
type Look struct {
	Difference float64 `json:"difference"` // treatment − control
	// P is the always-valid p-value, which never rises: the experiment may end at the first look where it
	// is at most alpha.
	P float64 `json:"p"`
	// Interval of the difference is one of a confidence sequence: with probability 1 − alpha they hold the
	// true difference at every look. Nil while there are too few people, or all did the same.
	Interval *Interval `json:"interval"`
	Decided  bool      `json:"decided"` // P ≤ alpha
}

// Look takes the arms as they stand.
func (s *Sequential) Look(control, treatment Arm) Look {
	l := Look{Difference: treatment.Mean - control.Mean, P: s.p, Decided: s.p <= s.Alpha}
	if control.N < leastInArm || treatment.N < leastInArm {
		return l
	}
	v, tau := control.variance()/float64(control.N)+treatment.variance()/float64(treatment.N), s.Tau*s.Tau
	if v == 0 {
		return l
	}
	spread := math.Log((v + tau) / v)
	s.p = min(s.p, math.Exp(spread/2-tau*l.Difference*l.Difference/(2*v*(v+tau))))
	reach := math.Sqrt(v * (v + tau) / tau * (spread - 2*math.Log(s.Alpha)))
	l.P, l.Decided = s.p, s.p <= s.Alpha
	l.Interval = &Interval{l.Difference - reach, l.Difference + reach}
	return l
}
