package words

import (
	"strings"

	"github.com/kljensen/snowball/english"
	"github.com/kljensen/snowball/russian"
)

// IsStop tells whether a word is so common in Russian or English that it says nothing by itself.
func (w Word) IsStop() bool {
	if w.Cyrillic {
		return russian.IsStopWord(w.Text)
	}
	return english.IsStopWord(w.Text)
}

// Latin writes a word in Latin letters, the way brands are usually spelt, so that самсунг meets
// samsung. Letters that are not Russian stay.
func (w Word) Latin() string {
	if !w.Cyrillic {
		return w.Text
	}
	var b strings.Builder
	for _, r := range w.Text {
		if r >= 'а' && r <= 'я' {
			b.WriteString(latin[r-'а'])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// latin holds а to я.
var latin = [...]string{
	"a", "b", "v", "g", "d", "e", "zh", "z", "i", "y", "k", "l", "m", "n", "o", "p",
	"r", "s", "t", "u", "f", "h", "ts", "ch", "sh", "sch", "", "y", "", "e", "yu", "ya",
}
