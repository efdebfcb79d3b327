package recommend

import (
	"fmt"
	"slices"
)

// misfit is how badly a product suits a person, 0 (not at all badly) to 1, and the word that says so.
type misfit struct {
	degree float64
	reason string
}

func (m misfit) or(other misfit) misfit {
	if other.degree > m.degree {
		return other
	}
	return m
}

// gender weighs words for the other gender: said outright 1, implied by the kind of thing 0.8. Where
// the gender is not known a thing for one gender only is a small risk.
func (r Rules) gender(text *reading) misfit {
	f, m := r.genders(text)
	switch {
	case r.wantsKind(text):
		return misfit{}
	case oneOf(r.person.Gender, "male"):
		return f.without(m)
	case oneOf(r.person.Gender, "female"):
		return m.without(f)
	default:
		one := f.without(m).or(m.without(f))
		return misfit{0.25 * one.degree, one.reason}
	}
}

// without is m when the other gender is not named as well.
func (m misfit) without(other misfit) misfit {
	if other.degree >= 1 {
		return misfit{}
	}
	return m
}

// genders reads how much a text is for women and girls, and for men and boys.
func (r Rules) genders(text *reading) (female, male misfit) {
	female = text.misfit(1, "female", "girl").or(text.misfit(0.8, "female_item"))
	male = text.misfit(1, "male", "boy").or(text.misfit(0.8, "male_item"))
	return female, male
}

// misfit is the first of the topics that the text is about, at that degree.
func (r *reading) misfit(degree float64, topics ...string) misfit {
	for _, name := range topics {
		id := r.lexicon.ids[name]
		if word, is := r.about(id); is {
			return misfit{degree, fmt.Sprintf("%s: %s", r.lexicon.topics[id].reason, word)}
		}
	}
	return misfit{}
}

// wantsKind tells whether a thing usually of one gender is what the person is interested in.
func (r Rules) wantsKind(text *reading) bool {
	for _, name := range []string{"female_item", "male_item"} {
		id := text.lexicon.ids[name]
		if _, is := text.about(id); is && slices.Contains(r.wanted, id) {
			return true
		}
	}
	return false
}

// age weighs things for children offered to adults, things for adults offered to children, and
// ages that the title states.
func (r Rules) age(text *reading) misfit {
	if r.person.Age == nil {
		return r.unknownAge(text)
	}
	age, p := *r.person.Age, text.patterns
	if outside := statedAge(age, p); outside.degree > 0 {
		return outside
	}
	switch {
	case age >= ChildAge && r.baby:
		return misfit{}
	case age >= AdultAge:
		return r.grownUp(text)
	case age >= teenAge && p.maxAge < age:
		return text.misfit(0.8, "baby", "child").lessIf(text, "grown_up")
	case age < 12:
		return text.misfit(1, "grown_up", "female", "male").lessIf(text, "child").
			or(text.misfit(0.5, "tool", "toolkit", "appliance", "cosmetics", "perfume", "coffee", "watch", "ring"))
	}
	return misfit{}
}

// unknownAge goes by who they are: at work, partners and parents are grown up, a child may be of any age, and most
// others are no babies.
func (r Rules) unknownAge(text *reading) misfit {
	switch relation := key(r.person.Relation); {
	case r.baby:
		return misfit{}
	case oneOf(relation, "child", "son", "daughter", "grandson", "granddaughter", "nephew", "niece", "godchild"):
		return text.misfit(0.4, "baby")
	case r.professional(), relationGroup(relation) == "partner",
		oneOf(relation, "doctor", "parent", "mother", "father", "mother_in_law", "father_in_law", "grandmother", "grandfather"):
		return r.grownUp(text)
	}
	return text.misfit(1, "baby").or(text.misfit(0.4, "child"))
}

func (r Rules) grownUp(text *reading) misfit {
	return text.misfit(1, "baby", "child").or(text.misfit(0.35, "toy", "doll")).or(r.frivolous(text))
}

