package uselite

// linear is y = Wx + b with W stored one output after another, so that both operands of a dot
// product lie consecutively in memory.
type linear struct {
	in, out int
	w       []float32 // out × in
	b       []float32 // out
}

// block is how many rows of x the kernel takes at once; row buffers are padded to a multiple of it.
const block = 4

// panel is how many outputs pass over all rows before the next ones: their weights (at most
// 16 × 1536 floats) stay in the nearest cache meanwhile.
const panel = 16

// padded rounds a number of rows up to whole blocks.
func padded(rows int) int { return (rows + block - 1) / block * block }

// apply computes dst[r] = W·x[r] + b for every row. Both slices hold padded(rows) rows; what comes
// out in the padding rows means nothing.
func (l *linear) apply(dst, x []float32, rows int) {
	for from := 0; from < l.out; from += panel {
		to := min(from+panel, l.out)
		for r := 0; r < rows; r += block {
			l.tile(dst, x[r*l.in:], r, from, to)
		}
	}
}

// tile computes outputs from..to-1 of the block of rows that x starts with.
func (l *linear) tile(dst, x []float32, r, from, to int) {
	var sums [2 * block]float32
	for o := from; o < to; o += 2 {
		dot2x4(&sums, l.w[o*l.in:], l.in, x, l.in, l.in)
		b0, b1 := l.b[o], l.b[o+1]
		for k := range block {
			at := (r+k)*l.out + o
			dst[at] = sums[k] + b0
			dst[at+1] = sums[block+k] + b1
		}
	}
}

// dot2x4Portable is what dot2x4 means: the dot products of two rows of w with four rows of x, each n long,
// a row starting stride floats after the one before. sums holds w's first row against x's four,
// then its second.
func dot2x4Portable(sums *[2 * block]float32, w []float32, wStride int, x []float32, xStride, n int) {
	w0, w1 := w[:n], w[wStride:wStride+n]
	for k := range block {
		row := x[k*xStride : k*xStride+n]
		var s0, s1 float32
		for i, v := range row {
			s0 += w0[i] * v
			s1 += w1[i] * v
		}
		sums[k], sums[block+k] = s0, s1
	}
}
