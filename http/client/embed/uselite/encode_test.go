package uselite

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// invented returns a model of the right shape with random weights, so that the arithmetic is tested
// where the real ones are absent.
func invented() *Model {
	seed := uint64(0)
	floats := func(n int, scale float64) []float32 {
		seed++
		v := random(seed, n)
		for i := range v {
			v[i] *= float32(scale)
		}
		return v
	}
	lin := func(in, out int) linear {
		return linear{in, out, floats(in*out, 1/math.Sqrt(float64(in))), floats(out, 0.1)}
	}
	lay := func(width int) layer {
		return layer{
			width:  width,
			attend: layerNorm{floats(width, 1), floats(width, 0.1)}, qkv: lin(width, 3*width), out: lin(width, wide),
			feed: layerNorm{floats(wide, 1), floats(wide, 0.1)}, fc1: lin(wide, hidden), fc2: lin(hidden, wide),
		}
	}
	m := &Model{
		embedding: floats(50*narrow, 1), timing: floats(narrow/2, 1),
		layers: [2]layer{lay(narrow), lay(wide)}, final: lin(wide, Dim),
		spaces: sync.Pool{New: func() any { return new(workspace) }},
	}
	skip := lin(narrow, wide)
	m.layers[0].skip = &skip
	return m
}

// matrix is rows of numbers; what follows is the network written down as in the paper, without any
// of the shortcuts.
type matrix [][]float64

func (l *linear) plainly(x matrix) matrix {
	out := make(matrix, len(x))
	for r, row := range x {
		out[r] = make([]float64, l.out)
		for o := range out[r] {
			out[r][o] = float64(l.b[o])
			for i, v := range row {
				out[r][o] += v * float64(l.w[o*l.in+i])
			}
		}
	}
	return out
}

func (n layerNorm) plainly(x matrix) matrix {
	out := make(matrix, len(x))
	for r, row := range x {
		var mean, variance float64
		for _, v := range row {
			mean += v / float64(len(row))
		}
		for _, v := range row {
			variance += (v - mean) * (v - mean) / float64(len(row))
		}
		out[r] = make([]float64, len(row))
		for i, v := range row {
			out[r][i] = (v-mean)/math.Sqrt(variance+1e-6)*float64(n.scale[i]) + float64(n.bias[i])
		}
	}
	return out
}

func (x matrix) plus(y matrix) matrix {
	for r := range x {
		for i := range x[r] {
			x[r][i] += y[r][i]
		}
	}
	return x
}

func (l *layer) plainly(x matrix) matrix {
	qkv, width := l.qkv.plainly(l.attend.plainly(x)), l.width/heads
	gathered := make(matrix, len(x))
	for p := range x {
		gathered[p] = make([]float64, l.width)
		for h := range heads {
			scores, sum := make([]float64, len(x)), 0.0
			for j := range x {
				for c := range width {
					scores[j] += qkv[p][h*width+c] * qkv[j][l.width+h*width+c]
				}
				scores[j] = math.Exp(scores[j] / math.Sqrt(float64(width)))
				sum += scores[j]
			}
			for j := range x {
				for c := range width {
					gathered[p][h*width+c] += scores[j] / sum * qkv[j][2*l.width+h*width+c]
				}
			}
		}
	}
	y := l.out.plainly(gathered)
	if l.skip != nil {
		x = l.skip.plainly(x)
	}
	y.plus(x)
	h := l.fc1.plainly(l.feed.plainly(y))
	for r := range h {
		for i := range h[r] {
			h[r][i] = max(h[r][i], 0)
		}
	}
	return y.plus(l.fc2.plainly(h))
}

func (m *Model) plainly(ids []int32) []float64 {
	x := make(matrix, len(ids))
	for p, id := range ids {
		x[p] = make([]float64, narrow)
		for j, f := range m.timing {
			x[p][j] = 2*float64(m.embedding[int(id)*narrow+j]) + math.Sin(float64(float32(p)*f))
			x[p][narrow/2+j] = 2*float64(m.embedding[int(id)*narrow+narrow/2+j]) + math.Cos(float64(float32(p)*f))
		}
	}
	x = m.layers[1].plainly(m.layers[0].plainly(x))
	mean := make([]float64, wide)
	for _, row := range x {
		for i, v := range row {
			mean[i] += v / float64(len(x))
		}
	}
	out, squares := m.final.plainly(matrix{mean})[0], 0.0
	for i, v := range out {
		out[i] = math.Tanh(v)
		squares += out[i] * out[i]
	}
	for i := range out {
		out[i] /= math.Sqrt(squares)
	}
	return out
}

func TestEncodeMeansThePlainNetwork(t *testing.T) {
	m := invented()
	r := rand.New(rand.NewPCG(7, 7))
	var batch [][]int32
	for _, n := range []int{1, 4, 6} {
		ids := make([]int32, n)
		for i := range ids {
			ids[i] = r.Int32N(50)
		}
		batch = append(batch, ids)
	}
	for i, v := range m.encode(batch) {
		for j, want := range m.plainly(batch[i]) {
			if math.Abs(float64(v[j])-want) > 1e-4 {
				t.Fatalf("text of %d pieces: number %d is %v, want %v", len(batch[i]), j, v[j], want)
			}
		}
	}
}

// A text's vector does not depend on what it is embedded with, nor on earlier batches.
func TestBatchesDoNotMix(t *testing.T) {
	m := invented()
	a, b, c := []int32{1, 2, 3}, []int32{4, 5, 6, 7, 8}, []int32{9}
	alone := m.encode([][]int32{b})[0]
	for _, batch := range [][][]int32{{a, b, c}, {b, a}, {c, c, c, b}} {
		vectors := m.encode(batch)
		at := slices.IndexFunc(batch, func(ids []int32) bool { return slices.Equal(ids, b) })
		for j := range alone {
			if math.Abs(float64(vectors[at][j]-alone[j])) > 1e-5 {
				t.Fatalf("number %d is %v in a batch and %v alone", j, vectors[at][j], alone[j])
			}
		}
	}
}

func TestEmbedIsOrderedConcurrentAndStops(t *testing.T) {
	m := invented()
	m.tokenizer = &tokenizer{pieces: map[string]piece{wordStart: {-1, 1}, "a": {-1, 2}, "b": {-1, 3}, "c": {-1, 4}}, longest: 3}
	texts := slices.Repeat([]string{"a", "b b", "abc", "", "cc"}, 40)
	want := m.encode([][]int32{{1, 2}, {1, 3, 1, 3}, {1, 2, 3, 4}, {1, 4, 4}})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			vectors, err := m.Embed(context.Background(), texts)
			if err != nil {
				t.Error(err)
				return
			}
			for i, v := range vectors {
				j := []int{0, 1, 2, -1, 3}[i%5]
				if j < 0 && v != nil || j >= 0 && math.Abs(float64(v[0]-want[j][0])) > 1e-5 {
					t.Errorf("text %d has the vector of another", i)
				}
			}
		})
	}
	wg.Wait()
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := m.Embed(ended, texts); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's end", err)
	}
}
