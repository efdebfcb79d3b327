package recommend

import (
	"math"
	"slices"

	"gifty/domain"
)

// scale is the fixed point of Statistics: thousandths, the precision of logged values.
const scale = 1000

// columns is the features and the intercept, which comes first: it takes up how friendly givers are
// at all, so that the weights learn only what makes one gift better than another.
const columns = len(table) + 1

// Statistics are the sufficient statistics of a linear model of rewards: all that Posterior needs to
// know of any number of observations. They are sums of whole numbers, so that removing a person's
// observations, in any order, leaves exactly what there would be had they never been made. The zero
// value holds none. They are plain data and may be stored as JSON.
type Statistics struct {
	Version int     `json:"version"` // FeaturesVersion of the observations; 0: none yet
	N       int64   `json:"n"`
	XX      []int64 `json:"xx"` // upper triangle of XᵀX by rows, intercept first, in millionths; nil: zeros
	XR      []int64 `json:"xr"` // Xᵀr, in millionths
}

// ErrFeaturesVersion answers for statistics of another list of features.
var ErrFeaturesVersion = domain.Invalid("features_version", "these statistics are of another version of the features; make them anew from the log")

// check tells whether statistics can be reckoned with.
func (s Statistics) check() error {
	empty := s.Version == 0 && s.N == 0 && len(s.XX) == 0 && len(s.XR) == 0
	if empty || s.Version == FeaturesVersion && len(s.XX) == columns*(columns+1)/2 && len(s.XR) == columns {
		return nil
	}
	return ErrFeaturesVersion
}

// Observe returns the statistics of one observation: an item's feature values in the order of
// FeatureNames and what came of it. Missing values count as 0; values and reward are rounded to
// thousandths and capped at ±1000.
func Observe(values []float64, reward float64) Statistics {
	var x [columns]int64
	x[0] = scale
	for i, v := range values[:min(len(values), len(table))] {
		x[i+1] = fixed(v)
	}
	s, r := emptyStatistics(), fixed(reward)
	s.N = 1
	at := 0
	for i := range x {
		s.XR[i] = x[i] * r
		for j := i; j < columns; j++ {
			s.XX[at] = x[i] * x[j]
			at++
		}
	}
	return s
}

func emptyStatistics() Statistics {
	return Statistics{Version: FeaturesVersion, XX: make([]int64, columns*(columns+1)/2), XR: make([]int64, columns)}
}

func fixed(x float64) int64 {
	return int64(math.Round(scale * max(-scale, min(scale, finite(x)))))
}

// Add returns the statistics of both sets of observations.
func (s Statistics) Add(other Statistics) (Statistics, error) { return s.plus(other, 1) }

// Sub returns the statistics without those of other, which were added before: bit for bit what they
// were without.
func (s Statistics) Sub(other Statistics) (Statistics, error) { return s.plus(other, -1) }

func (s Statistics) plus(other Statistics, sign int64) (Statistics, error) {
	sum := emptyStatistics()
	for _, t := range []struct {
		Statistics
		sign int64
	}{{s, 1}, {other, sign}} {
		if err := t.check(); err != nil {
			return Statistics{}, err
		}
		sum.N += t.sign * t.N
		for i, x := range t.XX {
			sum.XX[i] += t.sign * x
		}
		for i, x := range t.XR {
			sum.XR[i] += t.sign * x
		}
	}
	if sum.N == 0 && isZero(sum.XX) && isZero(sum.XR) {
		return Statistics{}, nil // so that what is left of nobody is what there was before anybody
	}
	return sum, nil
}

func isZero(sums []int64) bool {
	return !slices.ContainsFunc(sums, func(x int64) bool { return x != 0 })
}
