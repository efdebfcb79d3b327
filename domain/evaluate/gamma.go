package evaluate

import "math"

// upperGamma is the regularised incomplete gamma function Q(a, x) = Γ(a, x) / Γ(a), for a > 0 and x ≥ 0:
// by the series of P = 1 − Q where x is small, else by the continued fraction (NIST Digital Library of
// Mathematical Functions, 8.11.4 and 8.9.2), evaluated from the front by Lentz's method.
func upperGamma(a, x float64) float64 {
	if x <= 0 {
		return 1
	}
	logGamma, _ := math.Lgamma(a)
	scale := math.Exp(a*math.Log(x) - x - logGamma) // xᵃ·e⁻ˣ / Γ(a)
	if x < a+1 {
		return 1 - scale*lowerSeries(a, x)
	}
	return scale * upperFraction(a, x)
}

// enough ends the sums below: they need some √a steps where they are slowest.
const enough = 1_000_000

// lowerSeries is Σ xⁿ / (a (a+1) … (a+n)).
func lowerSeries(a, x float64) float64 {
	term := 1 / a
	sum := term
	for n := 1.0; n < enough && term > sum*0x1p-53; n++ {
		term *= x / (a + n)
		sum += term
	}
	return sum
}

// upperFraction is 1/(x+1−a− 1(1−a)/(x+3−a− 2(2−a)/(x+5−a− …))).
func upperFraction(a, x float64) float64 {
	const tiny = 1e-300
	b := x + 1 - a
	c, d := 1/tiny, 1/b
	value := d
	for n := 1.0; n < enough; n++ {
		step := n * (a - n)
		b += 2
		d = 1 / away(step*d+b, tiny)
		c = away(b+step/c, tiny)
		value *= c * d
		if math.Abs(c*d-1) <= 0x1p-52 {
			break
		}
	}
	return value
}

// away keeps a number from being 0.
func away(x, tiny float64) float64 {
	if math.Abs(x) < tiny {
		return tiny
	}
	return x
}

// chiSquareTail is the probability that a chi-square variable exceeds x.
func chiSquareTail(x, freedom float64) float64 { return upperGamma(freedom/2, x/2) }
