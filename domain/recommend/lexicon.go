package recommend

import (
	"embed"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
)

// tables is what the package knows about words, as data: its header lines say how each file reads.
//
//go:embed tables/*.tsv
var tables embed.FS

// topicID is a topic's line number in topics.tsv.
type topicID int

// topic is one thing that a product's words can be about.
type topic struct {
	name   string
	weight float64 // log-odds that this is a gift
	counts [places]bool
	beats  []beats
	reason string
	shelf  shelves
}

// trait is the weight below which a topic says what a product is like, not what it is.
const trait = 0.4

// isTrait tells traits from kinds. "Игрушечный пистолет" is of the kind toy, and like a weapon.
func (t *topic) isTrait() bool { return math.Abs(t.weight) < trait }

// beats is a topic that another one rules out, always or only where it comes later in the title.
type beats struct {
	topic     topicID
	onlyLater bool
}

// mention is a topic with the strength at which a term names it.
type mention struct {
	topic    topicID
	strength float64
}

// lexicon finds topics in text. It is immutable once loaded.
type lexicon struct {
	topics      []topic
	ids         map[string]topicID
	terms       index
	categories  index // mentions carry topic 0 and the category's shift as strength
	constraints map[string]constraint
}

// vocabulary reads the embedded tables once. They are part of the program: a malformed line is a
// defect that the package's tests catch, hence the panic.
var vocabulary = sync.OnceValue(func() *lexicon {
	l, err := loadLexicon()
	if err != nil {
		panic(err)
	}
	return l
})

func loadLexicon() (*lexicon, error) {
	l := &lexicon{ids: map[string]topicID{}, terms: newIndex(), categories: newIndex(), constraints: map[string]constraint{}}
	if err := eachLine("topics.tsv", l.addTopic); err != nil {
		return nil, err
	}
	if err := l.resolveBeats(); err != nil {
		return nil, err
	}
	for _, file := range []string{"terms_unwanted.tsv", "terms_supplies.tsv", "terms_gifts.tsv"} {
		if err := eachLine(file, l.addTerms); err != nil {
			return nil, err
		}
	}
	shelf := shelves(1)
	err := eachLine("shelves.tsv", func(fields []string) error {
		defer func() { shelf <<= 1 }()
		return l.addShelf(shelf, fields)
	})
	if err != nil {
		return nil, err
	}
	if err := eachLine("categories.tsv", l.addCategory); err != nil {
		return nil, err
	}
	return l, eachLine("constraints.tsv", l.addConstraint)
}

// eachLine calls add with the tab-separated fields of every line that is neither blank nor a comment.
func eachLine(file string, add func(fields []string) error) error {
	b, err := tables.ReadFile("tables/" + file)
	if err != nil {
		return err
	}
	n := 0
	for line := range strings.Lines(string(b)) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := add(strings.Split(line, "\t")); err != nil {
			return fmt.Errorf("%s:%d: %w", file, n, err)
		}
	}
	return nil
}

func (l *lexicon) addTopic(f []string) error {
	if len(f) != 5 {
		return fmt.Errorf("want 5 fields, got %d", len(f))
	}
	weight, err := strconv.ParseFloat(f[1], 64)
	if err != nil {
		return err
	}
	counts, err := parsePlaces(f[2])
	if err != nil {
		return err
	}
	if _, twice := l.ids[f[0]]; twice {
		return fmt.Errorf("topic %q twice", f[0])
	}
	l.ids[f[0]] = topicID(len(l.topics))
	l.topics = append(l.topics, topic{name: f[0], weight: weight, counts: counts, reason: f[4]})
	return nil
}

// parsePlaces reads where a topic's words count. Naming the product outright always counts.
func parsePlaces(names string) ([places]bool, error) {
	counts := [places]bool{inHead: true, inLater: true}
	known := map[string]place{"for": inPurpose, "with": inAttribute, "category": inCategory, "description": inDescription}
	for name := range strings.SplitSeq(names, ",") {
		p, ok := known[name]
		if !ok && name != "" {
			return counts, fmt.Errorf("unknown place %q", name)
		}
		counts[p] = true
	}
	return counts, nil
}

// resolveBeats reads the fourth column again, now that every topic has its id.
func (l *lexicon) resolveBeats() error {
	return eachLine("topics.tsv", func(f []string) error {
		t := &l.topics[l.ids[f[0]]]
		for name := range strings.SplitSeq(f[3], ",") {
			name, later := strings.CutPrefix(name, ">")
			losers, err := l.topicList(name)
			if err != nil {
				return err
			}
			for _, id := range losers {
				t.beats = append(t.beats, beats{id, later})
			}
		}
		return nil
	})
}

func (l *lexicon) topicList(names string) ([]topicID, error) {
	var ids []topicID
	for name := range strings.SplitSeq(names, ",") {
		if name == "" {
			continue
		}
		id, known := l.ids[name]
		if !known {
			return nil, fmt.Errorf("unknown topic %q", name)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (l *lexicon) addTerms(f []string) error {
	if len(f) != 3 {
		return fmt.Errorf("want 3 fields, got %d", len(f))
	}
	if f[0] == "-" {
		return l.terms.addAll(f[2], nil)
	}
	strength, err := strconv.ParseFloat(f[1], 64)
	if err != nil {
		return err
	}
	id, known := l.ids[f[0]]
	if !known {
		return fmt.Errorf("unknown topic %q", f[0])
	}
	return l.terms.addAll(f[2], &mention{id, strength})
}

func (l *lexicon) addCategory(f []string) error {
	if len(f) != 2 {
		return fmt.Errorf("want 2 fields, got %d", len(f))
	}
	shift, err := strconv.ParseFloat(f[0], 64)
	if err != nil {
		return err
	}
	return l.categories.addAll(f[1], &mention{strength: shift})
}
