package recommend

import (
	"slices"
	"strings"

	"gifty/domain"
)

// asked is what the features of a served page are judged against, worked out once a page.
type asked struct {
	inquiry   *Inquiry
	interests []interest
	occasion  int // number of the occasion; -1: none that is known
	wish      wish
	likings   []liking // of the person's relation and age
	relation  string   // as priors are kept for it
	segment   string
}

// interest is one thing the person loves.
type interest struct {
	given  string
	custom int      // number of the interest; -1: none that is known
	stems  []uint64 // of the given words
}

func newAsked(q *Inquiry) *asked {
	c := knowledge()
	a := &asked{inquiry: q, occasion: -1, wish: wishes(q.Person), segment: AgeSegment(q.Person.Age), relation: relationGroup(q.Person.Relation)}
	if n, known := c.occasionByKey[key(q.Person.Occasion)]; known {
		a.occasion = n
	}
	for _, given := range q.Person.Interests {
		i := interest{given: given}
		i.custom, i.stems = c.interestOf(given), stemsOf(strings.ReplaceAll(given, "_", " "))
		a.interests = append(a.interests, i)
	}
	for _, who := range []string{"relation:" + a.relation, "age:" + a.segment} {
		if k, known := c.priors[who]; known {
			a.likings = append(a.likings, k)
		}
	}
	return a
}

// InterestSearches is what to ask a shop for on behalf of interests, the first words of each before the second
// of any; of an interest that is not known the words given.
func InterestSearches(interests []string, language string) (all []string) {
	c := knowledge()
	lists := make([][]string, len(interests))
	for i, given := range interests {
		lists[i] = []string{strings.ReplaceAll(given, "_", " ")}
		if n := c.interestOf(given); n >= 0 {
			lists[i] = strings.Split(c.interests[n].searches.in(language), ", ")
		}
	}
	for turn := 0; ; turn++ {
		before := len(all)
		for _, list := range lists {
			if turn < len(list) {
				all = append(all, list[turn])
			}
		}
		if len(all) == before {
			return all
		}
	}
}

// key is a word as the tables write it.
func key(word string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(word)), " ", "_")
}

// relationGroup maps the words for relations onto those that priors are kept for.
func relationGroup(relation string) string {
	switch r := key(relation); r {
	case "spouse", "wife", "husband", "girlfriend", "boyfriend":
		return "partner"
	case "relative", "parent", "mother", "father", "grandmother", "grandfather", "sister", "brother", "son", "daughter", "child":
		return "family"
	case "best_friend":
		return "friend"
	case "employee", "client":
		return "colleague"
	default:
		return r
	}
}

// AgeSegment is domain.AgeSegment; "" when the age is not known.
func AgeSegment(age *int) string {
	if age == nil {
		return ""
	}
	return domain.AgeSegment(*age)
}

const (
	namesWords = 0.8 // a title that has the words of an interest of which nothing else is known
	ofItsKind  = 0.7 // a product of a kind that goes with an interest
	suits      = 0.6 // a kind of product that suits an occasion
)

func (a *asked) interest(e *entry) (float64, string) {
	best, n := 0.0, -1
	for i := range a.interests {
		if v := a.interests[i].in(e.product.Text); v > best {
			best, n = v, i
		}
	}
	if n < 0 {
		return 0, ""
	}
	return best, a.interests[n].given
}

// in is how much a product shows the interest.
func (i *interest) in(t *Text) float64 {
	if i.custom < 0 {
		if len(i.stems) > 0 && containsAll(t.stems, i.stems) {
			return namesWords
		}
		return 0
	}
	if slices.Contains(t.interests, i.custom) {
		if !wornElsewhere(knowledge().interests[i.custom].shelves, t.stands) {
			return 1
		}
		if len(i.stems) > 0 && containsAll(t.stems, i.stems) {
			return namesWords
		}
	}
	if _, is := t.reading.aboutAny(knowledge().interests[i.custom].fits); is {
		return ofItsKind
	}
	return 0
}

// wornElsewhere tells clothes and jewels from what an interest is about that has nothing to do with such: a jacket
// with a hint of scent is nothing for who loves scents, nor a knitted vest for who knits.
func wornElsewhere(interest, product shelves) bool {
	l := vocabulary()
	return interest.elsewhere(product) && product&^l.shelvesOf(l.named("clothing", "jewellery")) == 0
}

func containsAll(sorted, wanted []uint64) bool {
	for _, w := range wanted {
		if _, found := slices.BinarySearch(sorted, w); !found {
			return false
		}
	}
	return true
}

func (a *asked) occasionFit(e *entry) (float64, string) {
	named := e.product.occasions
	switch {
	case slices.Contains(named, a.occasion):
		return 1, "names the occasion"
	case len(named) > 0 && a.occasion >= 0:
		return -1, knowledge().occasions[named[0]].key
	case a.occasion < 0:
		return 0, ""
	}
	v, word := knowledge().occasions[a.occasion].of(e.product.reading)
	return suits * v, word
}

func (a *asked) character(e *entry) (float64, string) {
	if e.Axes == nil {
		return 0, ""
	}
	return a.wish.character(*e.Axes), ""
}

func (a *asked) tasteOf(e *entry) (float64, string) {
	return a.inquiry.Taste.of(e.Vector), ""
}

func (a *asked) idea(e *entry) Idea { return a.ideaOf(e.query) }

// ideaOf is the thought behind a list.
func (a *asked) ideaOf(list int) Idea {
	if list < len(a.inquiry.Ideas) {
		return a.inquiry.Ideas[list]
	}
	return Idea{}
}

func (a *asked) track(e *entry) (float64, string) {
	return a.inquiry.Taste.posterior(ofTrack, a.idea(e).Track)
}

func (a *asked) gap(e *entry) (float64, string) {
	return a.inquiry.Taste.posterior(ofGap, a.idea(e).Gap)
}

func (a *asked) category(e *entry) (float64, string) {
	return a.inquiry.Taste.posterior(ofCategory, e.Category)
}

func (a *asked) prior(e *entry) (float64, string) {
	v, why := 0.0, ""
	for _, k := range a.likings {
		if x, word := k.of(e.product.reading); x != 0 {
			v, why = v+x/float64(len(a.likings)), word
		}
	}
	counts := a.inquiry.Priors[PriorKey{a.relation, a.segment, e.Category}]
	if n := counts.total(); n > 0 {
		v, why = (priorTrials*v+n*counts.lean())/(priorTrials+n), e.Category
	}
	return v, why
}

func (a *asked) novelty(e *entry) (float64, string) {
	return 1 / float64(1+max(0, a.inquiry.Offered[e.GiftID])), ""
}
