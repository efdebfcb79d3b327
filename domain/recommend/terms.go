package recommend

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// term is a run of words that names topics. Words beginning so match when their prefix flag is set.
type term struct {
	words  []word
	topics []mention
	hides  bool // keeps the terms within its words from being seen
}

type word struct {
	text   string
	prefix bool
}

// minStem is the fewest letters of a stem; shorter ones begin too many words.
const minStem = 3

// index finds the terms that can start at a word: by the word itself, or by one of its prefixes.
type index struct {
	exact, prefix map[string][]*term
}

func newIndex() index { return index{exact: map[string][]*term{}, prefix: map[string][]*term{}} }

// addAll adds comma-separated terms. A nil mention makes terms that hide others.
func (x index) addAll(list string, m *mention) error {
	for s := range strings.SplitSeq(list, ", ") {
		words, err := parseTerm(s)
		if err != nil {
			return err
		}
		t := x.intern(words)
		if m == nil {
			t.hides = true
			continue
		}
		t.topics = append(t.topics, *m)
	}
	return nil
}

func parseTerm(s string) ([]word, error) {
	var words []word
	for w := range strings.FieldsSeq(s) {
		text, prefix := strings.CutSuffix(w, "*")
		if toks := tokenize(text); len(toks) != 1 || toks[0].text != text {
			return nil, fmt.Errorf("term %q: %q is not one lower-case word", s, text)
		}
		if prefix && utf8.RuneCountInString(text) < minStem {
			return nil, fmt.Errorf("term %q: stem %q is too short", s, text)
		}
		words = append(words, word{text, prefix})
	}
	if len(words) == 0 {
		return nil, fmt.Errorf("empty term")
	}
	return words, nil
}

// intern returns the term of these words, so that a term listed under several topics is one.
func (x index) intern(words []word) *term {
	byFirst := x.exact
	if words[0].prefix {
		byFirst = x.prefix
	}
	first := words[0].text
	for _, t := range byFirst[first] {
		if equalWords(t.words, words) {
			return t
		}
	}
	t := &term{words: words}
	byFirst[first] = append(byFirst[first], t)
	return t
}

func equalWords(a, b []word) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// at appends to found the terms that match where tokens begin, the best first: the one of most words,
// then the one that fits most letters, a whole word before a stem of it.
func (x index) at(tokens []token, found []*term) []*term {
	first := tokens[0].text
	found = matching(found, x.exact[first], tokens)
	for end := len(first); end >= minStem; {
		found = matching(found, x.prefix[first[:end]], tokens)
		if tokens[0].brand {
			break
		}
		_, size := utf8.DecodeLastRuneInString(first[:end])
		end -= size
	}
	for i, t := range found {
		if len(t.words) > len(found[0].words) {
			found[0], found[i] = found[i], found[0]
		}
	}
	return found
}

func matching(found, terms []*term, tokens []token) []*term {
	for _, t := range terms {
		if t.matches(tokens) {
			found = append(found, t)
		}
	}
	return found
}

func (t *term) matches(tokens []token) bool {
	if len(t.words) > len(tokens) {
		return false
	}
	for i, w := range t.words[1:] {
		if t := tokens[i+1]; t.text != w.text && (!w.prefix || t.brand || !strings.HasPrefix(t.text, w.text)) {
			return false
		}
	}
	return true
}
