package recommend

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// patterns is what a title says in numbers and codes rather than in words.
type patterns struct {
	codes      int  // part numbers: 5Q0980556B; a list of models counts as one
	years      int  // different years of make, when there are several
	lot        int  // pieces in the lot; 0 when not said
	quantities int  // electrical and technical quantities: 12В, 330мкФ, 500 мА
	variants   int  // one thing in several sizes: 5/10/20 шт, M3 M4 M5; 0 below three
	compatible bool // begins with what it is for: "Для VW Golf …"
	minAge     int  // the youngest it is meant for; 0 when not said
	maxAge     int  // the oldest it is meant for; 0 when not said
	forAdults  bool // marked as not for minors, in the title or the description
}

func readPatterns(words []token) patterns {
	p := patterns{variants: countVariants(words), compatible: beginsWithPurpose(words)}
	years, models := map[int]bool{}, 0
	for i, w := range words {
		n, rest := leadingNumber(w.text)
		if rest == "" && n >= 1960 && n <= 2039 {
			years[n] = true
		}
		m := mixOf(w.text)
		if m.isPartCode() {
			p.codes++
		}
		if m.isModel() {
			models++
		}
		p.readQuantity(words, i, n, rest)
	}
	if len(years) > 1 {
		p.years = len(years)
	}
	if p.codes == 0 && models >= manyModels {
		p.codes = 1
	}
	p.minAge, p.maxAge = readAges(words)
	p.forAdults = forAdults(words)
	return p
}

// manyModels is how many models a title names when it lists what a thing fits.
const manyModels = 4

// readQuantity reads a number and its unit, written together or apart.
func (p *patterns) readQuantity(words []token, i, n int, unit string) {
	if n == 0 {
		return
	}
	if unit == "" && i+1 < len(words) {
		unit = words[i+1].text
	}
	switch {
	case isPiece(unit):
		p.lot = max(p.lot, n)
	case isTechnicalUnit(unit):
		p.quantities++
	}
}

// leadingNumber splits "100шт" into 100 and "шт"; 0 when there is no number or one of over six digits.
func leadingNumber(w string) (n int, rest string) {
	end := 0
	for end < len(w) && isDigit(w[end]) {
		end++
	}
	if end == 0 || end > 6 {
		return 0, w
	}
	n, _ = strconv.Atoi(w[:end])
	return n, w[end:]
}

func isPiece(unit string) bool {
	switch unit {
	case "шт", "штук", "штуки", "пар", "комплектов", "лот", "pcs", "pc", "pieces", "piece", "pack", "pairs", "lot":
		return true
	}
	return false
}

func isTechnicalUnit(unit string) bool {
	switch unit {
	case "в", "вольт", "а", "ма", "мкф", "пф", "нф", "ом", "ком", "квт", "нм", "гц", "кгц", "мгц", "ггц", "мпа", "бар",
		"контактный", "контактов", "мбит", "гбит",
		"v", "vdc", "vac", "a", "ma", "uf", "ohm", "kw", "nm", "rpm", "hz", "khz", "mhz", "ghz", "mpa", "psi", "awg", "pin", "gbe":
		return true
	}
	return false
}

// mix is how a word mixes Latin letters and digits.
type mix struct {
	digits, letters int
	turns           int  // from letters to digits or back
	other           bool // holds anything else
}

func mixOf(w string) mix {
	var m mix
	for i := range len(w) {
		switch {
		case w[i] >= utf8.RuneSelf:
			m.other = true
			return m
		case isDigit(w[i]):
			m.digits++
		default:
			m.letters++
		}
		if i > 0 && isDigit(w[i]) != isDigit(w[i-1]) {
			m.turns++
		}
	}
	return m
}

// isPartCode tells a manufacturer's number from a word or a model's name.
func (m mix) isPartCode() bool {
	if m.other || m.digits+m.letters < 7 {
		return false
	}
	return m.letters == 0 && m.digits >= 8 || m.letters > 0 && m.digits >= 4 && (m.turns > 1 || m.letters > 1)
}

// isModel tells a model's short name: letters with three digits or more.
func (m mix) isModel() bool { return !m.other && m.letters > 0 && m.digits >= 3 }

// countVariants counts the longest run like "M3 M4 M5" or "5/10/20": neighbours alike but for
// their number. Two in a row are a range, not variants.
func countVariants(words []token) int {
	longest, run := 0, 1
	for i := 1; i < len(words); i++ {
		previous, w := words[i-1].text, words[i].text
		if s := shape(w); s == "" || s != shape(previous) || w == previous {
			run = 1
			continue
		}
		run++
		longest = max(longest, run)
	}
	if longest < 3 {
		return 0
	}
	return longest
}

// shape is what is left of a word with a number when the number is taken out, at most three letters
// after a mark; "" for words without one.
func shape(w string) string {
	if !strings.ContainsAny(w, "0123456789") {
		return ""
	}
	letters := strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, w)
	if utf8.RuneCountInString(letters) > 3 {
		return ""
	}
	return "#" + letters
}

func beginsWithPurpose(words []token) bool {
	if len(words) < 2 {
		return false
	}
	switch words[0].text {
	case "подходит", "совместим", "compatible", "fits":
		return true
	}
	return isPurpose(words[0].text)
}
