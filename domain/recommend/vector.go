package recommend

import "math"

// dot is the inner product of two vectors of the same length: the cosine when both are of unit
// length. Four sums side by side keep the processor busy; their order is fixed, so the answer is
// the same every time.
func dot(a, b []float32) float64 {
	var s0, s1, s2, s3 float32
	b = b[:len(a)]
	for len(a) >= 8 && len(b) >= 8 {
		s0 += a[0]*b[0] + a[4]*b[4]
		s1 += a[1]*b[1] + a[5]*b[5]
		s2 += a[2]*b[2] + a[6]*b[6]
		s3 += a[3]*b[3] + a[7]*b[7]
		a, b = a[8:], b[8:]
	}
	for i := range a {
		s0 += a[i] * b[i]
	}
	return float64(s0 + s1 + s2 + s3)
}

// thousandths rounds to three places, so that what is logged is exactly what was reckoned with.
func thousandths(x float64) float64 { return math.Round(x*1000) / 1000 }

// hundredths is a similarity of 0 to 1 in whole hundredths; what is below zero is 0.
func hundredths(x float64) int8 { return int8(math.Round(100 * max(0, min(1, finite(x))))) }

// millionths rounds what is reckoned from logged values, so that the last bits of a processor's
// arithmetic do not show.
func millionths(x float64) float64 { return math.Round(x*1e6) / 1e6 }
