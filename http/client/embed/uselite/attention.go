package uselite

import "math"

// attention widens the rows and adds to each what its piece gathers from the others of its text.
func (l *layer) attention(ws *workspace, passages []passage) {
	rows := rowsOf(passages)
	normed := sized(&ws.normed, rows, l.width)
	l.attend.apply(normed, ws.x, rows)
	// A block more than the rows, because the kernel reads whole blocks wherever a text begins.
	qkv := sized(&ws.qkv, rows+block, 3*l.width)
	l.qkv.apply(qkv, normed, rows)

	gathered := normed // has served
	for _, p := range passages {
		for h := range heads {
			l.gather(gathered, qkv, p, h, ws)
		}
	}
	y := sized(&ws.y, rows, wide)
	l.out.apply(y, gathered, rows)
	if l.skip != nil {
		skipped := sized(&ws.hidden, rows, wide)
		l.skip.apply(skipped, ws.x, rows)
		ws.x, ws.hidden = skipped, ws.x
	}
	add(ws.x, y)
}

// gather is softmax(Q·Kᵀ/√width)·V of one head for one text (Vaswani et al. 2017, §3.2.1).
func (l *layer) gather(dst, qkv []float32, p passage, head int, ws *workspace) {
	n, width, row := p.len(), l.width/heads, 3*l.width
	stride := (n + 7) / 8 * 8 // what the kernel likes; weights beyond n stay zero
	weights := sized(&ws.weights, n, stride)
	values := sized(&ws.values, width, stride)
	clear(weights)
	clear(values)

	query := qkv[p.from*row+head*width:]
	key := query[l.width:]
	value := query[2*l.width:]
	var sums [2 * block]float32
	scale := float32(1 / math.Sqrt(float64(width)))
	for i := 0; i < n; i += block {
		for j := 0; j < n; j += 2 {
			dot2x4(&sums, key[j*row:], row, query[i*row:], row, width)
			for k := range block {
				weights[(i+k)*stride+j] = scale * sums[k]
				if j+1 < n {
					weights[(i+k)*stride+j+1] = scale * sums[block+k]
				}
			}
		}
	}
	for i := range n {
		softmax(weights[i*stride:][:n])
		for c, v := range value[i*row:][:width] {
			values[c*stride+i] = v
		}
	}
	for i := 0; i < n; i += block {
		for c := 0; c < width; c += 2 {
			dot2x4(&sums, values[c*stride:], stride, weights[i*stride:], stride, stride)
			for k := range min(block, n-i) {
				at := (p.from+i+k)*l.width + head*width + c
				dst[at], dst[at+1] = sums[k], sums[block+k]
			}
		}
	}
}

// softmax turns scores into positive weights that sum to one.
func softmax(v []float32) {
	top := v[0]
	for _, x := range v {
		top = max(top, x)
	}
	var sum float32
	for i, x := range v {
		v[i] = float32(math.Exp(float64(x - top)))
		sum += v[i]
	}
	for i := range v {
		v[i] /= sum
	}
}
