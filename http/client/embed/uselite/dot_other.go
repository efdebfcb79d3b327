//go:build !amd64

package uselite

// dot2x4 multiplies two rows of w with four rows of x; see dot2x4Portable.
func dot2x4(sums *[2 * block]float32, w []float32, wStride int, x []float32, xStride, n int) {
	dot2x4Portable(sums, w, wStride, x, xStride, n)
}
