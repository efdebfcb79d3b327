package words

import (
	"slices"
	"strings"
	"testing"
	"unicode"
)

func TestSplit(t *testing.T) {
	cases := map[string][]string{
		"Набор акварели, 36 цветов": {"набор", "акварели", "36", "цветов"},
		"Ёлка и ЁЖ":                {"елка", "и", "еж"},
		"RGB-подсветка 60л":        {"rgb", "подсветка", "60", "л"},
		"Sony WH-1000XM5":          {"sony", "wh", "1000xm5"},
		"chef's knife, the kids’ ": {"chef", "knife", "the", "kids"},
		"usbкабель":                {"usb", "кабель"},
		"ﬁne ＡＢＣ ½":                {"fine", "abc", "1", "2"},
		"礼物 42":                    {"礼物", "42"},
		"!!! 🎁 — ":                 nil,
		"":                         nil,
	}
	for text, want := range cases {
		var got []string
		for _, w := range Split(text) {
			got = append(got, w.Text)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestFormsShareAStem(t *testing.T) {
	for _, forms := range [][]string{
		{"подарок", "подарки", "подарку", "подарков"}, {"кружка", "кружки", "кружек"}, {"перец", "перца", "перцем"},
		{"рыбалка", "рыбалку", "рыбалке"}, {"шерстяной", "шерстяная", "шерстяного"},
		{"painting", "paintings", "painted"}, {"knife", "knife's"},
	} {
		stem := Split(forms[0])[0].Stem
		for _, f := range forms {
			if got := Split(f)[0].Stem; got != stem {
				t.Errorf("%s: stem %q, but %q of %s", f, got, stem, forms[0])
			}
		}
	}
}

func TestLatin(t *testing.T) {
	for text, want := range map[string]string{"самсунг": "samsung", "объём": "obem", "щётка": "schetka", "lego": "lego", "їжак": "їzhak"} {
		if got := Split(text)[0].Latin(); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestStopWords(t *testing.T) {
	for text, want := range map[string]bool{"для": true, "the": true, "книга": false, "book": false} {
		if got := Split(text)[0].IsStop(); got != want {
			t.Errorf("%s: got %v", text, got)
		}
	}
}

// Whatever the text: a letter or digit makes a word, and no word is without text and stem.
func FuzzSplit(f *testing.F) {
	for _, s := range []string{"Подарок для мамы", "it's 5 o'clock", "\xff\xfe", "ё́лка", "ﾞ", "ͺ", "a'b''", "'s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all := Split(text)
		for _, w := range all {
			if w.Text == "" || w.Stem == "" {
				t.Errorf("%q has the empty word %+v", text, w)
			}
		}
		if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) && len(all) == 0 {
			t.Errorf("%q has no words", text)
		}
	})
}
