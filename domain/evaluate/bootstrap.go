package evaluate

import (
	"math"
	"math/rand/v2"
	"slices"
)

// statistic is a name and how a value comes from sums.
type statistic struct {
	name string
	of   func(*sums) float64
}

func (a *account) statistics() []statistic {
	all := []statistic{
		{Logged, func(s *sums) float64 { return s.logged / s.pages }},
		{IPS, func(s *sums) float64 { return s.ips / s.pages }},
		{SNIPS, func(s *sums) float64 { return s.ips / s.weight * s.slots / s.pages }},
	}
	if !a.SkipModel && !a.unnamed {
		all = append(all, statistic{DR, func(s *sums) float64 { return s.robust / s.pages }})
	}
	if a.Clip > 0 {
		all = append(all, statistic{Clipped, func(s *sums) float64 { return s.clipped / s.pages }})
	}
	return all
}

// estimates gives each statistic with its interval.
func (a *account) estimates() []Estimate {
	all := a.statistics()
	drawn := make([][]float64, len(all))
	for _, s := range a.resample() {
		for i, stat := range all {
			drawn[i] = append(drawn[i], stat.of(&s))
		}
	}
	estimates := make([]Estimate, len(all))
	left := make([]float64, len(a.units))
	for i, stat := range all {
		value := stat.of(&a.total)
		for j := range a.units {
			rest := a.total.minus(&a.units[j])
			left[j] = stat.of(&rest)
		}
		low, high := interval(value, drawn[i], left, a.Confidence)
		estimates[i] = Estimate{stat.name, value, low, high}
	}
	return estimates
}

// resample draws as many units as there are, with replacement, and adds them up, again and again.
func (a *account) resample() []sums {
	const stream = 0x67696674 // any: it keeps these draws apart from others of the same seed
	source := rand.New(rand.NewPCG(a.Seed, stream))
	drawn := make([]sums, a.Resamples)
	n := uint32(len(a.units))
	for i := range drawn {
		for range n {
			drawn[i].plus(&a.units[source.Uint32N(n)])
		}
	}
	return drawn
}

// interval is the bias-corrected and accelerated bootstrap interval (Efron: Better Bootstrap Confidence
// Intervals, 1987) of a value, from its resampled values and its values with each unit left out. It
// reorders drawn.
func interval(value float64, drawn, left []float64, confidence float64) (low, high float64) {
	drawn = slices.DeleteFunc(drawn, math.IsNaN) // a resample without any weight
	slices.Sort(drawn)
	if len(drawn) == 0 || drawn[0] == drawn[len(drawn)-1] {
		return value, value
	}
	below, _ := slices.BinarySearch(drawn, value)
	ties, _ := slices.BinarySearch(drawn, math.Nextafter(value, math.Inf(1)))
	half := 0.5 / float64(len(drawn)) // a share of 0 or 1 would have no quantile
	bias := normalQuantile(min(max(float64(below+ties)/2/float64(len(drawn)), half), 1-half))
	skew := acceleration(left)
	at := func(p float64) float64 {
		z := bias + normalQuantile(p)
		if d := 1 - skew*z; d > 0 {
			return quantile(drawn, normalCDF(bias+z/d))
		}
		return quantile(drawn, math.Round(p))
	}
	return at((1 - confidence) / 2), at((1 + confidence) / 2)
}

// acceleration is a sixth of the skewness of the jackknife's values, with the sign turned.
func acceleration(left []float64) float64 {
	var mean, squares, cubes float64
	for _, x := range left {
		mean += x / float64(len(left))
	}
	for _, x := range left {
		d := mean - x
		squares += d * d
		cubes += d * d * d
	}
	if !(squares > 0) { // all alike, or one unit held all the weight
		return 0
	}
	return cubes / (6 * math.Pow(squares, 1.5))
}

// quantile interpolates between sorted values.
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-2)
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
