package glossary

import (
	"strings"
	"testing"

	"gifty/http/client/embed/words"
)

func built(t *testing.T, extra ...Pair) *Glossary {
	t.Helper()
	g, err := New(extra)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// in joins a translation; what is unknown stands in angle brackets.
func in(g *Glossary, russian string) string {
	var all []string
	for _, term := range g.Translate(words.Split(russian)) {
		if term.English == "" {
			all = append(all, "<"+text(term.Words)+">")
		} else {
			all = append(all, term.English)
		}
	}
	return strings.Join(all, " ")
}

func TestTranslate(t *testing.T) {
	g := built(t)
	cases := map[string]string{
		"Подарок папе, который любит рыбалку": "gift father who love fishing",
		"подушка с эффектом памяти":           "memory foam pillow",
		"ПЛЕДЫ":                  "blanket",
		"игрушки для кошек":      "cat toy", // the longest phrase wins
		"красное вино":           "red wine",
		"виниловая пластинка":    "vinyl record",
		"вином":                  "wine", // shares its stem with винил
		"винилом":                "vinyl record",
		"экран, экрана, экраном": "monitor monitor monitor",
		"кроватью":               "bed",
		"пижамный":               "pyjamas", // derived
		"чашечек":                "cup",
		"Samsung Galaxy":         "samsung galaxy",
		"зюзюка":                 "<зюзюка>",
		"":                       "",
	}
	for russian, want := range cases {
		if got := in(g, russian); got != want {
			t.Errorf("%q: got %q, want %q", russian, got, want)
		}
	}
}

func TestEveryFormIsFound(t *testing.T) {
	g := built(t)
	glosses := map[string]bool{}
	for key, entries := range g.entries {
		for _, e := range entries {
			glosses[e.english] = true
			if terms := g.Translate(words.Split(e.form)); len(terms) != 1 || terms[0].English != e.english {
				t.Errorf("%s (key %s): got %v, want %q", e.form, key, terms, e.english)
			}
		}
	}
	if len(glosses) < 900 {
		t.Errorf("%d glosses, want at least 900", len(glosses))
	}
}

func TestExtraWordsComeSecond(t *testing.T) {
	g := built(t, Pair{"матрёшка", "nesting"}, Pair{"книга", "brochure"})
	if got := in(g, "книга про матрёшек"); got != "book about nesting" {
		t.Errorf("got %q", got)
	}
	if g.Sum() == built(t).Sum() {
		t.Error("more words, same sum")
	}
}

func TestRefusesBrokenLines(t *testing.T) {
	for name, line := range map[string]string{
		"no tab": "gift подарок", "no English": "\tподарок", "an empty form": "gift\tподарок, ,дар", "a form twice": "gift\tподарок\npresent\tподарок",
	} {
		g := &Glossary{entries: map[string][]entry{}}
		if err := g.read("test.tsv", line); err == nil || !strings.Contains(err.Error(), "test.tsv:") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

const russianKeywords = `{"annotations": {"annotations": {
	"🎣": {"default": ["рыба", "рыбалка", "улов"], "tts": ["удочка с рыбой"]},
	"🐟": {"default": ["рыба", "море"], "tts": ["рыба"]},
	"🦢": {"default": ["птица"], "tts": ["лебедь"]},
	"🦆": {"default": ["птица"]}}}}`

const englishKeywords = `{"annotations": {"annotations": {
	"🎣": {"default": ["fish", "fishing", "pole"], "tts": ["fishing pole"]},
	"🐟": {"default": ["Fish"], "tts": ["fish"]},
	"🦢": {"default": ["bird", "swan"], "tts": ["swan"]},
	"🦆": {"default": ["bird", "duck"]}}}}`

func TestReadPairs(t *testing.T) {
	pairs, err := ReadPairs([]byte(russianKeywords), []byte(englishKeywords))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, p := range pairs {
		got[p.Russian] = p.English
	}
	// рыбалка and улов could be fishing as well as pole; море shares half its emoji with fish.
	for russian, want := range map[string]string{"рыба": "fish", "птица": "bird", "лебедь": "swan", "рыбалка": "", "улов": ""} {
		if got[russian] != want {
			t.Errorf("%s: got %q, want %q", russian, got[russian], want)
		}
	}
	if _, err := ReadPairs([]byte("{"), []byte(englishKeywords)); err == nil {
		t.Error("broken keywords were read")
	}
	if _, err := ReadPairs([]byte(russianKeywords), []byte("[]")); err == nil {
		t.Error("a list was read")
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := New(nil); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzReadPairs(f *testing.F) {
	f.Add([]byte(russianKeywords), []byte(englishKeywords))
	f.Fuzz(func(t *testing.T, ru, en []byte) {
		pairs, err := ReadPairs(ru, en)
		if err == nil {
			for _, p := range pairs {
				if p.Russian == "" || p.English == "" {
					t.Errorf("an empty pair %+v", p)
				}
			}
		}
	})
}
