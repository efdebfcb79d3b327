package recommend

import (
	"strings"
	"unicode"
)

// token is one word of a text in lower case, with ё written as е.
type token struct {
	text    string
	segment int   // which part of the text, as commas and the like divide it
	place   place // head, with or purpose: what the word says of the product
	brand   bool  // written LikeThis: a name, of which no part is a word
}

// tokenize splits text into words of letters and digits. "18+" stays one word; everything else
// that is neither letter nor digit parts words.
func tokenize(text string) []token {
	s := scanner{text: text, start: -1, tokens: make([]token, 0, len(text)/8+1)}
	for i, r := range text {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if s.start < 0 {
				s.start = i
			}
		case r == '+' && s.start >= 0 && isDigit(text[i-1]):
			s.word(i + 1)
		default:
			s.word(i)
			if strings.ContainsRune(",;.|—()!?", r) && !betweenDigits(text, i) {
				s.segment, s.place = s.segment+1, inHead
			}
		}
	}
	s.word(len(text))
	return s.tokens
}

// scanner is the state of tokenize.
type scanner struct {
	text    string
	start   int // of the word under way, -1 between words
	segment int
	place   place
	tokens  []token
}

// word ends the word under way, if any, before end.
func (s *scanner) word(end int) {
	if s.start < 0 {
		return
	}
	written := s.text[s.start:end]
	w := strings.ReplaceAll(strings.ToLower(written), "ё", "е")
	if n := len(s.tokens); isDigit(w[0]) && n > 0 && s.tokens[n-1].text == "из" {
		s.place = inHead // "набор из 5 чашек" is the cups
	}
	s.tokens = append(s.tokens, token{w, s.segment, s.place, isBrand(written)})
	switch {
	case isPurpose(w):
		s.place = inPurpose
	case isAttribute(w):
		s.place = inAttribute
	}
	s.start = -1
}

// isBrand tells names such as "SauceZhan" by a capital after a small letter.
func isBrand(w string) bool {
	small := false
	for _, r := range w {
		if small && unicode.IsUpper(r) {
			return true
		}
		small = unicode.IsLower(r)
	}
	return false
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

// betweenDigits tells whether the byte at i is a decimal point or comma.
func betweenDigits(s string, i int) bool {
	return i > 0 && i+1 < len(s) && isDigit(s[i-1]) && isDigit(s[i+1])
}

// isPurpose tells words after which comes what a product is for.
func isPurpose(w string) bool {
	switch w {
	case "для", "for", "под", "к":
		return true
	}
	return false
}

// isAttribute tells words after which comes what a product has or is made of.
func isAttribute(w string) bool {
	switch w {
	case "с", "со", "из", "with":
		return true
	}
	return false
}

// isNegation tells words that deny what follows.
func isNegation(w string) bool {
	switch w {
	case "без", "не", "нет", "no", "not", "non", "without":
		return true
	}
	return strings.HasPrefix(w, "безалкогольн")
}

// clip cuts s to at most n bytes at a rune's start.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
