package recommend

import (
	"fmt"
	"strings"
)

// shelves is a set of a shop's shelves, a bit each, as shelves.tsv numbers them.
type shelves uint16

func (l *lexicon) addShelf(shelf shelves, f []string) error {
	if len(f) != 2 {
		return fmt.Errorf("want 2 fields, got %d", len(f))
	}
	if shelf == 0 {
		return fmt.Errorf("%q is a shelf too many", f[0])
	}
	topics, err := l.topicList(f[1])
	for _, id := range topics {
		l.topics[id].shelf |= shelf
	}
	return err
}

// stands is the shelves on which a product stands: those of what its title names it, or, where it is named by
// no noun, of its adjectives, or of all it is about. "Пиджак кофейный" is for wearing, "кофейная пара" for the
// kitchen.
func (r *reading) stands() shelves {
	var nouns, others shelves
	for _, h := range r.hits {
		if h.at < 0 || h.beaten {
			continue
		}
		others |= r.lexicon.topics[h.topic].shelf
		if h.noun {
			nouns |= r.lexicon.topics[h.topic].shelf
		}
	}
	switch {
	case nouns != 0:
		return nouns
	case others != 0:
		return others
	}
	return r.asksFor()
}

func (l *lexicon) shelvesOf(topics []topicID) (all shelves) {
	for _, id := range topics {
		all |= l.topics[id].shelf
	}
	return all
}

// asksFor is the shelves on which a query's words look.
func (r *reading) asksFor() (all shelves) {
	for _, h := range r.hits {
		if _, about := r.about(h.topic); about {
			all |= r.lexicon.topics[h.topic].shelf
		}
	}
	return all
}

// elsewhere tells whether what is asked for and a product stand on different shelves, as far as is known.
func (s shelves) elsewhere(product shelves) bool { return s != 0 && product != 0 && s&product == 0 }

// isAdjective tells Russian adjectives by their endings, which few nouns have.
func isAdjective(w string) bool {
	for _, noun := range [...]string{"ние", "тие", "ний", "тий"} {
		if strings.HasSuffix(w, noun) {
			return false
		}
	}
	for _, ending := range [...]string{
		"ый", "ий", "ой", "ая", "яя", "ое", "ее", "ые", "ие", "ого", "его", "ому", "ему", "ым", "им", "ую", "юю", "ых", "их", "ыми", "ими",
	} {
		if strings.HasSuffix(w, ending) {
			return true
		}
	}
	return false
}
