package glossary

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Pair is a Russian word and what it means.
type Pair struct{ Russian, English string }

// annotations is one language's file of the Unicode CLDR: names and keywords of emoji.
type annotations struct {
	Annotations struct {
		Annotations map[string]struct {
			Keywords []string `json:"default"`
			Name     []string `json:"tts"`
		} `json:"annotations"`
	} `json:"annotations"`
}

// ReadPairs finds which Russian and English words mean the same from what the two languages call the
// same emoji. russian and english are CLDR annotations files in JSON. Pairs come sorted by the
// Russian word; many are a little off the mark, so a real glossary goes first.
func ReadPairs(russian, english []byte) ([]Pair, error) {
	ru, err := readAnnotations(russian)
	if err != nil {
		return nil, fmt.Errorf("russian keywords: %w", err)
	}
	en, err := readAnnotations(english)
	if err != nil {
		return nil, fmt.Errorf("english keywords: %w", err)
	}
	t := tally{ru: map[string]int{}, en: map[string]int{}, both: map[string]map[string]int{}}
	for emoji, words := range ru {
		t.add(words, en[emoji])
	}
	return t.pairs(), nil
}

// readAnnotations returns the single words that each emoji is called.
func readAnnotations(data []byte) (map[string][]string, error) {
	var file annotations
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	all := map[string][]string{}
	for emoji, a := range file.Annotations.Annotations {
		var names []string
		for _, name := range append(a.Keywords, a.Name...) {
			name = strings.ToLower(name)
			if !strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) }) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		all[emoji] = names
	}
	return all, nil
}

// tally counts the emoji that each word, and each pair of words, stands for.
type tally struct {
	ru, en map[string]int
	both   map[string]map[string]int
}

func (t tally) add(ru, en []string) {
	for _, r := range ru {
		t.ru[r]++
		if t.both[r] == nil {
			t.both[r] = map[string]int{}
		}
		for _, e := range en {
			t.both[r][e]++
		}
	}
	for _, e := range en {
		t.en[e]++
	}
}

// enough is the least share of common emoji (Dice's coefficient) at which words mean the same.
const enough = 0.6

// pairs takes for each Russian word the English one that shares the most emoji with it, and none
// where two share as many.
func (t tally) pairs() []Pair {
	var all []Pair
	for r, candidates := range t.both {
		best, second, english := 0.0, 0.0, ""
		for e, n := range candidates {
			dice := 2 * float64(n) / float64(t.ru[r]+t.en[e])
			if dice > best {
				best, second, english = dice, best, e
			} else {
				second = max(second, dice)
			}
		}
		if best >= enough && second < best {
			all = append(all, Pair{r, english})
		}
	}
	slices.SortFunc(all, func(a, b Pair) int { return cmp.Compare(a.Russian, b.Russian) })
	return all
}
