package evaluate

import (
	"math"

	"gifty/domain"
)

// Interval is a range of values.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Wilson is the score interval of a proportion (Wilson, 1927), for 0 ≤ successes ≤ n, n > 0 and a
// confidence between 0 and 1. It holds for few and for rare successes.
func Wilson(successes, n int, confidence float64) Interval {
	z := normalQuantile((1 + confidence) / 2)
	p, size := float64(successes)/float64(n), float64(n)
	middle := p + z*z/(2*size)
	reach := z * math.Sqrt(p*(1-p)/size+z*z/(4*size*size))
	whole := 1 + z*z/size
	return Interval{max(0, (middle-reach)/whole), min(1, (middle+reach)/whole)}
}

// Effect is how much more often something happens under treatment than under control.
type Effect struct {
	Control    float64 `json:"control"` // rates, 0 to 1
	Treatment  float64 `json:"treatment"`
	Difference float64 `json:"difference"` // treatment − control
	// Interval of the difference, for one look at the end of an experiment; for looking on the way see
	// Sequential.
	Interval Interval `json:"interval"`
}

// Count is how often something happened in n trials.
type Count struct{ Successes, N int }

func (c Count) rate() float64 { return float64(c.Successes) / float64(c.N) }

func (c Count) valid() bool { return c.N > 0 && c.Successes >= 0 && c.Successes <= c.N }

// TwoProportions compares rates, with the interval that Newcombe builds of both Wilson intervals
// (Interval Estimation for the Difference Between Independent Proportions, 1998, method 10).
func TwoProportions(control, treatment Count, confidence float64) (Effect, error) {
	if !control.valid() || !treatment.valid() || !(confidence > 0 && confidence < 1) {
		return Effect{}, domain.Invalid("counts_invalid", "each variant needs trials, no more successes than those, and a confidence between 0 and 1")
	}
	e := Effect{Control: control.rate(), Treatment: treatment.rate()}
	e.Difference = e.Treatment - e.Control
	c, t := Wilson(control.Successes, control.N, confidence), Wilson(treatment.Successes, treatment.N, confidence)
	e.Interval = Interval{
		e.Difference - math.Hypot(e.Treatment-t.Low, c.High-e.Control),
		e.Difference + math.Hypot(t.High-e.Treatment, e.Control-c.Low),
	}
	return e, nil
}
