package catalogue

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

	"gifty/domain"
)

// Model names what makes vectors. Vectors of different models, or of different versions of one,
// never meet in one search: their cosines mean nothing.
type Model struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Dim     int    `json:"dim"` // of the numbers it makes, 1 to Dimensions
}

// Dimensions is how many numbers every vector in the catalogue has. Those of a model that makes fewer end in
// zeros, which change no cosine, so that models of different sizes stand side by side in one table.
const Dimensions = 1024

// maxModelName bounds a model's name and version, in bytes: they are index keys.
const maxModelName = 200

// Check refuses a model whose vectors the catalogue has no room for.
func (m Model) Check() error {
	switch {
	case m.Name == "" || len(m.Name) > maxModelName || len(m.Version) > maxModelName:
		return domain.Invalid("model_invalid", "a model needs a name; it and the version have at most %d bytes", maxModelName)
	case m.Dim < 1 || m.Dim > Dimensions:
		return domain.Invalid("model_dimension", "the catalogue holds vectors of up to %d dimensions, and %s makes %d: choose a model that makes no more, or ask its service for fewer", Dimensions, m.Name, m.Dim)
	}
	return nil
}

// Vector is a text's place among meanings: unit length, Dimensions numbers, those after its model's Dim zero.
type Vector []float32

// Widened is a vector as a model made it, with zeros at the end.
func (v Vector) Widened() Vector {
	if len(v) >= Dimensions {
		return v
	}
	return append(make(Vector, 0, Dimensions), v...)[:Dimensions]
}

// Embedder turns texts into vectors.
type Embedder interface {
	Model() Model
	// Embed returns one widened unit vector a text, in the texts' order. Callers may keep the vectors and
	// must not change them. Errors: ErrTextWithoutWords, or a service that does not answer or
	// answers nonsense (KindUnavailable).
	Embed(ctx context.Context, texts []string) ([]Vector, error)
}

// ErrTextWithoutWords says that no model can make anything of the text. HasWords tells beforehand.
var ErrTextWithoutWords = domain.Invalid("text_without_words", "the text has neither a letter nor a digit: describe it in words")

// HasWords tells whether a text can be embedded: it holds a letter or a digit, of whatever script.
func HasWords(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// CheckTexts refuses texts that cannot be embedded, and names their places ("texts[3]").
func CheckTexts(texts []string) error {
	var refused *domain.Error
	for i, t := range texts {
		if HasWords(t) {
			continue
		}
		if refused == nil {
			refused = ErrTextWithoutWords
		}
		refused = refused.On(fmt.Sprintf("texts[%d]", i), "no word in it")
	}
	if refused == nil {
		return nil
	}
	return refused
}

// Check refuses a vector that would poison searches: of another dimension than the model's, widened or not, with values that are
// no numbers, zero, which is near nothing and far from nothing, or of another length than 1, of
// which 16-bit floats would leave nothing or infinity.
func (v Vector) Check(m Model) error {
	if len(v) != m.Dim && (len(v) != Dimensions || slices.ContainsFunc(v[min(m.Dim, len(v)):], func(x float32) bool { return x != 0 })) {
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
	case math.Abs(math.Sqrt(sum)-1) > 0.01:
		return domain.Invalid("vector_not_unit", "the vector's length is %.3g and must be 1: normalise it", math.Sqrt(sum))
	}
	return nil
}
