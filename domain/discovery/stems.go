package discovery

import (
	"slices"
	"strings"
)

// Stems are beginnings of words, such as "erotic"; one with a sign in it, such as "18+", is meant as it stands.
type Stems []string

// In tells whether a text holds a word that begins so.
func (s Stems) In(text string) bool {
	words, together := Tokens(text), strings.ToLower(strings.ReplaceAll(text, " ", ""))
	return slices.ContainsFunc(s, func(stem string) bool {
		if stem = strings.ToLower(stem); FoldTitle(stem) != strings.ReplaceAll(stem, "ё", "е") {
			return strings.Contains(together, stem)
		}
		stem = FoldTitle(stem)
		return slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(word, stem) })
	})
}
