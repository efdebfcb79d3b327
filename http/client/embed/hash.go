package embed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math"

	"gifty/domain/catalogue"
)

// dim is the length of the vectors made on this machine: the shape that search tables are built for.
const dim = 1024

// method is part of every version made here. Raise it with any change to what this package makes of
// the same words and weights.
const method = "2"

// Hash makes vectors of words, spellings and themes alone. It needs nothing but the built-in lists: the
// glossary, through which Russian and English meet, and the themes, which are all it knows of synonyms.
type Hash struct {
	lexicon lexicon
	version string
}

// newHash is the embedder that works everywhere.
func newHash(l lexicon) *Hash { return &Hash{l, version(l.sum())} }

// Model is "hash-1024"; its version follows the lists' content.
func (h *Hash) Model() catalogue.Model {
	return catalogue.Model{Name: "hash-1024", Version: h.version, Dim: dim}
}

// Embed implements catalogue.Embedder.
func (h *Hash) Embed(ctx context.Context, texts []string) ([]catalogue.Vector, error) {
	if err := catalogue.CheckTexts(texts); err != nil {
		return nil, err
	}
	vectors := make([]catalogue.Vector, len(texts))
	for i, text := range texts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		vectors[i] = h.lexicon.vector(h.lexicon.translate(text), dim)
	}
	return vectors, check(h.Model(), vectors)
}

// version is a short digest of what vectors depend on.
func version(parts ...[]byte) string {
	sum := sha256.New()
	for _, p := range parts {
		sum.Write(p)
	}
	return method + "-" + hex.EncodeToString(sum.Sum(nil)[:4])
}

// check refuses vectors that a search could not use. Of what is made here only features that cancel
// each other out could be refused, which is as good as impossible.
func check(m catalogue.Model, vectors []catalogue.Vector) error {
	for _, v := range vectors {
		if err := v.Check(m); err != nil {
			return err
		}
	}
	return nil
}

// unit scales a vector to length one; a zero vector stays.
func unit[V ~[]float32](v V) V {
	var squares float64
	for _, x := range v {
		squares += float64(x) * float64(x)
	}
	if squares == 0 {
		return v
	}
	scale := float32(1 / math.Sqrt(squares))
	for i := range v {
		v[i] *= scale
	}
	return v
}
