package builtin

import (
	"slices"
	"strings"
	"unicode"

	"gifty/domain/discovery"
)

// reading is what the rules make of a brief.
type reading struct {
	brief     discovery.Brief
	age       int
	budget    int // roubles, 0 when open
	forbidden []hazard
	vibes     []string // keys of vibes.json
	seen      map[string]bool
	disliked  []*card

	declared  []track // what liked titles belong to, then the interests in the giver's order
	mentioned []track // interests met in the description
	near      []track // what people with those interests often like too, then what goes with the circumstances
	around    []track // occasion, person, goal, relation
	anyway    []track // what suits the age, whoever it is
}

// track is one line of ideas: a topic as the person calls it. word is set for an interest that no
// topic knows.
type track struct {
	topic *topic
	word  string
}

func (k *knowledge) read(b discovery.Brief) *reading {
	r := &reading{brief: b, age: assumedAge(b), budget: budgetRUB(b.Budget), seen: map[string]bool{}}
	r.forbidden = ruledOut(b, r.age)
	r.readVibes(k)
	r.readDescription(k)
	r.readTitles(k)
	for _, interest := range b.Interests {
		r.declare(k, interest)
	}
	for _, t := range r.declared {
		for _, id := range t.topic.Near {
			r.near = r.extend(r.near, track{topic: k.byID[id]})
		}
	}
	r.readCircumstances(k)
	return r
}

func (r *reading) readVibes(k *knowledge) {
	for _, vibe := range r.brief.Vibes {
		for _, f := range k.vibes.find(tokenise(strings.ReplaceAll(vibe, "_", " "))) {
			r.vibes = append(r.vibes, f.values...)
		}
	}
	slices.Sort(r.vibes)
	r.vibes = slices.Compact(r.vibes)
}

// readDescription finds further interests, and what the giver does not want.
func (r *reading) readDescription(k *knowledge) {
	tokens := tokenise(r.brief.Description)
	for _, f := range k.hazards.find(tokens) {
		if f.negated || slices.Contains(f.values, allergen) {
			r.forbidden = append(r.forbidden, f.values...)
		}
	}
	for _, f := range k.interests.find(tokens) {
		for _, a := range f.values {
			if !f.negated && !a.vague {
				r.mentioned = r.extend(r.mentioned, track{topic: a.topic})
			}
		}
	}
}

func (r *reading) readTitles(k *knowledge) {
	for _, title := range slices.Concat(r.brief.Liked, r.brief.Disliked, r.brief.Shown) {
		r.seen[discovery.FoldTitle(title)] = true
	}
	for _, title := range r.brief.Disliked {
		if c := k.byTitle[discovery.FoldTitle(title)]; c != nil {
			r.disliked = append(r.disliked, c)
		}
	}
	for _, title := range r.brief.Liked {
		if c := k.byTitle[discovery.FoldTitle(title)]; c != nil {
			r.like(k, c.topic)
			continue
		}
		for _, f := range k.interests.find(tokenise(title)) {
			for _, a := range f.values {
				r.like(k, a.topic)
			}
		}
	}
}

// like puts a topic before the declared ones, with its nearest neighbours after them.
func (r *reading) like(k *knowledge, t *topic) {
	r.declared = r.extend(r.declared, track{topic: t})
	for _, id := range t.Near {
		r.near = r.extend(r.near, track{topic: k.byID[id]})
	}
}

// declare finds the topics an interest names; a word that names none becomes a track of its own.
func (r *reading) declare(k *knowledge, interest string) {
	if r.brief.Never.In(interest) {
		return
	}
	tokens := tokenise(strings.ReplaceAll(interest, "_", " "))
	matches := k.interests.find(tokens)
	for _, f := range matches {
		if f.negated {
			continue
		}
		best := slices.MaxFunc(f.values, func(a, b alias) int { return r.suitable(a.topic) - r.suitable(b.topic) })
		r.declared = r.extend(r.declared, track{topic: best.topic})
	}
	if len(matches) > 0 {
		return
	}
	word := shortForm(interest)
	if word == "" {
		return
	}
	if hazards := k.hazardsOf(word); overlaps(hazards, r.forbidden) {
		return
	}
	r.declared = r.extend(r.declared, track{topic: k.generic, word: word})
}

