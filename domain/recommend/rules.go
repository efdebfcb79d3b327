package recommend

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Person is who the gift is for, as far as it decides what must not be offered. Unknown fields stay
// empty; values are compared in lower case and those not known have no effect.
type Person struct {
	Age         *int
	Gender      string // male, female; anything else is treated as unknown
	Relation    string // partner, friend, family, colleague, boss …
	Occasion    string // birthday, baby_shower …
	Interests   []string
	Constraints []string // tags of Constraints; others are ignored
	Vibe        []string // cozy, funny, premium …: the mood wanted, heard by served pages alone
}

// ChildAge is the age from which the rules for children no longer hold; AdultAge the age of majority.
const (
	ChildAge = 14
	AdultAge = 18
)

// constraint is what a tag rules out and what it only makes unlikely.
type constraint struct {
	vetoes, costs []topicID
}

func (l *lexicon) addConstraint(f []string) error {
	if len(f) != 3 {
		return fmt.Errorf("want 3 fields, got %d", len(f))
	}
	vetoes, err := l.topicList(f[1])
	if err != nil {
		return err
	}
	costs, err := l.topicList(f[2])
	l.constraints[f[0]] = constraint{vetoes, costs}
	return err
}

// Constraints lists the tags that rules understand, sorted.
func Constraints() []string {
	return slices.Sorted(maps.Keys(vocabulary().constraints))
}

// Rules is what may not be offered to one person, and what had better not be.
type Rules struct {
	person   Person
	vetoes   map[topicID]string // topic → why
	costs    map[topicID]string
	wanted   []topicID // what the interests are about: never costs
	loved    []topicID // the same, and what goes with them: not held against a gift
	romantic bool
	formal   bool // neither toys nor jokes are for this person
	baby     bool // things for babies are welcome
	// occasions are the numbers of those that the gift may name: the person's, and what a query asks for. Empty
	// where the person's is not known: then it may name any.
	occasions []int
}

// forbidden are the topics that nobody is ever offered.
func (l *lexicon) forbidden() []topicID {
	return l.named("adult", "tobacco", "drug", "weapon")
}

func (l *lexicon) named(names ...string) []topicID {
	ids := make([]topicID, len(names))
	for i, n := range names {
		ids[i] = l.ids[n]
	}
	return ids
}

// NewRules draws up the rules for a person: what is forbidden to all, what their age forbids, and
// what the constraint tags say. Vetoes win over permissions, so contradictory tags give the
// stricter answer.
func NewRules(p Person) Rules {
	l := vocabulary()
	r := Rules{person: p, vetoes: map[topicID]string{}, costs: map[topicID]string{}}
	r.forbid("not offered to anyone", l.forbidden())
	r.forAge(l)
	for _, tag := range p.Constraints {
		tag = strings.ToLower(strings.TrimSpace(tag))
		c := l.constraints[tag]
		r.forbid(tag, c.vetoes)
		for _, id := range c.costs {
			r.costs[id] = tag
		}
		r.romantic = r.romantic || tag == "romantic_ok"
		r.formal = r.formal || tag == "no_funny"
	}
	r.formal = r.formal || oneOf(p.Relation, "boss", "client", "teacher")
	r.romantic = r.romantic || oneOf(p.Relation, "partner", "spouse", "wife", "husband", "girlfriend", "boyfriend")
	interests := read(strings.ReplaceAll(strings.Join(p.Interests, "; "), "_", " "), "", "")
	for _, h := range interests.hits {
		if _, about := interests.about(h.topic); about {
			r.wanted = append(r.wanted, h.topic)
		}
	}
	r.loved = slices.Clone(r.wanted)
	for _, given := range p.Interests {
		if n := knowledge().interestOf(given); n >= 0 {
			r.loved = append(r.loved, knowledge().interests[n].fits...)
		}
	}
	r.baby = oneOf(p.Occasion, "baby_shower", "birth", "newborn", "christening") || slices.Contains(r.wanted, l.ids["baby"])
	if n, known := knowledge().occasionByKey[key(p.Occasion)]; known {
		r.occasions = []int{n}
	}
	return r
}

// hear welcomes what queries ask for: things for an occasion that they name, and things for babies, unless they
// ask for a child that has outgrown them: an adult may have a baby, a child of nine has none.
func (r Rules) hear(lists []List) Rules {
	if len(r.occasions) > 0 {
		for _, list := range lists {
			r.occasions = append(r.occasions, knowledge().occasionTerms.named(tokenize(list.Query))...)
		}
	}
	if age := r.person.Age; age != nil && *age < AdultAge {
		return r
	}
	for _, list := range lists {
		if r.baby {
			break
		}
		text := read(list.Query, "", "")
		_, r.baby = text.about(text.lexicon.ids["baby"])
	}
	return r
}

