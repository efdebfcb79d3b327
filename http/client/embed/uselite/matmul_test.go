package uselite

import (
	"math"
	"math/rand/v2"
	"testing"
)

func BenchmarkLinear(b *testing.B) {
	const in, out, rows = 512, 1536, 64
	l := linear{in: in, out: out, w: random(1, in*out), b: random(2, out)}
	x, dst := random(3, rows*in), make([]float32, rows*out)
	for b.Loop() {
		l.apply(dst, x, rows)
	}
	b.ReportMetric(float64(in*out*rows)*float64(b.N)/b.Elapsed().Seconds()/1e9, "Gmul/s")
}

func TestDot2x4AgreesWithPortable(t *testing.T) {
	for _, n := range []int{0, 1, 7, 8, 16, 64, 100, 512, 1536} {
		w, x := random(1, 2*n+10), random(2, 4*n+20)
		var got, want [2 * block]float32
		dot2x4(&got, w, n+5, x, n+3, n)
		dot2x4Portable(&want, w, n+5, x, n+3, n)
		for i := range got {
			if math.Abs(float64(got[i]-want[i])) > 1e-3 {
				t.Fatalf("n=%d sum %d: got %v want %v", n, i, got[i], want[i])
			}
		}
	}
}

func random(seed uint64, n int) []float32 {
	r := rand.New(rand.NewPCG(seed, 0))
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}
