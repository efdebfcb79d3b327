package embed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"gifty/domain/catalogue"
)

// openAI is the embeddings endpoint of OpenAI's API, which vLLM, Ollama, LocalAI, Together and
// others speak too.
type openAI struct {
	model string
	dim   int // asked for when not 0; not every model can shorten its vectors
}

// path accepts a base with and without the version, and the endpoint itself.
func (openAI) path(base string) string {
	switch {
	case strings.HasSuffix(base, "/embeddings"):
		return base
	case strings.HasSuffix(base, "/v1"):
		return base + "/embeddings"
	}
	return base + "/v1/embeddings"
}

func (p openAI) request(texts []string) any {
	return struct {
		Model      string   `json:"model"`
		Input      []string `json:"input"`
		Format     string   `json:"encoding_format"`
		Dimensions int      `json:"dimensions,omitempty"`
	}{p.model, texts, "float", p.dim}
}

func (openAI) vectors(answer []byte, n int) ([]catalogue.Vector, error) {
	var a struct {
		Data []struct {
			Index     int     `json:"index"`
			Embedding numbers `json:"embedding"`
		} `json:"data"`
	}
	if err := decode(answer, &a); err != nil {
		return nil, err
	}
	if len(a.Data) != n {
		return nil, wrongCount(len(a.Data), n)
	}
	vectors := make([]catalogue.Vector, n)
	for _, d := range a.Data {
		if d.Index < 0 || d.Index >= n || vectors[d.Index] != nil {
			return nil, fmt.Errorf("the answer's indexes are not 0 to %d, each once", n-1)
		}
		vectors[d.Index] = catalogue.Vector(d.Embedding)
	}
	return vectors, nil
}

// numbers is a vector in JSON. Some servers write null for what is not a number, which would
// silently become 0.
type numbers catalogue.Vector

func (v *numbers) UnmarshalJSON(b []byte) error {
	if bytes.Contains(b, []byte("null")) {
		return errors.New("a vector holds null instead of a number")
	}
	return json.Unmarshal(b, (*catalogue.Vector)(v))
}

// decode takes JSON that ends too soon for an answer that was cut off, which is worth another attempt.
func decode(answer []byte, into any) error {
	err := json.Unmarshal(answer, into)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && syntax.Offset == int64(len(answer)) {
		return &failure{passing: true, cause: fmt.Errorf("decode answer: %w", err)}
	}
	return err
}

func wrongCount(got, want int) error {
	return fmt.Errorf("%d vectors came for %d texts", got, want)
}
