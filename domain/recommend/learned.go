package recommend

import "math"

// What Posterior believes before it has seen anything. Rewards scatter around the model with a
// variance of 1, so a precision is a number of observations: a policy's weight counts as much as 50
// observations in which its feature is 1, and twice as many in which it is 0.7.
const (
	weightPrecision    = 50
	interceptPrecision = 1
)

// Learned is the weights that feedback taught, with their uncertainty. The zero value has learnt
// nothing and leaves a policy's weights as they are.
type Learned struct {
	Version    int       `json:"version"`    // FeaturesVersion
	N          int64     `json:"n"`          // observations behind it
	Weights    []float64 `json:"weights"`    // in the order of FeatureNames
	Covariance []float64 `json:"covariance"` // upper triangle by rows, of the same order
}

// Posterior is the mean and covariance of Bayesian linear regression (Bishop 2006, §3.3.1) with unit
// noise and a normal prior around the policy's hand-set weights:
//
//	(Λ + XᵀX)·w = Λ·prior + Xᵀr,  covariance (Λ + XᵀX)⁻¹
//
// With few observations it is the prior; with many it is least squares. Statistics that are no sum of
// observations, or of another version of the features, give the prior.
func Posterior(prior Weights, s Statistics) Learned {
	if s.check() != nil || s.N < 0 {
		s = Statistics{}
	}
	learned, ok := regress(prior, s)
	if !ok {
		learned, _ = regress(prior, Statistics{})
	}
	return learned
}

func regress(prior Weights, s Statistics) (Learned, bool) {
	a, b := normalEquations(prior, s)
	if !a.cholesky() {
		return Learned{}, false
	}
	w := b
	a.solve(&w)
	l := Learned{Version: FeaturesVersion, N: s.N}
	for _, x := range w[1:] {
		l.Weights = append(l.Weights, millionths(x)) // as it is told, so that what is told adds up
	}
	inverse := a.inverse()
	for i := 1; i < columns; i++ {
		for j := i; j < columns; j++ {
			l.Covariance = append(l.Covariance, inverse[i][j])
		}
	}
	return l, true
}

type (
	vector [columns]float64
	matrix [columns][columns]float64
)

func normalEquations(prior Weights, s Statistics) (matrix, vector) {
	var a matrix
	var b vector
	at := 0
	for i := range columns {
		if s.XR != nil {
			b[i] = float64(s.XR[i]) / (scale * scale)
		}
		for j := i; j < columns && s.XX != nil; j++ {
			a[i][j] = float64(s.XX[at]) / (scale * scale)
			a[j][i] = a[i][j]
			at++
		}
	}
	a[0][0] += interceptPrecision
	for i, w := range prior.inOrder() {
		a[i+1][i+1] += weightPrecision
		b[i+1] += weightPrecision * w
	}
	return a, b
}

// cholesky puts L of L·Lᵀ into the lower triangle; false when the matrix is not positive definite.
func (a *matrix) cholesky() bool {
	for i := range columns {
		for j := range i + 1 {
			sum := a[i][j]
			for k := range j {
				sum -= a[i][k] * a[j][k]
			}
			if i != j {
				a[i][j] = sum / a[j][j]
				continue
			}
			if !(sum > 0) || math.IsInf(sum, 0) {
				return false
			}
			a[i][i] = math.Sqrt(sum)
		}
	}
	return true
}

// solve replaces b by x of L·Lᵀ·x = b.
func (a *matrix) solve(b *vector) {
	for i := range columns {
		for k := range i {
			b[i] -= a[i][k] * b[k]
		}
		b[i] /= a[i][i]
	}
	for i := columns - 1; i >= 0; i-- {
		for k := i + 1; k < columns; k++ {
			b[i] -= a[k][i] * b[k]
		}
		b[i] /= a[i][i]
	}
}

func (a *matrix) inverse() matrix {
	var inverse matrix
	for i := range columns {
		inverse[i][i] = 1
		row := vector(inverse[i])
		a.solve(&row)
		inverse[i] = row
	}
	return inverse
}

// holds tells whether anything of this version of the features was learnt.
func (l Learned) holds() bool {
	return l.Version == FeaturesVersion && len(l.Weights) == len(table) && len(l.Covariance) == len(table)*(len(table)+1)/2
}

// weights are those in force: what was learnt, or else the policy's.
func (l Learned) weights(p Policy) []float64 {
	if l.holds() {
		return l.Weights
	}
	return p.Weights.inOrder()
}

// uncertainty is the standard deviation of the score of values, in the order of FeatureNames: √(xᵀ·covariance·x), by the prior alone when
// nothing was learnt.
func (l Learned) uncertainty(values []float64) float64 {
	variance := 0.0
	if !l.holds() {
		for _, x := range values {
			variance += x * x / weightPrecision
		}
		return math.Sqrt(variance)
	}
	at := 0
	for i, x := range values {
		variance += x * x * l.Covariance[at]
		for j := i + 1; j < len(values); j++ {
			variance += 2 * x * values[j] * l.Covariance[at+j-i]
		}
		at += len(table) - i
	}
	return math.Sqrt(max(0, variance))
}
