package embed

import (
	"math"

	"gifty/http/client/embed/glossary"
	"gifty/http/client/embed/hashing"
	"gifty/http/client/embed/themes"
	"gifty/http/client/embed/words"
)

// How much a feature counts, beside a plain word's 1.
const (
	original = 0.5 // a Russian word beside its English, which both languages share
	spelling = 0.3 // all letter groups of a word together
	common   = 0.3 // words that most gifts share, and small numbers
)

// themeShare is the length of a text's themes beside its words' 1 when each word speaks of one. Of others it is
// shorter, so that a name or model among them still tells products of a theme apart.
const themeShare = 1

// commonWords are stems that tell one gift from another as little as a stop word does.
var commonWords = map[string]bool{
	"gift": true, "present": true, "set": true, "kit": true, "piec": true,
	"love": true, "like": true, "enjoy": true, "person": true, "someth": true,
}

// lexicon is what is known of words: what Russian ones mean in English, and what these have to do with.
type lexicon struct {
	glossary *glossary.Glossary
	themes   *themes.Themes
}

// newLexicon reads the built-in lists; extra are further Russian words (see glossary.New).
func newLexicon(extra []glossary.Pair) (lexicon, error) {
	g, err := glossary.New(extra)
	if err != nil {
		return lexicon{}, err
	}
	t, err := themes.New()
	return lexicon{g, t}, err
}

// sum changes with either list.
func (l lexicon) sum() []byte {
	g, t := l.glossary.Sum(), l.themes.Sum()
	return append(g[:], t[:]...)
}

func (l lexicon) translate(text string) []glossary.Term {
	return l.glossary.Translate(words.Split(text))
}

// vector lays words and themes over each other, as a vector of unit length; nil for a text without words.
func (l lexicon) vector(terms []glossary.Term, dim int) []float32 {
	v := features(terms).Vector(dim)
	if v == nil {
		return nil
	}
	about := &hashing.Bag{}
	found, share := l.themes.Find(english(terms))
	for _, theme := range found {
		about.Add("theme "+theme.Name, theme.Weight)
	}
	length := themeShare * float32(math.Sqrt(share))
	for i, x := range about.Vector(dim) {
		v[i] += length * x
	}
	return unit(v)
}

// english are the words that terms mean.
func english(terms []glossary.Term) (all []words.Word) {
	for _, term := range terms {
		all = append(all, words.Split(term.English)...)
	}
	return all
}

// features are the words and spellings that a text has in common with others: stems, English
// meanings of Russian stems, and letter groups, which also catch names, models and misspellings.
// A text of stop words alone is described by these.
func features(terms []glossary.Term) *hashing.Bag {
	bag := &hashing.Bag{}
	addTerms(bag, terms, words.Word.IsStop)
	if bag.Empty() {
		addTerms(bag, terms, func(words.Word) bool { return false })
	}
	return bag
}

func addTerms(bag *hashing.Bag, terms []glossary.Term, stop func(words.Word) bool) {
	for _, term := range terms {
		var meaning []words.Word
		for _, w := range words.Split(term.English) {
			if !stop(w) {
				meaning = append(meaning, w)
				bag.Add("word "+w.Stem, weight(w))
			}
		}
		if term.English != "" && meaning == nil {
			continue // a function word, in either language
		}
		for _, w := range term.Words {
			if !stop(w) {
				addWord(bag, w, meaning)
			}
		}
	}
}

// addWord adds what is particular to a word itself. An English word is its own meaning.
func addWord(bag *hashing.Bag, w words.Word, meaning []words.Word) {
	n := weight(w)
	switch {
	case meaning == nil:
		bag.Add("word "+w.Stem, n)
	case w.Cyrillic:
		n = weight(meaning[len(meaning)-1])
		bag.Add("word "+w.Stem, original*n)
	}
	letters := []rune("^" + w.Latin() + "$")
	groups := max(0, len(letters)-2) + max(0, len(letters)-3)
	for size := 3; size <= 4; size++ {
		for i := 0; i+size <= len(letters); i++ {
			bag.Add("letters "+string(letters[i:i+size]), spelling*n/math.Sqrt(float64(groups)))
		}
	}
}

func weight(w words.Word) float64 {
	if commonWords[w.Stem] || len(w.Text) <= 2 && w.Text[0] >= '0' && w.Text[0] <= '9' {
		return common
	}
	return 1
}
