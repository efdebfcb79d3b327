package embed

import (
	"strings"

	"gifty/domain/catalogue"
)

// tei is Hugging Face's Text Embeddings Inference. One server runs one model.
type tei struct {
	dim int // asked for when not 0; servers before 1.7 ignore it
}

func (tei) path(base string) string {
	if strings.HasSuffix(base, "/embed") {
		return base
	}
	return base + "/embed"
}

func (p tei) request(texts []string) any {
	return struct {
		Inputs     []string `json:"inputs"`
		Normalize  bool     `json:"normalize"`
		Truncate   bool     `json:"truncate"` // rather than refuse what is longer than the model reads
		Dimensions int      `json:"dimensions,omitempty"`
	}{texts, true, true, p.dim}
}

func (tei) vectors(answer []byte, n int) ([]catalogue.Vector, error) {
	var a []numbers
	if err := decode(answer, &a); err != nil {
		return nil, err
	}
	if len(a) != n {
		return nil, wrongCount(len(a), n)
	}
	vectors := make([]catalogue.Vector, n)
	for i, v := range a {
		vectors[i] = catalogue.Vector(v)
	}
	return vectors, nil
}
