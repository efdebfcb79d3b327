package uselite

import (
	"math"
)

// passage is where the pieces of one text lie among the rows of a batch.
type passage struct{ from, to int }

func (p passage) len() int { return p.to - p.from }

func rowsOf(passages []passage) int { return passages[len(passages)-1].to }

// workspace holds the activations of one batch. It is kept for the next one: a fresh megabyte a
// batch would cost more than the arithmetic of its smaller steps.
type workspace struct {
	x      []float32 // the rows between the layers' halves
	y      []float32 // what is to be added to x
	normed []float32 // x normalised; then what attention gathered
	qkv    []float32 // queries, keys and values, side by side
	hidden []float32 // inside a feed-forward network

	weights []float32 // pieces × stride: how much a piece heeds each other
	values  []float32 // head width × stride: the values, transposed
}

// sized makes *v hold padded(rows) rows of width numbers, whatever they are.
func sized(v *[]float32, rows, width int) []float32 {
	n := padded(rows) * width
	if cap(*v) < n {
		*v = make([]float32, n)
	}
	*v = (*v)[:n]
	return *v
}

// encode runs the network over several texts at once: all their pieces are rows of one matrix, so
// that each weight is fetched once for many of them. Every text has at least one piece.
// It returns a row of Dim numbers for each text, of unit length.
func (m *Model) encode(texts [][]int32) [][]float32 {
	ws := m.spaces.Get().(*workspace)
	defer m.spaces.Put(ws)
	passages := place(texts)
	m.input(ws, texts, passages)
	m.layers[0].attention(ws, passages)
	m.layers[0].feedForward(ws, passages)
	m.layers[1].attention(ws, passages)
	m.layers[1].meanFeedForward(ws, passages)

	out := make([]float32, padded(len(texts))*Dim)
	m.final.apply(out, ws.x, len(texts))
	vectors := make([][]float32, len(texts))
	for i := range vectors {
		vectors[i] = unit(out[i*Dim : (i+1)*Dim : (i+1)*Dim])
	}
	return vectors
}

func place(texts [][]int32) []passage {
	passages := make([]passage, len(texts))
	total := 0
	for i, ids := range texts {
		passages[i] = passage{total, total + len(ids)}
		total += len(ids)
	}
	return passages
}

// unit squashes a row with tanh and scales it to length one.
func unit(v []float32) []float32 {
	var squares float64
	for i, x := range v {
		t := math.Tanh(float64(x))
		squares += t * t
		v[i] = float32(t)
	}
	scale := float32(1 / math.Sqrt(max(squares, 1e-12)))
	for i := range v {
		v[i] *= scale
	}
	return v
}

// input looks up each piece and adds the signal of its position (Vaswani et al. 2017,
// arXiv:1706.03762, §3.5). The embedding counts twice because the exporter scaled it so.
func (m *Model) input(ws *workspace, texts [][]int32, passages []passage) {
	x := sized(&ws.x, rowsOf(passages), narrow)
	for i, ids := range texts {
		for position, id := range ids {
			row := x[(passages[i].from+position)*narrow:][:narrow]
			piece := m.embedding[int(id)*narrow:][:narrow]
			for j, frequency := range m.timing {
				sin, cos := math.Sincos(float64(float32(position) * frequency))
				row[j] = 2*piece[j] + float32(sin)
				row[narrow/2+j] = 2*piece[narrow/2+j] + float32(cos)
			}
		}
	}
}

// feedForward adds to every row what the feed-forward network makes of it.
func (l *layer) feedForward(ws *workspace, passages []passage) {
	rows := rowsOf(passages)
	l.activations(ws, rows)
	y := sized(&ws.y, rows, wide)
	l.fc2.apply(y, ws.hidden, rows)
	add(ws.x, y)
}

// meanFeedForward leaves one row for each text: the mean over its rows of what feedForward gives.
// The network's last step is linear, so it is taken once, on the mean of its inputs, instead of
// once a row.
func (l *layer) meanFeedForward(ws *workspace, passages []passage) {
	l.activations(ws, rowsOf(passages))
	n := len(passages)
	for i, p := range passages { // a text has at least one row, so no row is overwritten before it is read
		mean(ws.x[i*wide:][:wide], ws.x[p.from*wide:p.to*wide])
		mean(ws.hidden[i*hidden:][:hidden], ws.hidden[p.from*hidden:p.to*hidden])
	}
	y := sized(&ws.y, n, wide)
	l.fc2.apply(y, ws.hidden, n)
	add(ws.x[:n*wide], y)
}

// activations leaves max(0, fc1(norm(x))) in ws.hidden.
func (l *layer) activations(ws *workspace, rows int) {
	normed := sized(&ws.normed, rows, wide)
	l.feed.apply(normed, ws.x, rows)
	h := sized(&ws.hidden, rows, hidden)
	l.fc1.apply(h, normed, rows)
	for i, v := range h {
		h[i] = max(v, 0)
	}
}

// apply normalises each row to mean 0 and variance 1, then scales and shifts it.
func (n layerNorm) apply(dst, x []float32, rows int) {
	width := len(n.scale)
	for r := range rows {
		row, to := x[r*width:][:width], dst[r*width:][:width]
		var sum float32
		for _, v := range row {
			sum += v
		}
		centre := sum / float32(width)
		var squares float32
		for _, v := range row {
			squares += (v - centre) * (v - centre)
		}
		scale := float32(1 / math.Sqrt(float64(squares)/float64(width)+1e-6))
		for i, v := range row {
			to[i] = (v-centre)*scale*n.scale[i] + n.bias[i]
		}
	}
}

// mean sets dst to the mean of the rows of x. dst may be a row of x.
func mean(dst, x []float32) {
	width := len(dst)
	copy(dst, x)
	for from := width; from < len(x); from += width {
		add(dst, x[from:from+width])
	}
	scale := float32(width) / float32(len(x))
	for i := range dst {
		dst[i] *= scale
	}
}

func add(dst, x []float32) {
	x = x[:len(dst)]
	for i, v := range x {
		dst[i] += v
	}
}
