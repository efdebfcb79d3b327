package recommend

import (
	"math/bits"
	"slices"
)

// Text is a product's texts as read by the rules: what it is about, the words of its title, how
// likely it is a gift. It never changes and may be kept and shared between pages.
type Text struct {
	reading     *reading
	stems       []uint64 // the title's words, as wordsOf gives them, hashed and sorted
	sketch      uint64   // a bit for each stem: what two sketches do not share, the titles do not
	giftability float64
	because     []string
	named       namings
	stands      shelves
	occasions   []int // numbers of the occasions that the title names
	interests   []int // and of the interests
}

// ReadText reads a product's texts. Descriptions and categories may be empty.
func ReadText(title, description, category string) *Text {
	words := textsOf(title, description, category)
	r := readWords(words)
	t := &Text{reading: r, named: namingsOf(words), occasions: knowledge().occasionTerms.named(r.title), interests: knowledge().interestTerms.named(r.title)}
	t.giftability, t.because = r.giftability(nil)
	t.stands = r.stands()
	t.stems = hashed(wordsOf(r.title))
	for _, h := range t.stems {
		t.sketch |= 1 << (h & 63)
	}
	return t
}

// Ages are the ages in years that the texts say it is made for; nil: they don't say.
func (t *Text) Ages() (from, to *int) {
	if p := t.reading.patterns; p.minAge > 0 {
		from = &p.minAge
	}
	if p := t.reading.patterns; p.maxAge > 0 {
		to = &p.maxAge
	}
	return from, to
}

// Giftability is the function of this name, of texts that are read already.
func (t *Text) Giftability() float64 { return t.giftability }

// stemsOf is the words of a text as Text.stems has them.
func stemsOf(text string) []uint64 { return hashed(wordsOf(tokenize(text))) }

func hashed(words titleWords) []uint64 {
	stems := make([]uint64, 0, len(words))
	for w := range words {
		stems = append(stems, hash64(w))
	}
	slices.Sort(stems)
	return stems
}

// hash64 is FNV-1a.
func hash64(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h ^ h>>32
}

// mayBeSame tells cheaply that two titles cannot be the same goods.
func (t *Text) mayBeSame(u *Text) bool {
	if len(t.stems) > len(u.stems) {
		t, u = u, t
	}
	most := float64(len(t.stems) - bits.OnesCount64(t.sketch&^u.sketch)) // words in common, at most
	return most >= min(sameContent, sameWords)*float64(len(t.stems))
}

// Same tells whether two titles name the same goods.
func (t *Text) Same(u *Text) bool {
	return t.mayBeSame(u) && sameGoods(t.common(u), len(t.stems), len(u.stems))
}

// common counts the words of both titles.
func (t *Text) common(u *Text) int {
	n, i, j := 0, 0, 0
	for i < len(t.stems) && j < len(u.stems) {
		switch a, b := t.stems[i], u.stems[j]; {
		case a < b:
			i++
		case a > b:
			j++
		default:
			n, i, j = n+1, i+1, j+1
		}
	}
	return n
}

// overlap is the share of all words of two titles that both have (Jaccard), 0 for titles without words.
func (t *Text) overlap(u *Text) float64 {
	common := t.common(u)
	if common == 0 {
		return 0
	}
	return float64(common) / float64(len(t.stems)+len(u.stems)-common)
}
