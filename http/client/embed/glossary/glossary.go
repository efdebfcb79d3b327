// Package glossary says in English what a Russian text is about: word by word, with the vocabulary
// of gifts and of the people who get them. It is meant for a sentence encoder that knows English,
// not for a reader.
package glossary

import (
	"crypto/sha256"
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"unicode/utf8"

	"gifty/http/client/embed/words"
)

//go:embed words/*.tsv
var files embed.FS

// Glossary maps Russian words and phrases, in any of their forms, to English.
type Glossary struct {
	entries map[string][]entry // by the stems of a form, a space before each
	longest int                // words of the longest form
	sum     [sha256.Size]byte
}

// entry is one Russian form. Different words may share a stem (вино, винил).
type entry struct{ form, english string }

// New reads the built-in glossary. extra adds single words that it lacks (see ReadPairs); nil adds none.
func New(extra []Pair) (*Glossary, error) {
	g := &Glossary{entries: map[string][]entry{}}
	sum := sha256.New()
	names, err := fs.Glob(files, "words/*.tsv")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		sum.Write(data)
		if err := g.read(name, string(data)); err != nil {
			return nil, err
		}
	}
	for _, p := range extra {
		fmt.Fprintf(sum, "%s\t%s\n", p.English, p.Russian)
		if ws := words.Split(p.Russian); g.entries[stems(ws)] == nil {
			g.add(ws, p.English)
		}
	}
	sum.Sum(g.sum[:0])
	return g, nil
}

// Sum tells one glossary from another: the SHA-256 of its entries.
func (g *Glossary) Sum() [sha256.Size]byte { return g.sum }

// read adds the lines of one file: an English gloss, a tab, and Russian forms with commas between.
func (g *Glossary) read(name, data string) error {
	for i, line := range strings.Split(strings.TrimSpace(data), "\n") {
		english, russian, ok := strings.Cut(line, "\t")
		if !ok || english == "" {
			return fmt.Errorf("glossary %s:%d: want an English gloss, a tab, and Russian forms", name, i+1)
		}
		for form := range strings.SplitSeq(russian, ",") {
			ws := words.Split(form)
			if len(ws) == 0 {
				return fmt.Errorf("glossary %s:%d: an empty form", name, i+1)
			}
			if !g.add(ws, english) {
				return fmt.Errorf("glossary %s:%d: %q is there already", name, i+1, strings.TrimSpace(form))
			}
		}
	}
	return nil
}

// add returns false when the very form is known.
func (g *Glossary) add(ws []words.Word, english string) bool {
	form := text(ws)
	for _, key := range keys(ws) {
		for _, e := range g.entries[key] {
			if e.form == form {
				return false
			}
		}
		g.entries[key] = append(g.entries[key], entry{form, english})
	}
	g.longest = max(g.longest, len(ws))
	return true
}

// keys are what the stems of an inflected form may look like. A stemmer sees an ending in экран and
// none in экрана's stem, so the whole word (but for a last ь or й) is a possible stem as well.
func keys(ws []words.Word) []string {
	all := []string{""}
	for _, w := range ws {
		n := len(all)
		for i := range n {
			if whole := strings.TrimRight(w.Text, "ьй"); whole != w.Stem {
				all = append(all, all[i]+" "+whole)
			}
			all[i] += " " + w.Stem
		}
	}
	return all
}

// find returns the English for a run of words, or "". Of the forms with the same stems the one
// that begins most like the text wins, since stems are cut at the end; then the shortest, which is
// the text itself if that is listed; then the one listed first.
func (g *Glossary) find(ws []words.Word) string {
	form := text(ws)
	var best entry
	most := -1
	for _, e := range g.entries[stems(ws)] {
		n := common(e.form, form)
		if n > most || n == most && len(e.form) < len(best.form) {
			best, most = e, n
		}
	}
	return best.english
}

// common is the length in bytes of the longest common prefix.
func common(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func text(ws []words.Word) string {
	all := make([]string, len(ws))
	for i, w := range ws {
		all[i] = w.Text
	}
	return strings.Join(all, " ")
}

func stems(ws []words.Word) string {
	var all strings.Builder
	for _, w := range ws {
		all.WriteString(" " + w.Stem)
	}
	return all.String()
}

// Term is a run of words and its English; English is "" for Russian words that are not known.
type Term struct {
	Words   []words.Word
	English string
}

// Translate covers a text with terms, at each place the longest that is known. Words in other
// letters stand for themselves.
func (g *Glossary) Translate(ws []words.Word) []Term {
	var terms []Term
	for len(ws) > 0 {
		n, english := g.match(ws)
		terms = append(terms, Term{ws[:n], english})
		ws = ws[n:]
	}
	return terms
}

func (g *Glossary) match(ws []words.Word) (int, string) {
	for n := min(g.longest, len(ws)); n > 0; n-- {
		if english := g.find(ws[:n]); english != "" {
			return n, english
		}
	}
	if !ws[0].Cyrillic {
		return 1, ws[0].Text
	}
	return 1, g.derived(ws[0])
}

// suffixes make adjectives, diminutives and doers of nouns: пижамный, столик, гитарист. prefixes make
// another verb of a verb: нарисовать.
var (
	suffixes = []string{"очн", "ечн", "ичн", "очк", "ечк", "ичк", "истк", "ист", "ник", "ниц", "щик", "чик", "ьн", "ов", "ев", "ск", "ик", "ок", "н", "к"}
	prefixes = []string{"пере", "при", "про", "под", "вы", "до", "за", "на", "от", "по", "с"}
)

// derived finds the word that an unknown one was made of.
func (g *Glossary) derived(w words.Word) string {
	for _, suffix := range suffixes {
		if noun, ok := strings.CutSuffix(w.Stem, suffix); ok {
			if english := g.root(noun); english != "" {
				return english
			}
		}
	}
	for _, prefix := range prefixes {
		if verb, ok := strings.CutPrefix(w.Stem, prefix); ok {
			if english := g.root(verb); english != "" {
				return english
			}
		}
	}
	return ""
}

// root returns the English of a stem of at least four letters; shorter ones are in too many words.
func (g *Glossary) root(stem string) string {
	if known := g.entries[" "+stem]; known != nil && utf8.RuneCountInString(stem) >= 4 {
		return known[0].english
	}
	return ""
}
