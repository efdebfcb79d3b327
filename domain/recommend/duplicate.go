package recommend

import (
	"strings"
	"unicode/utf8"
)

// When two titles name the same goods from several sellers.
const (
	sameWords    = 0.7 // this share of all their words is common (Jaccard)
	sameContent  = 0.9 // this share of the shorter one's words stands in the longer
	enoughToTell = 4   // words a title needs before containment says anything
)

// titleWords is a title's words without their endings and order, and without the small ones.
type titleWords map[string]bool

func wordsOf(tokens []token) titleWords {
	words := make(titleWords, len(tokens))
	for _, t := range tokens {
		if across, down, is := size(t.text); is {
			words[across], words[down] = true, true
		} else if stem := trimEnding(t.text); stem != "" {
			words[stem] = true
		}
	}
	return words
}

// size splits "29x21", which others write "29 × 21".
func size(w string) (across, down string, is bool) {
	across, down, is = strings.Cut(w, "x")
	if !is {
		across, down, is = strings.Cut(w, "х") // Cyrillic
	}
	if !is || across == "" || down == "" {
		return "", "", false
	}
	for _, b := range []byte(across + down) {
		if !isDigit(b) {
			return "", "", false
		}
	}
	return across, down, true
}

// endings are what Russian and English nouns and adjectives change, longest first.
var endings = [...]string{
	"ами", "ями", "ого", "его", "ому", "ему", "ыми", "ими",
	"ах", "ях", "ов", "ев", "ей", "ой", "ый", "ий", "ая", "яя", "ое", "ее", "ые", "ие", "ую", "юю", "ом", "ем", "ам", "ям",
	"es", "ы", "и", "а", "я", "о", "е", "у", "ю", "ь", "s",
}

// trimEnding cuts a word's ending where three letters or more are left. Small words give "";
// numbers and codes stay whole.
func trimEnding(w string) string {
	if isPurpose(w) || isAttribute(w) || utf8.RuneCountInString(w) < 2 && !isDigit(w[0]) {
		return ""
	}
	for _, ending := range endings {
		if stem, cut := strings.CutSuffix(w, ending); cut && utf8.RuneCountInString(stem) >= 3 {
			return stem
		}
	}
	return w
}

// same tells whether two titles name the same goods. A title without words is like no other.
func (a titleWords) same(b titleWords) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	common := 0
	for w := range a {
		if b[w] {
			common++
		}
	}
	return sameGoods(common, len(a), len(b))
}

// sameGoods judges two titles by how many words they have in common and how many each has.
func sameGoods(common, a, b int) bool {
	if common == 0 {
		return false
	}
	return float64(common) >= sameWords*float64(a+b-common) ||
		min(a, b) >= enoughToTell && float64(common) >= sameContent*float64(min(a, b))
}