// frivolous weighs toys for those to whom one gives none, unless they love them.
func (r Rules) frivolous(text *reading) misfit {
	if !r.formal {
		return misfit{}
	}
	for _, topic := range []string{"toy", "plush", "doll", "costume", "fandom"} {
		if !slices.Contains(r.loved, text.lexicon.ids[topic]) {
			if m := text.misfit(0.8, topic); m.degree > 0 {
				return m
			}
		}
	}
	return misfit{}
}

// teenAge is the age from which what is called a child's is none for them, unless it says up to what age.
const teenAge = 13

// smallChild is the age below which a gift must be one that children get: a card holder is no harm
// to a child of six, only no present.
const smallChild = 10

// notForChildren holds where neither the texts nor the kind of thing speak of children.
func (r *reading) notForChildren(age int) misfit {
	if age >= smallChild {
		return misfit{}
	}
	for _, topic := range []string{
		"for_children", "child", "baby", "toy", "plush", "doll", "puzzle", "board_game", "building_set", "scale_model", "ride",
		"book", "art", "craft_kit", "costume", "music", "sport", "sweets", "festive",
	} {
		if topic == "sport" && age < weaned { // yoga mats are none for who learns to walk
			continue
		}
		if _, is := r.about(r.lexicon.ids[topic]); is {
			return misfit{}
		}
	}
	return misfit{0.8, "nothing says that it is for children"}
}

// lessIf forgives words for adults where the title names children too.
func (m misfit) lessIf(text *reading, topic string) misfit {
	if _, is := text.about(text.lexicon.ids[topic]); is {
		return misfit{}
	}
	return m
}

// statedAge compares an age with the one a title states, two years either way being near enough.
func statedAge(age int, p patterns) misfit {
	switch {
	case p.maxAge > 0 && age > p.maxAge+2:
		return misfit{1, fmt.Sprintf("up to %d years", p.maxAge)}
	case p.minAge > 0 && age < p.minAge:
		return misfit{0.6, fmt.Sprintf("from %d years", p.minAge)}
	}
	return misfit{}
}

// relation weighs romance, and what is worn next to the skin, where there is none.
func (r Rules) relation(text *reading) misfit {
	if r.romantic {
		return misfit{}
	}
	return text.misfit(r.romanceDegree(), "romance", "intimate")
}

// romanceDegree is how wrong romance is: never right at work or for a minor.
func (r Rules) romanceDegree() float64 {
	if r.professional() || r.person.Age != nil && *r.person.Age < AdultAge {
		return 1
	}
	return 0.6
}

func (r Rules) professional() bool {
	return oneOf(r.person.Relation, "colleague", "boss", "teacher", "client", "employee")
}

// relationOfAxes weighs a gift vector's romance where there is none, and its social risk at work.
// An axis below a half says nothing.
func (r Rules) relationOfAxes(a Axes) misfit {
	var m misfit
	if romance := min(1, finite(a.Romance)); romance >= 0.5 && !r.romantic {
		m = misfit{romance * r.romanceDegree(), "romance"}
	}
	if risk := min(1, finite(a.SocialRisk)); risk >= 0.5 && r.professional() {
		m = m.or(misfit{risk, "socially risky at work"})
	}
	return m
}

// otherOccasion tells whether a title names one occasion, and that another than the gift is for. Who names
// several sells to everybody.
func (r Rules) otherOccasion(t *Text) bool {
	return len(r.occasions) > 0 && len(t.occasions) == 1 && !slices.Contains(r.occasions, t.occasions[0])
}

// risk weighs topics that the constraints make unlikely without ruling them out, except those that
// the interests ask for.
func (r Rules) risk(text *reading) misfit {
	var worst misfit
	for _, h := range text.hits {
		tag, costs := r.costs[h.topic]
		if !costs || slices.Contains(r.wanted, h.topic) || text.safelyLarge(h.topic) {
			continue
		}
		if word, is := text.about(h.topic); is {
			worst = worst.or(misfit{1, fmt.Sprintf("%s: %s (%s)", tag, text.lexicon.topics[h.topic].reason, word)})
		}
	}
	return worst
}
