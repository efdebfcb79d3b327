package recommend

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// What a query's words count when they stand in a product's texts.
const (
	// coverageCounts is how much of cosine it is worth that a product's texts name all that a query
	// names. Vectors alone put a solar camera before an album when the query is "photo album".
	coverageCounts = 0.4
	titleShare     = 0.25 // of coverage: what only the title can give
	// commonest is the weight of a word that all candidates have, beside log(n) of one that a single
	// candidate has.
	commonest = 0.05
)

// coverage tells how much of what queries ask for a product's texts name. A word counts by how rare
// it is among all that was found: "mug" tells nothing among mugs.
type coverage struct {
	texts  map[string]namings // by gift id
	rarity map[string]float64 // by stem, as far as it was asked for
}

// namings are the stems of a product's texts.
type namings struct{ title, all []string }

func newCoverage(found [][]*entry) *coverage {
	c := &coverage{texts: map[string]namings{}, rarity: map[string]float64{}}
	for _, list := range found {
		for _, e := range list {
			if _, known := c.texts[e.GiftID]; !known {
				title := stems(e.Title)
				c.texts[e.GiftID] = namings{title, append(stems(clip(e.Description, maxDescription)+" | "+e.Category), title...)}
			}
		}
	}
	return c
}

// of is the share of a query's words, by rarity, that a gift's texts name: 0–1, a quarter of it for
// its title alone.
func (c *coverage) of(query []string, giftID string) float64 {
	text := c.texts[giftID]
	return (1-titleShare)*c.share(query, text.all) + titleShare*c.share(query, text.title)
}

func (c *coverage) share(query, text []string) float64 {
	named, asked := 0.0, 0.0
	for _, stem := range query {
		weight := c.weigh(stem)
		asked += weight
		if names(text, stem) {
			named += weight
		}
	}
	if asked == 0 {
		return 0
	}
	return named / asked
}

// weigh is a stem's inverse document frequency among the candidates.
func (c *coverage) weigh(stem string) float64 {
	weight, known := c.rarity[stem]
	if !known {
		n := 0
		for _, text := range c.texts {
			if names(text.all, stem) {
				n++
			}
		}
		weight = max(commonest, math.Log(float64(len(c.texts)+1)/float64(n+1)))
		c.rarity[stem] = weight
	}
	return weight
}

// asks are the stems of a query that tell one product from another; all of them if none does.
func asks(query string) []string {
	all := stems(query)
	telling := slices.DeleteFunc(slices.Clone(all), func(stem string) bool {
		return slices.ContainsFunc(common(), func(c string) bool { return strings.HasPrefix(stem, c) })
	})
	if len(telling) == 0 {
		return all
	}
	return telling
}

// common are stems that half a gift shop has in its titles.
func common() []string {
	return []string{"подар", "сувенир", "набор", "комплект", "gift", "present", "kit", "set"}
}

func stems(text string) []string {
	var all []string
	for _, t := range tokenize(text) {
		if stem := trimEnding(t.text); stem != "" {
			all = append(all, stem)
		}
	}
	return all
}

func names(text []string, stem string) bool {
	return slices.ContainsFunc(text, func(other string) bool { return akin(other, stem) })
}

// akin tells whether two stems are of one word: the same, or alike in their first letters, four at
// least and three quarters of the longer, as "рыболов" and "рыболовн" are, "рыбак" and "рыбалк" not.
func akin(a, b string) bool {
	if a == b {
		return true
	}
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && n < len(a) && !utf8.RuneStart(a[n]) {
		n-- // they part within a letter
	}
	shared := utf8.RuneCountInString(a[:n])
	return shared >= 4 && 4*shared >= 3*max(utf8.RuneCountInString(a), utf8.RuneCountInString(b))
}
