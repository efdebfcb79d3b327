// Package themes says what gifts and people have to do with each other although their words differ: who
// watches stars and a telescope, who sleeps badly and earplugs. A theme is a field of life with the words,
// in English, of those who live in it and of the things they use.
package themes

import (
	"crypto/sha256"
	"embed"
	"fmt"
	"io/fs"
	"math"
	"strings"

	"gifty/http/client/embed/words"
)

//go:embed lists/*.tsv
var files embed.FS

// Themes finds the themes of English texts.
type Themes struct {
	names   []string
	of      map[string][]int // themes by the stems of a word or phrase, a space before each
	longest int              // words of the longest phrase
	sum     [sha256.Size]byte
}

// Theme is what a text is about, and how much: at least 0.
type Theme struct {
	Name   string
	Weight float64
}

// New reads the built-in lists.
func New() (*Themes, error) {
	t := &Themes{of: map[string][]int{}}
	names, err := fs.Glob(files, "lists/*.tsv")
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		sum.Write(data)
		if err := t.read(name, string(data)); err != nil {
			return nil, err
		}
	}
	sum.Sum(t.sum[:0])
	return t, nil
}

// Sum tells one set of themes from another: the SHA-256 of their lists.
func (t *Themes) Sum() [sha256.Size]byte { return t.sum }

// read adds the lines of one file: a theme's name, a tab, and words and phrases with commas between.
func (t *Themes) read(name, data string) error {
	for i, line := range strings.Split(strings.TrimSpace(data), "\n") {
		theme, list, ok := strings.Cut(line, "\t")
		if !ok || theme == "" {
			return fmt.Errorf("themes %s:%d: want a name, a tab, and words", name, i+1)
		}
		t.names = append(t.names, theme)
		for phrase := range strings.SplitSeq(list, ",") {
			ws := words.Split(phrase)
			if len(ws) == 0 {
				return fmt.Errorf("themes %s:%d: an empty word", name, i+1)
			}
			t.add(ws, len(t.names)-1)
		}
	}
	return nil
}

// add lists a phrase with a theme, once for all its forms.
func (t *Themes) add(ws []words.Word, theme int) {
	key := stems(ws)
	if known := t.of[key]; len(known) > 0 && known[len(known)-1] == theme {
		return
	}
	t.of[key] = append(t.of[key], theme)
	t.longest = max(t.longest, len(ws))
}

// Find returns what a text is about, in the order of the lists, and the share of its words that say so (0–1),
// stop words aside. A word that belongs to n themes speaks for each with 1/√n, since it may be meant in any of
// these ways.
func (t *Themes) Find(ws []words.Word) (found []Theme, share float64) {
	weights := map[int]float64{}
	telling := make([]bool, len(ws))
	for i := range ws {
		for n := 1; n <= min(t.longest, len(ws)-i); n++ {
			list := t.of[stems(ws[i:i+n])]
			for j := i; j < i+n && len(list) > 0; j++ {
				telling[j] = true
			}
			for _, theme := range list {
				weights[theme] += 1 / math.Sqrt(float64(len(list)))
			}
		}
	}
	for i, name := range t.names {
		if w := weights[i]; w > 0 {
			found = append(found, Theme{name, w})
		}
	}
	return found, shareOf(ws, telling)
}

func shareOf(ws []words.Word, telling []bool) float64 {
	said, all := 0, 0
	for i, w := range ws {
		if telling[i] {
			said++
		}
		if telling[i] || !w.IsStop() {
			all++
		}
	}
	return float64(said) / float64(max(1, all))
}

func stems(ws []words.Word) string {
	var all strings.Builder
	for _, w := range ws {
		all.WriteString(" " + w.Stem)
	}
	return all.String()
}
