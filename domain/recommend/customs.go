package recommend

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// customs is what the package knows about occasions, interests and who likes to get what, as data:
// the tables' header lines say how each file reads. It is immutable once loaded.
type customs struct {
	occasions, interests         []custom
	occasionByKey, interestByKey map[string]int
	occasionTerms, interestTerms index // a mention's topic is the custom's number
	priors                       map[string]liking
}

// custom is one occasion or interest.
type custom struct {
	key      string // the first of its names
	name     phrase // "ко дню рождения", "for a birthday"; "кофе", "coffee"
	searches phrase // of an interest: what a shop is asked for, parted by ", "
	liking
	shelves shelves // on which what suits stands
}

// phrase is a text in the languages of pages.
type phrase struct{ ru, en string }

// in returns the phrase in a language, English unless it is Russian.
func (p phrase) in(language string) string {
	if language == Russian {
		return p.ru
	}
	return p.en
}

// liking is the topics that suit, and those that do not.
type liking struct{ fits, unfits []topicID }

// of judges a text: 1 when it is about what suits, −1 when only about what does not, 0 otherwise;
// and the word that says so.
func (k liking) of(text *reading) (float64, string) {
	if word, is := text.aboutAny(k.fits); is {
		return 1, word
	}
	if word, is := text.aboutAny(k.unfits); is {
		return -1, word
	}
	return 0, ""
}

func (r *reading) aboutAny(topics []topicID) (word string, is bool) {
	for _, id := range topics {
		if word, is = r.about(id); is {
			return word, true
		}
	}
	return "", false
}

// knowledge reads the embedded tables once. Like vocabulary, it panics on a malformed line, which
// the package's tests catch.
var knowledge = sync.OnceValue(func() *customs {
	c, err := loadCustoms(vocabulary())
	if err != nil {
		panic(err)
	}
	return c
})

func loadCustoms(l *lexicon) (*customs, error) {
	c := &customs{
		occasionByKey: map[string]int{}, interestByKey: map[string]int{}, priors: map[string]liking{},
		occasionTerms: newIndex(), interestTerms: newIndex(),
	}
	if err := eachLine("occasions.tsv", func(f []string) error { return c.addOccasion(l, f) }); err != nil {
		return nil, err
	}
	if err := eachLine("interests.tsv", func(f []string) error { return c.addInterest(l, f) }); err != nil {
		return nil, err
	}
	return c, eachLine("priors.tsv", func(f []string) error { return c.addPrior(l, f) })
}

func (c *customs) addOccasion(l *lexicon, f []string) error {
	if len(f) != 6 {
		return fmt.Errorf("want 6 fields, got %d", len(f))
	}
	k, err := l.liking(f[4], f[5])
	if err != nil {
		return err
	}
	n := len(c.occasions)
	keys := strings.Split(f[0], ",")
	c.occasions = append(c.occasions, custom{key: keys[0], name: phrase{f[1], f[2]}, liking: k})
	return register(c.occasionByKey, c.occasionTerms, n, keys, f[3])
}

func (c *customs) addInterest(l *lexicon, f []string) error {
	if len(f) != 7 {
		return fmt.Errorf("want 7 fields, got %d", len(f))
	}
	k, err := l.liking(f[4], "")
	if err != nil {
		return err
	}
	n := len(c.interests)
	keys := strings.Split(f[0], ",")
	c.interests = append(c.interests, custom{keys[0], phrase{f[1], f[2]}, phrase{f[5], f[6]}, k, l.shelvesOf(k.fits)})
	return register(c.interestByKey, c.interestTerms, n, keys, f[3])
}

// interestOf is the number of the interest that a person's words name, by its key or by what shows it, as
// "рыбалка" does; -1: of none that is known, or of several.
func (c *customs) interestOf(given string) int {
	if n, known := c.interestByKey[key(given)]; known {
		return n
	}
	if named := c.interestTerms.named(tokenize(given)); len(named) == 1 {
		return named[0]
	}
	return -1
}

func register(byKey map[string]int, terms index, n int, keys []string, list string) error {
	for _, key := range keys {
		if _, twice := byKey[key]; twice {
			return fmt.Errorf("%q twice", key)
		}
		byKey[key] = n
	}
	if list == "" {
		return nil
	}
	return terms.addAll(list, &mention{topic: topicID(n), strength: 1})
}

func (c *customs) addPrior(l *lexicon, f []string) error {
	if len(f) != 3 {
		return fmt.Errorf("want 3 fields, got %d", len(f))
	}
	k, err := l.liking(f[1], f[2])
	c.priors[f[0]] = k
	return err
}

func (l *lexicon) liking(fits, unfits string) (liking, error) {
	yes, err := l.topicList(fits)
	if err != nil {
		return liking{}, err
	}
	no, err := l.topicList(unfits)
	return liking{yes, no}, err
}

// named lists the customs that a title's words name, each once.
func (x index) named(title []token) []int {
	var found []int
	var buffer [8]*term
	for i := range title {
		for _, t := range x.at(title[i:], buffer[:0]) {
			for _, m := range t.topics {
				if n := int(m.topic); !slices.Contains(found, n) {
					found = append(found, n)
				}
			}
		}
	}
	return found
}
