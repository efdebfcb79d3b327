package uselite

import "golang.org/x/sys/cpu"

// dot2x4 multiplies two rows of w with four rows of x; see dot2x4Portable. It panics when a row
// would end outside its slice, as plain Go would.
func dot2x4(sums *[2 * block]float32, w []float32, wStride int, x []float32, xStride, n int) {
	if !cpu.X86.HasAVX2 || !cpu.X86.HasFMA || n%8 != 0 {
		dot2x4Portable(sums, w, wStride, x, xStride, n)
		return
	}
	_, _ = w[:wStride+n], x[:(block-1)*xStride+n]
	dot2x4AVX2(sums, &w[0], wStride, &x[0], xStride, n)
}

// dot2x4AVX2 reads each number once for two or four products; n is a multiple of 8.
//
//go:noescape
func dot2x4AVX2(sums *[2 * block]float32, w *float32, wStride int, x *float32, xStride, n int)
