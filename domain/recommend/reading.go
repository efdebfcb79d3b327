package recommend

import "slices"

// place is where in a product's texts a word stands.
type place uint8

const (
	inHead        place = iota // in the title, naming the product
	inLater                    // the same, after a "for …"
	inAttribute                // in the title, after "with": what it has
	inPurpose                  // in the title, after "for": what it is for
	inCategory                 // in the category's name
	inDescription              // in the description
	places
)

// credit is how much of its strength a word keeps by where it stands. A topic that counts there has
// the first; any other the second, but in descriptions only where the title tells nothing.
var credit = [places]struct{ counts, other float64 }{
	inHead:        {1, 1},
	inLater:       {1, 0.6},
	inAttribute:   {0.7, 0.35},
	inPurpose:     {0.7, 0.3},
	inCategory:    {0.5, 0},
	inDescription: {0.4, 0},
}

const (
	silentTitle    = 0.4  // credit of descriptions where the title tells nothing
	maxDescription = 2000 // bytes of a description that are read; what follows repeats the beginning
	outright       = 0.5  // the strength from which a term makes its topic believed
)

// hit is what a text says about a topic.
type hit struct {
	topic    topicID
	strength float64 // of the strongest mention: the term's times its place's credit
	word     string
	at       int    // the earliest word of the title that names the topic outright; -1: none does …
	noun     bool   // … by a noun
	believed string // the first word that names the topic where it counts; "": none does
	beaten   bool   // another topic that names the product rules it out
}

// reading is a product's texts, read once: the topics that their words name.
type reading struct {
	lexicon  *lexicon
	title    []token
	hits     []hit   // in the order of their first mention
	slots    []uint8 // by topicID: 1 + the index of its hit; 0: not mentioned
	patterns patterns
	shift    float64 // log-odds from the category's name
}

// texts are a product's texts cut into words.
type texts struct{ title, description, category []token }

func textsOf(title, description, category string) texts {
	return texts{tokenize(title), tokenize(clip(description, maxDescription)), tokenize(category)}
}

func read(title, description, category string) *reading {
	return readWords(textsOf(title, description, category))
}

func readWords(t texts) *reading {
	l := vocabulary()
	r := &reading{lexicon: l, title: t.title, slots: make([]uint8, len(l.topics))}
	r.markLater()
	r.mention(r.title, inHead)
	silent := !r.tells()
	r.mention(t.category, inCategory)
	r.shift = l.categoryShift(t.category)
	r.patterns = readPatterns(r.title)
	r.mention(t.description, inDescription)
	if silent {
		r.hearDescription(t.description)
	}
	r.patterns.forAdults = r.patterns.forAdults || forAdults(t.description)
	if p := &r.patterns; p.minAge == 0 && p.maxAge == 0 {
		p.minAge, p.maxAge = readTold(t.description)
	}
	r.beat()
	return r
}

// hit returns a topic's hit, a new one when it was not mentioned before. It is good until the next call.
func (r *reading) hit(id topicID) *hit {
	if r.slots[id] == 0 {
		r.hits = append(r.hits, hit{topic: id, at: -1})
		r.slots[id] = uint8(len(r.hits))
	}
	return &r.hits[r.slots[id]-1]
}

// markLater marks the title's words that name the product after a "for …".
func (r *reading) markLater() {
	after := false
	for i, t := range r.title {
		after = after || t.place == inPurpose
		if after && t.place == inHead {
			r.title[i].place = inLater
		}
	}
}

// tells tells whether the title names anything that weighs.
func (r *reading) tells() bool {
	for _, h := range r.hits {
		if h.strength > 0 && r.lexicon.topics[h.topic].weight != 0 {
			return true
		}
	}
	return false
}

