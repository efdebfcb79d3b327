package recommend

import "strings"

// readAges reads the ages that a title states: "3+", "от 7 лет", "до 3 лет", "2-10 лет",
// "от 2 до 10 лет", "ages 4-8". Numbers over 99 are not ages.
func readAges(words []token) (youngest, oldest int) {
	for i := range words {
		n, rest := leadingNumber(words[i].text)
		switch {
		case n == 0 || n > 99:
		case rest == "+":
			youngest = max(youngest, n)
		case rest == "" && isYears(wordAt(words, i+1)), rest == "" && isOrdinal(wordAt(words, i+1)) && isYears(wordAt(words, i+2)):
			youngest, oldest = agesBefore(words, i, n)
		case rest == "" && isAges(wordAt(words, i-1)):
			youngest, oldest = n, agesAfter(words, i, n)
		}
	}
	return youngest, oldest
}

// readTold reads the ages that a description states. Descriptions have years of warranty and of wear in them too,
// so that a number counts there only near a word for children or ages.
func readTold(words []token) (youngest, oldest int) {
	for i := range words {
		if !isAboutAge(words[i].text) {
			continue
		}
		near := words[max(0, i-agesBack):min(len(words), i+agesAhead)]
		if youngest, oldest = readAges(near); youngest > 0 || oldest > 0 {
			return youngest, oldest
		}
	}
	return 0, 0
}

// How many words before and after one for children or ages are looked at.
const (
	agesBack  = 5
	agesAhead = 8
)

func isAboutAge(w string) bool {
	for _, stem := range [...]string{"дет", "ребен", "ребят", "малыш", "возраст", "девоч", "мальчи", "школьни", "дошколь", "подрост", "kid", "child", "toddler", "girl", "boy", "teen"} {
		if strings.HasPrefix(w, stem) {
			return true
		}
	}
	return isAges(w)
}

// forAdults tells whether a text marks what it offers as not for minors: "18+" or "21+", in whatever
// place, unless it says that there is none such.
func forAdults(words []token) bool {
	for i := range words {
		if w := words[i].text; (w == "18+" || w == "21+") && !negated(words, i) && wordAt(words, i-1) != "spf" {
			return true
		}
	}
	return false
}

// agesBefore reads what leads up to n years.
func agesBefore(words []token, i, n int) (youngest, oldest int) {
	if lower, rest := leadingNumber(wordAt(words, i-1)); rest == "" && lower > 0 && lower < n {
		return lower, n
	}
	if w := wordAt(words, i-1); w == "до" || w == "to" {
		lower, _ := leadingNumber(wordAt(words, i-2))
		return lower, n
	}
	return n, 0
}

// agesAfter reads the upper end of "ages 4-8", 0 when there is none.
func agesAfter(words []token, i, n int) int {
	if upper, rest := leadingNumber(wordAt(words, i+1)); rest == "" && upper > n && upper <= 99 {
		return upper
	}
	return 0
}

// wordAt is the word at i, "" outside the text.
func wordAt(words []token, i int) string {
	if i < 0 || i >= len(words) {
		return ""
	}
	return words[i].text
}

// isOrdinal tells what is written after the number in "от 3-х лет".
func isOrdinal(w string) bool { return w == "х" || w == "ти" || w == "ми" }

func isYears(w string) bool {
	switch w {
	case "лет", "года", "год", "years", "year", "yrs":
		return true
	}
	return false
}

func isAges(w string) bool { return w == "ages" || w == "age" || w == "aged" }
