package embed

import (
	"context"
	"math"
	"strings"

	"gifty/domain/catalogue"
	"gifty/http/client/embed/glossary"
	"gifty/http/client/embed/uselite"
)

// Meaning joins two halves: what a sentence encoder makes of the text in English, and hashed words,
// spellings and themes. Words keep names, models and rare words apart; themes bring together what people do
// and what they use for it, which is more than the encoder knows.
type Meaning struct {
	lexicon lexicon
	encoder *uselite.Model
	neutral []float32 // the encoder's mean of texts that say nothing in particular
	version string
}

// meaningShare is how much of a cosine comes from the encoder; words and themes share the rest. Between 0.5
// and 0.7 the share hardly matters.
const meaningShare = 0.6

// neutralShare is how much of the neutral direction is taken out. All sentences point that way, which
// makes all cosines high; taken out wholly, little but noise would be left of a text like "a gift".
const neutralShare = 0.8

// neutralTexts could be said of any gift.
var neutralTexts = []string{
	"a gift", "a gift for him", "a present for her", "birthday present", "something for the home",
	"a nice thing to have", "a set of things", "for a person who likes it", "small and useful",
	"it is good", "a product of high quality", "new model, 2 pieces",
}

// newMeaning is the embedder for machines that have the encoder's weights.
func newMeaning(ctx context.Context, l lexicon, encoder *uselite.Model) (*Meaning, error) {
	m := &Meaning{lexicon: l, encoder: encoder, neutral: make([]float32, uselite.Dim), version: version(l.sum(), []byte(encoder.Sum()))}
	vectors, err := encoder.Embed(ctx, neutralTexts)
	if err != nil {
		return nil, err
	}
	for _, v := range vectors {
		for i, x := range v {
			m.neutral[i] += x / float32(len(vectors))
		}
	}
	return m, nil
}

// Model is "use-lite-hash"; its version follows the content of the weights and of the lists.
func (m *Meaning) Model() catalogue.Model {
	return catalogue.Model{Name: "use-lite-hash", Version: m.version, Dim: dim}
}

// Embed implements catalogue.Embedder, on all cores.
func (m *Meaning) Embed(ctx context.Context, texts []string) ([]catalogue.Vector, error) {
	if err := catalogue.CheckTexts(texts); err != nil {
		return nil, err
	}
	hashed, english := make([][]float32, len(texts)), make([]string, len(texts))
	for i, text := range texts {
		terms := m.lexicon.translate(text)
		hashed[i] = m.lexicon.vector(terms, dim-uselite.Dim)
		english[i] = inEnglish(text, terms)
	}
	meanings, err := m.encoder.Embed(ctx, english)
	if err != nil {
		return nil, err
	}
	vectors := make([]catalogue.Vector, len(texts))
	for i := range texts {
		vectors[i] = m.join(meanings[i], hashed[i])
	}
	return vectors, check(m.Model(), vectors)
}

// inEnglish is the text itself where it holds no Russian, so that the encoder sees punctuation and
// case; else the English of its terms.
func inEnglish(text string, terms []glossary.Term) string {
	var all []string
	russian := false
	for _, t := range terms {
		russian = russian || t.Words[0].Cyrillic
		if t.English != "" {
			all = append(all, t.English)
		}
	}
	if !russian {
		return strings.Join(strings.Fields(text), " ")
	}
	return strings.Join(all, " ")
}

// join lays the halves side by side, each with its share. A text whose words all are unknown has no
// meaning, and its cosines come from the words alone.
func (m *Meaning) join(meaning, hashed []float32) catalogue.Vector {
	v := make(catalogue.Vector, dim)
	var squares float64
	for i, x := range meaning {
		v[i] = x - neutralShare*m.neutral[i]
		squares += float64(v[i]) * float64(v[i])
	}
	scale := float32(math.Sqrt(meaningShare / max(squares, 1e-12)))
	for i := range meaning {
		v[i] *= scale
	}
	for i, x := range hashed {
		v[uselite.Dim+i] = x * float32(math.Sqrt(1-meaningShare))
	}
	return unit(v)
}