// mention records the topics that words name. Words of a title stand where their tokens say; others
// stand in category or description.
func (r *reading) mention(words []token, where place) {
	r.eachTerm(words, func(m mention, i, last int) {
		at := where
		if where == inHead {
			at = words[i].place
		}
		r.record(m, words[i].text, i, at)
		if at == inHead && m.strength >= outright && !isAdjective(words[last].text) {
			r.hit(m.topic).noun = true
		}
	})
}

// hearDescription lets the description say what a silent title does not.
func (r *reading) hearDescription(words []token) {
	r.eachTerm(words, func(m mention, i, _ int) {
		h := r.hit(m.topic)
		if s := m.strength * silentTitle; words[i].place == inHead && s > h.strength {
			h.strength, h.word = s, words[i].text
		}
	})
}

// eachTerm calls found for each mention in words that no "without" precedes, with the first and the last of
// the words that make it. Of the terms that fit
// the same words the longest says what kind of thing they name; the others still tell traits,
// unless the longest is there to hide them.
func (r *reading) eachTerm(words []token, found func(m mention, i, last int)) {
	var buffer [8]*term
	covered, hidden := 0, 0 // how far the longest terms so far reach
	for i := range words {
		if i < hidden {
			continue
		}
		terms := r.lexicon.terms.at(words[i:], buffer[:0])
		if len(terms) == 0 {
			continue
		}
		best, kinds := terms[0], i >= covered
		if best.hides {
			terms, hidden = terms[:1], i+len(best.words)
		}
		covered = max(covered, i+len(best.words))
		if negated(words, i) {
			continue
		}
		for n, t := range terms {
			for _, m := range t.topics {
				if n == 0 && kinds || r.lexicon.topics[m.topic].isTrait() {
					found(m, i, i+len(t.words)-1)
				}
			}
		}
	}
}

// negated tells whether "без", "no" or the like stands one or two words before words[i].
func negated(words []token, i int) bool {
	for back := 1; back <= 2 && i-back >= 0; back++ {
		if w := words[i-back]; w.segment == words[i].segment && isNegation(w.text) {
			return true
		}
	}
	return false
}

func (r *reading) record(m mention, word string, i int, at place) {
	h := r.hit(m.topic)
	counts := r.lexicon.topics[m.topic].counts[at]
	c := credit[at].other
	if counts {
		c = credit[at].counts
	}
	if s := m.strength * c; s > h.strength {
		h.strength, h.word = s, word
	}
	if counts && m.strength >= outright && h.believed == "" {
		h.believed = word
	}
	if at == inHead && h.at < 0 {
		h.at = i
	}
}

// beat marks the topics ruled out by one that names the product.
func (r *reading) beat() {
	for i := range r.hits {
		for _, winner := range r.hits {
			r.hits[i].beaten = r.hits[i].beaten || r.beats(winner, r.hits[i].topic, r.hits[i].at)
		}
	}
}

// beats tells whether winner names the product and rules out a topic first named at a word; -1: at none.
func (r *reading) beats(winner hit, loser topicID, at int) bool {
	if winner.at < 0 {
		return false
	}
	for _, b := range r.lexicon.topics[winner.topic].beats {
		if b.topic == loser && (!b.onlyLater || at < 0 || at > winner.at) {
			return true
		}
	}
	return false
}

// ruledOut tells whether the product is one of which a topic says nothing, mentioned or not.
func (r *reading) ruledOut(id topicID) bool {
	return slices.ContainsFunc(r.hits, func(winner hit) bool { return r.beats(winner, id, -1) })
}

// about tells whether the product is about a topic, and the word that says so.
func (r *reading) about(id topicID) (word string, is bool) {
	if r.slots[id] == 0 {
		return "", false
	}
	h := r.hits[r.slots[id]-1]
	return h.believed, h.believed != "" && !h.beaten
}

// categoryShift is the shift of the first word of a category that has one.
func (l *lexicon) categoryShift(words []token) float64 {
	for i := range words {
		if terms := l.categories.at(words[i:], nil); len(terms) > 0 {
			return terms[0].topics[0].strength
		}
	}
	return 0
}
