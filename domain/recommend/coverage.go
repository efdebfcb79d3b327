package recommend

import (
	"math"
	"slices"
	"strings"
	"unicode"
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
	texts  []*Text            // of all that was found, each once
	rarity map[string]float64 // by stem, as far as it was asked for
}

// namings are the stems of a product's texts, each once and sorted.
type namings struct{ title, all []string }

func namingsOf(t texts) namings {
	n := namings{title: stemsIn(nil, t.title)}
	n.all = stemsIn(make([]string, 0, len(t.title)+len(t.description)+len(t.category)), t.title)
	n.all = stemsIn(stemsIn(n.all, t.description), t.category)
	slices.Sort(n.title)
	slices.Sort(n.all)
	return namings{slices.Compact(n.title), slices.Clip(slices.Compact(n.all))}
}

// asking is a query, and by a number the idea that it is of.
type asking struct {
	text string
	idea int
}

// bars works out how much of its query each entry's texts name, and returns the relevance that it takes to
// be worth a page, by query: a share of what the idea can expect of this catalogue, and never less than the
// policy's floor. An idea expects the best that any of its queries found, and no less than the closest that
// stands on the page: what vectors tell compares between ideas, words don't. Where nothing has a vector a
// floor would leave nothing, and words alone say what is relevant.
func (p Policy) bars(asked []asking, entries []*entry) []float64 {
	cover(asked, entries)
	shelve(asked, entries)
	closest, nearest := 0.0, map[int]float64{}
	for _, e := range entries {
		idea := asked[e.query].idea
		closest, nearest[idea] = max(closest, e.Similarity), max(nearest[idea], e.relevance())
	}
	bars := make([]float64, len(asked))
	for i, a := range asked {
		bars[i] = p.Relevance * max(nearest[a.idea], closest)
		if closest > 0 {
			bars[i] = max(bars[i], p.Floor)
		}
	}
	return bars
}

// shelve marks the entries that stand on another shelf than what any query of their idea asks for.
func shelve(asked []asking, entries []*entry) {
	wanted := map[int]shelves{} // by idea
	for _, a := range asked {
		wanted[a.idea] |= read(a.text, "", "").asksFor()
	}
	for _, e := range entries {
		e.elsewhere = wanted[asked[e.query].idea].elsewhere(e.product.stands)
	}
}

// cover works out the entries' coverage.
func cover(asked []asking, entries []*entry) {
	c := &coverage{rarity: map[string]float64{}}
	met := make(map[*Text]struct{}, len(entries))
	for _, e := range entries {
		if _, twice := met[e.product.Text]; !twice {
			met[e.product.Text] = struct{}{}
			c.texts = append(c.texts, e.product.Text)
		}
	}
	telling := make([]wanted, len(asked))
	for i, a := range asked {
		telling[i] = asks(a.text)
	}
	for _, e := range entries {
		e.coverage = c.of(telling[e.query], e.product.named)
	}
}

// of is the share of a query's words, by rarity, that texts name: 0–1, a quarter of it for the title alone. Where
// they name none of the things it asks for, only what those should be like, that is worth half.
func (c *coverage) of(query wanted, text namings) float64 {
	share := (1-titleShare)*c.share(query.words, text.all) + titleShare*c.share(query.words, text.title)
	if len(query.things) > 0 && !slices.ContainsFunc(query.things, func(stem string) bool { return names(text.all, stem) }) {
		return share / 2
	}
	return share
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
			if names(text.named.all, stem) {
				n++
			}
		}
		weight = max(commonest, math.Log(float64(len(c.texts)+1)/float64(n+1)))
		c.rarity[stem] = weight
	}
	return weight
}

// wanted are the stems of a query that tell one product from another, and those of them that name things.
type wanted struct{ words, things []string }

// asks reads a query. If none of its words tells anything, all count.
func asks(query string) (w wanted) {
	for _, t := range tokenize(query) {
		stem := trimEnding(t.text)
		if utf8.RuneCountInString(stem) < 2 || !strings.ContainsFunc(stem, unicode.IsLetter) ||
			slices.ContainsFunc(common(), func(c string) bool { return strings.HasPrefix(stem, c) }) {
			continue
		}
		w.words = append(w.words, stem)
		if !isAdjective(t.text) {
			w.things = append(w.things, stem)
		}
	}
	if len(w.words) == 0 {
		w.words = stems(query)
	}
	return w
}

// common are stems that half a gift shop has in its titles: that it is a gift, or what such things are like.
func common() []string {
	return []string{"подар", "сувенир", "набор", "комплект", "беспровод", "портатив", "работ", "gift", "present", "kit", "set", "wireless", "portable", "handmade"}
}

func stems(text string) []string { return stemsIn(nil, tokenize(text)) }

// stemsIn appends the stems of words to others.
func stemsIn(all []string, words []token) []string {
	for _, w := range words {
		if stem := trimEnding(w.text); stem != "" {
			all = append(all, stem)
		}
	}
	return all
}

// names tells whether sorted stems hold one akin to a stem. What is akin begins with the same four
// letters, so it stands in one place.
func names(sorted []string, stem string) bool {
	at, is := slices.BinarySearch(sorted, stem)
	if is {
		return true
	}
	root := firstLetters(stem, leastShared)
	if root == "" {
		return false
	}
	for i := at; i < len(sorted) && strings.HasPrefix(sorted[i], root); i++ {
		if akin(sorted[i], stem) {
			return true
		}
	}
	for i := at - 1; i >= 0 && strings.HasPrefix(sorted[i], root); i-- {
		if akin(sorted[i], stem) {
			return true
		}
	}
	return false
}

// leastShared is how many letters akin stems share at least, unless they are the same.
const leastShared = 4

// firstLetters is a word's first n letters; "" when it has fewer.
func firstLetters(word string, n int) string {
	for i := range word {
		if n == 0 {
			return word[:i]
		}
		n--
	}
	if n > 0 {
		return ""
	}
	return word
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
	return shared >= leastShared && 4*shared >= 3*max(utf8.RuneCountInString(a), utf8.RuneCountInString(b))
}
