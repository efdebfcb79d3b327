package catalogue

import (
	"context"
	"math"

	"gifty/domain"
)

// Model names what makes vectors. Vectors of different models, or of different versions of one,
// never meet in one search: their cosines mean nothing.
type Model struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Dim     int    `json:"dim"`
}

// Vector is a text's place among meanings: unit length, as many numbers as its model's Dim.
type Vector []float32

// Embedder turns texts into vectors.
type Embedder interface {
	Model() Model
	// Embed returns one unit vector a text, in the texts' order. Errors: a text that has no word
	// the model knows (KindInvalid, "text_without_words"), or a service that does not answer
	// (KindUnavailable).
	Embed(ctx context.Context, texts []string) ([]Vector, error)
}

// Check refuses a vector that would poison searches: of the wrong dimension, with values that are
// no numbers, or zero, which is near nothing and far from nothing.
func (v Vector) Check(m Model) error {
	if len(v) != m.Dim {
		return domain.Invalid("vector_dimension", "the vector has %d dimensions; %s has %d", len(v), m.Name, m.Dim)
	}
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	switch {
	case math.IsNaN(sum) || math.IsInf(sum, 0):
		return domain.Invalid("vector_not_finite", "the vector holds values that are no numbers")
	case sum < 1e-12:
		return domain.Invalid("vector_zero", "the vector is zero: the model made nothing of the text")
	}
	return nil
}