// suitable counts the ideas of a topic that this person may get.
func (r *reading) suitable(t *topic) int {
	n := 0
	for _, c := range t.Ideas {
		if r.suits(c) {
			n++
		}
	}
	return n
}

// suits tells whether a card may be offered at all; price and taste are a matter of score.
func (r *reading) suits(c *card) bool {
	return (c.Ages.contains(r.age) || r.forTheirBaby(c)) && !overlaps(c.Tags, r.forbidden)
}

// forTheirBaby tells whether a card is for the child that the person has or expects: at a baby shower the gift goes
// to a grown-up, and is for nobody of their age.
func (r *reading) forTheirBaby(c *card) bool {
	return r.brief.Occasion == babyShower && r.age >= 18 && c.Ages.from == 0 && slices.Contains(c.topic.When, babyShower)
}

const babyShower = "baby_shower"

// offers tells whether a choice suits and was not shown, liked or disliked before, in either language.
func (r *reading) offers(c choice) bool {
	return r.suits(c.card) && !r.seen[discovery.FoldTitle(c.title(discovery.Russian))] && !r.seen[discovery.FoldTitle(c.title(discovery.English))]
}

// affordable tells whether a decent such thing costs at most a tenth more than the budget.
func (r *reading) affordable(c *card) bool {
	return r.budget == 0 || float64(c.RUB.from) <= float64(r.budget)*stretch
}

func (k *knowledge) hazardsOf(text string) []hazard {
	var out []hazard
	for _, f := range k.hazards.find(tokenise(text)) {
		out = append(out, f.values...)
	}
	return out
}

// readCircumstances lists what holds besides interests, the most telling first; a birthday tells
// little. For what the age alone suggests the person's own segment leads, and the others follow as
// far as their cards reach.
func (r *reading) readCircumstances(k *knowledge) {
	b := r.brief
	words := []string{b.Occasion, b.Person, string(b.Goal), string(b.Relation)}
	if b.Occasion == "birthday" {
		words = append(words[1:], b.Occasion)
	}
	for _, word := range words {
		for _, t := range k.topics {
			if word != "" && slices.Contains(t.When, word) {
				r.around = r.extend(r.around, track{topic: t})
			}
		}
	}
	for _, t := range r.around {
		for _, id := range t.topic.Near {
			r.near = r.extend(r.near, track{topic: k.byID[id]})
		}
	}
	r.anyway = r.extend(r.anyway, track{topic: k.byID[string(discovery.SegmentOf(r.age))]})
	for _, t := range k.topics {
		if t.Age {
			r.anyway = r.extend(r.anyway, track{topic: t})
		}
	}
}

func (r *reading) extend(list []track, t track) []track {
	if t.topic == nil || slices.ContainsFunc(list, func(have track) bool { return have.topic == t.topic && strings.EqualFold(have.word, t.word) }) {
		return list
	}
	return append(list, t)
}

// shortForm is an unknown interest as it can stand in a search: at most three telling words. It is
// empty when there is no letter in it.
func shortForm(interest string) string {
	interest = strings.TrimFunc(strings.ReplaceAll(interest, "_", " "), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if !strings.ContainsFunc(interest, unicode.IsLetter) {
		return ""
	}
	words := strings.Fields(interest)
	if len(words) > 4 || len([]rune(interest)) > 40 {
		words = slices.DeleteFunc(words, func(w string) bool { return len([]rune(w)) < 4 || slices.Contains(fillers(), strings.ToLower(w)) })
		words = words[:min(3, len(words))]
	}
	short := []rune(strings.Join(words, " "))
	return strings.TrimSpace(string(short[:min(40, len(short))]))
}

func fillers() []string {
	return []string{
		"любит", "очень", "всякие", "разные", "которые", "когда", "чтобы", "обожает", "увлекается", "интересуется",
		"loves", "likes", "very", "with", "that", "from", "enjoys", "really", "everything", "about", "their", "kind", "kinds",
	}
}
