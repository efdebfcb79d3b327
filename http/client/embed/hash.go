package embed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math"

	"gifty/domain/catalogue"
	"gifty/http/client/embed/glossary"
	"gifty/http/client/embed/words"
)

// dim is the length of the vectors made on this machine: the shape that search tables are built for.
const dim = 1024

// method is part of every version made here. Raise it with any change to what this package makes of
// the same words and weights.
const method = "1"

// Hash makes vectors of words and spellings alone. It needs nothing but the glossary, through which
// Russian and English meet; it knows no synonyms.
type Hash struct {
	glossary *glossary.Glossary
	version  string
}

// newHash is the embedder that works everywhere.
func newHash(g *glossary.Glossary) *Hash {
	sum := g.Sum()
	return &Hash{g, version(sum[:])}
}

// Model is "hash-1024"; its version follows the glossary's content.
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
		vectors[i] = features(h.glossary.Translate(words.Split(text))).Vector(dim)
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
func unit(v catalogue.Vector) catalogue.Vector {
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
