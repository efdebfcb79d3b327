package evaluate

import "math"

// gram holds the sufficient statistics of a linear regression: Σ z·zᵀ (upper triangle, row by row) and
// Σ z·r over rows z = (1, features) with rewards r.
type gram struct{ zz, zr []float64 }

func newGram(n int) *gram { return &gram{make([]float64, n*n), make([]float64, n)} }

// add takes a row; index is room for the places of its entries that are not 0, which are few where
// words became indicators.
func (g *gram) add(features []float64, reward float64, index []int) {
	n := len(g.zr)
	index = index[:0]
	for i, x := range features {
		if x != 0 {
			index = append(index, i)
		}
	}
	g.zz[0]++
	g.zr[0] += reward
	for at, i := range index {
		x := features[i]
		g.zz[i+1] += x
		g.zr[i+1] += x * reward
		row := g.zz[(i+1)*n:]
		for _, j := range index[at:] {
			row[j+1] += x * features[j]
		}
	}
}

func (g *gram) plus(other *gram) {
	for i, x := range other.zz {
		g.zz[i] += x
	}
	for i, x := range other.zr {
		g.zr[i] += x
	}
}

// ridge gives the coefficients that minimise Σ (r − mean − θ·z)² + penalty·|θ|², the intercept's too: a
// block of few rows stays near the mean of all. It overwrites g. The penalty must be more than 0, which
// makes the matrix positive definite.
func (g *gram) ridge(mean, penalty float64) []float64 {
	n := len(g.zr)
	theta := make([]float64, n)
	for i := range theta {
		theta[i] = g.zr[i] - mean*g.zz[i] // the first row is Σ z
		g.zz[i*n+i] += penalty
	}
	factorise(g.zz, n)
	substitute(g.zz, theta)
	return theta
}

// factorise replaces the upper triangle of a positive definite matrix by U with UᵀU = A (Cholesky).
func factorise(a []float64, n int) {
	for i := range n {
		root := math.Sqrt(a[i*n+i])
		for j := i; j < n; j++ {
			a[i*n+j] /= root
		}
		for k := i + 1; k < n; k++ {
			if f := a[i*n+k]; f != 0 {
				for j := k; j < n; j++ {
					a[k*n+j] -= f * a[i*n+j]
				}
			}
		}
	}
}

// substitute solves UᵀU·x = b in place.
func substitute(u, b []float64) {
	n := len(b)
	for i := range n {
		b[i] /= u[i*n+i]
		for j := i + 1; j < n; j++ {
			b[j] -= u[i*n+j] * b[i]
		}
	}
	for i := n - 1; i >= 0; i-- {
		for j := i + 1; j < n; j++ {
			b[i] -= u[i*n+j] * b[j]
		}
		b[i] /= u[i*n+i]
	}
}