func oneOf(value string, known ...string) bool {
	return slices.Contains(known, strings.ToLower(strings.TrimSpace(value)))
}

func (r Rules) forbid(why string, topics []topicID) {
	for _, id := range topics {
		if _, already := r.vetoes[id]; !already {
			r.vetoes[id] = why
		}
	}
}

func (r Rules) forAge(l *lexicon) {
	if r.person.Age == nil {
		return
	}
	age := *r.person.Age
	if age < ChildAge {
		r.forbid("not for children", l.named("sharp", "alcohol", "alcohol_ware", "lighter", "intimate", "vulgar", "medical", "hygiene", "grown_up", "candle"))
		if age < 10 {
			r.forbid("not for small children", l.named("perfume"))
		}
		if age < 8 {
			r.forbid("not for small children", l.named("collector"))
		}
	}
	if age < AdultAge {
		r.forbid("not for minors", l.named("alcohol", "intimate", "lighter"))
	}
	if age < 3 {
		r.forbid("not under the age of three", l.named("small_parts", "small_parts_risk"))
	}
}

// Vetoed tells whether a product must not be offered under these rules, and why: the rule, what the
// product is, and the word that says so.
func (r Rules) Vetoed(title, description, category string) (reason string, vetoed bool) {
	return r.vetoed(read(title, description, category))
}

func (r Rules) vetoed(text *reading) (reason string, vetoed bool) {
	for _, h := range text.hits {
		why, forbidden := r.vetoes[h.topic]
		if !forbidden {
			continue
		}
		if word, about := text.about(h.topic); about && !r.forBoth(text, h.topic) && !text.safelyLarge(h.topic) {
			return fmt.Sprintf("%s: %s (%s)", why, text.lexicon.topics[h.topic].reason, word), true
		}
	}
	if why, vetoed := r.vetoedByAge(text.patterns); vetoed {
		return why, true
	}
	return r.vetoedForAdult(text)
}

// vetoedByAge keeps from minors what is stated to be for those older, by more than a year where that is not
// the age of majority; and from whoever has outgrown them the things stated to be for small children,
// unless such are welcome.
func (r Rules) vetoedByAge(p patterns) (reason string, vetoed bool) {
	if r.person.Age == nil {
		return "", false
	}
	switch age := *r.person.Age; {
	case age < AdultAge && (p.forAdults || p.minAge >= AdultAge):
		return "not for minors: 18+", true
	case age < AdultAge && p.minAge > age+1:
		return fmt.Sprintf("not for this age: from %d years", p.minAge), true
	case age >= ChildAge && !r.baby && p.maxAge > 0 && p.maxAge < ChildAge:
		return fmt.Sprintf("not for this age: up to %d years", p.maxAge), true
	}
	return "", false
}

// vetoedForAdult keeps baby goods from whoever is no baby and has none in mind. A child has none.
func (r Rules) vetoedForAdult(text *reading) (reason string, vetoed bool) {
	if r.person.Age == nil {
		return "", false
	}
	age := *r.person.Age
	if word, about := text.about(text.lexicon.ids["infant"]); about && age >= weaned && age < ChildAge {
		return fmt.Sprintf("not for this age: for infants (%s)", word), true
	}
	if r.baby || age < toddler {
		return "", false
	}
	if word, about := text.about(text.lexicon.ids["baby"]); about {
		return fmt.Sprintf("not for this age: baby goods (%s)", word), true
	}
	return "", false
}

// weaned is the age from which a child has outgrown what infants need, toddler the one from which it has outgrown
// all that is for babies.
const weaned, toddler = 3, 5

// forBoth forgives a gender's word in a title that names the other one as well.
func (r Rules) forBoth(text *reading, id topicID) bool {
	other := map[string]string{"female": "male", "male": "female", "girl": "boy", "boy": "girl"}[text.lexicon.topics[id].name]
	if other == "" {
		return false
	}
	_, both := text.about(text.lexicon.ids[other])
	return both
}

// safelyLarge forgives what may hold small parts where the texts say that all parts are large.
func (r *reading) safelyLarge(id topicID) bool {
	_, large := r.about(r.lexicon.ids["large_parts"])
	return large && id == r.lexicon.ids["small_parts_risk"]
}

// forbidden tells whether a text is about something that nobody is ever offered.
func (r *reading) forbidden() (word string, is bool) {
	for _, id := range r.lexicon.forbidden() {
		if word, is := r.about(id); is {
			return word, true
		}
	}
	return "", false
}
