package evaluate

import "gifty/domain"

// mismatchBelow is the p-value under which a split of visitors is taken for broken. It is small since the
// check is made again and again (Fabijan et al.: Diagnosing Sample Ratio Mismatch in Online Controlled
// Experiments, KDD 2019).
const mismatchBelow = 0.001

// Ratio is a sample-ratio check.
type Ratio struct {
	ChiSquare float64 `json:"chi_square"`
	P         float64 `json:"p"` // of a split at least this far off, were assignment right
	// Mismatch says that people are lost or counted twice somewhere: the experiment's effects mean nothing.
	Mismatch bool `json:"mismatch"`
}

// SampleRatio checks by Pearson's chi-square test whether people fell into variants as their shares say.
// Shares are relative, all more than 0.
func SampleRatio(people []int, shares []float64) (Ratio, error) {
	var all, whole float64
	for i, s := range shares {
		if !(s > 0) || len(people) != len(shares) || people[i] < 0 {
			return Ratio{}, domain.Invalid("ratio_invalid", "each variant needs a share of more than 0 and a count of 0 or more")
		}
		all, whole = all+float64(people[i]), whole+s
	}
	if len(shares) < 2 || all == 0 {
		return Ratio{}, domain.Invalid("ratio_invalid", "a ratio needs at least two variants and somebody in them")
	}
	var r Ratio
	for i, s := range shares {
		expected := all * s / whole
		d := float64(people[i]) - expected
		r.ChiSquare += d * d / expected
	}
	r.P = chiSquareTail(r.ChiSquare, float64(len(shares)-1))
	r.Mismatch = r.P < mismatchBelow
	return r, nil
}
