// Package words cuts Russian and English text into words and their stems.
package words

import (
	"strings"
	"unicode"

	"github.com/kljensen/snowball/english"
	"github.com/kljensen/snowball/russian"
	"golang.org/x/text/unicode/norm"
)

// Word is a run of letters and digits.
type Word struct {
	Text     string // lower case, compatibility forms composed, ё written as е
	Stem     string // what the word's forms have in common; of no other use
	Cyrillic bool
}

// Split returns the words of a text in order. A change between Cyrillic and Latin letters, or from a
// digit to a Cyrillic letter, starts a new word ("60л", "usbкабель"); model names stay whole ("1000xm5").
func Split(text string) []Word {
	var all []Word
	text = strings.ReplaceAll(strings.ToLower(norm.NFKC.String(text)), "ё", "е")
	start, last := -1, other
	for i, r := range text {
		now := classOf(r)
		if start >= 0 && breaks(last, now) {
			all = append(all, newWord(text[start:i]))
			start = -1
		}
		if start < 0 && now != other && now != apostrophe {
			start = i
		}
		last = now
	}
	if start >= 0 {
		all = append(all, newWord(text[start:]))
	}
	return all
}

type class int

const (
	other class = iota
	letter
	cyrillic
	digit
	apostrophe
)

func classOf(r rune) class {
	switch {
	case r >= 'a' && r <= 'z':
		return letter
	case unicode.Is(unicode.Cyrillic, r):
		return cyrillic
	case r >= '0' && r <= '9':
		return digit
	case r == '\'' || r == '’':
		return apostrophe
	case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r):
		return letter
	}
	return other
}

// breaks tells whether a word ends between two characters.
func breaks(last, now class) bool {
	switch {
	case now == other:
		return true
	case now == cyrillic:
		return last != cyrillic
	case now == apostrophe:
		return last != letter
	default:
		return last == cyrillic
	}
}

func newWord(text string) Word {
	if r := []rune(text)[0]; unicode.Is(unicode.Cyrillic, r) {
		return Word{Text: text, Stem: russianStem(text), Cyrillic: true}
	}
	text = strings.ReplaceAll(text, "’", "'")
	stem := english.Stem(text, true)
	return Word{Text: strings.TrimSuffix(strings.TrimRight(text, "'"), "'s"), Stem: strings.Trim(stem, "'")}
}

// russianStem is Snowball's stem without the vowel that comes and goes before a last к or ц, so that
// подарок meets подарки, and кружек кружка. Words of less than five letters keep it (сок, рок).
func russianStem(word string) string {
	stem := []rune(russian.Stem(word, true))
	n := len(stem)
	if n < 5 || strings.ContainsRune(vowels, stem[n-3]) {
		return string(stem)
	}
	switch string(stem[n-2:]) {
	case "ок", "ек":
		return string(stem[:n-2]) + "к"
	case "ец":
		return string(stem[:n-2]) + "ц"
	}
	return string(stem)
}

const vowels = "аеиоуыэюяьй"
