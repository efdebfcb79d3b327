package builtin

import (
	"slices"
	"strings"
	"unicode/utf8"

	"gifty/domain/discovery"
)

// token is one word of a text; negated when a "not", "without" or their like rules it out.
type token struct {
	text    string
	negated bool
}

// phrase is a row of words that stand next to each other. A word written with a final "*" is a stem:
// it matches every word that begins so. "настольн* игр*" matches "настольные игры".
type phrase struct {
	words []string // without the star
	stems []bool   // which of words are stems
}

func newPhrase(s string) phrase {
	var p phrase
	for word := range strings.FieldsSeq(s) {
		stem := strings.HasSuffix(word, "*")
		folded := strings.Join(discovery.Tokens(word), "")
		p.words, p.stems = append(p.words, folded), append(p.stems, stem)
	}
	return p
}

func (p phrase) matches(tokens []token) bool {
	if len(tokens) < len(p.words) {
		return false
	}
	for i, word := range p.words {
		if p.stems[i] && !strings.HasPrefix(tokens[i].text, word) || !p.stems[i] && tokens[i].text != word {
			return false
		}
	}
	return true
}

// lexicon finds many phrases in a text at once; each phrase stands for a value. Phrases are filed
// under their first letter, so that a text costs a few dozen comparisons a word.
type lexicon[V any] struct{ byLetter map[rune][]entry[V] }

type entry[V any] struct {
	phrase phrase
	value  V
}

// found is a phrase met in a text.
type found[V any] struct {
	values  []V // what it stands for; several when phrases coincide
	negated bool
}

func (l *lexicon[V]) add(s string, value V) {
	p := newPhrase(s)
	if len(p.words) == 0 || p.words[0] == "" {
		return
	}
	if l.byLetter == nil {
		l.byLetter = map[rune][]entry[V]{}
	}
	first, _ := utf8.DecodeRuneInString(p.words[0])
	l.byLetter[first] = append(l.byLetter[first], entry[V]{p, value})
}

// find reads a text from left to right and takes the longest phrases at each place: "board games" is
// not also "games".
func (l *lexicon[V]) find(tokens []token) []found[V] {
	var out []found[V]
	for at := 0; at < len(tokens); {
		first, _ := utf8.DecodeRuneInString(tokens[at].text)
		longest, values := 0, []V(nil)
		for _, e := range l.byLetter[first] {
			switch n := len(e.phrase.words); {
			case n < longest || !e.phrase.matches(tokens[at:]):
			case n > longest:
				longest, values = n, []V{e.value}
			default:
				values = append(values, e.value)
			}
		}
		if longest > 0 {
			out = append(out, found[V]{values, tokens[at].negated})
		}
		at += max(longest, 1)
	}
	return out
}

// tokenise splits a text into words and marks what a negation rules out: everything from "без",
// "не", "no" or "without" to the end of the clause or to a "but".
func tokenise(text string) []token {
	var out []token
	for clause := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(".,;:!?()\n–—", r) }) {
		words := discovery.Tokens(clause)
		by := "" // the word that negates here
		for i, word := range words {
			switch {
			case slices.Contains(contrasts(), word):
				by = ""
			case slices.Contains(negators(), word):
				if i+1 < len(words) && slices.Contains(softeners(), words[i+1]) { // "not only fishing"
					continue
				}
				if by != "" && !lacks(by) && lacks(word) { // "cannot live without music"
					by = ""
					continue
				}
				by = word
			}
			out = append(out, token{word, by != ""})
		}
	}
	return out
}

func lacks(word string) bool { return word == "без" || word == "without" }

func negators() []string {
	return []string{
		"не", "без", "нет", "ни", "никаких", "никакой", "никакого", "никакие", "кроме", "ненавидит", "нельзя",
		"no", "not", "cannot", "without", "never", "avoid", "nothing", "dislikes", "hates", "don", "doesn", "dont", "doesnt", "except",
	}
}

func contrasts() []string { return []string{"но", "а", "зато", "but", "лучше", "rather"} }

func softeners() []string {
	return []string{"только", "против", "only", "just", "прочь"}
}
