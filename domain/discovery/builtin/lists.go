package builtin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"gifty/domain"
	"gifty/domain/discovery"
)

// ListsModule is the name under which the lists are configured.
const ListsModule = "topic_lists"

// Lists are what the built-in adviser asks and suggests.
type Lists struct {
	Wide []Wide `json:"wide"`
	// Suggest is topics of the built-in knowledge that people of an age often like.
	Suggest map[discovery.AgeSegment][]string `json:"suggest"`
	// Hints and Questions are texts; {topic} in them stands for a topic's name.
	Hints     map[discovery.Language][]discovery.Hint               `json:"hints"`
	Questions map[discovery.Language]map[discovery.ProbeKind]string `json:"questions"`
}

// Wide is a topic that covers too much, by the words for it, and its parts.
type Wide struct {
	Words []string           `json:"words"`
	RU    discovery.Question `json:"ru"`
	EN    discovery.Question `json:"en"`
}

func (w Wide) question(l discovery.Language) discovery.Question {
	if l == discovery.English {
		return w.EN
	}
	return w.RU
}

// ShippedLists are the lists that the product comes with, as JSON.
func ShippedLists() ([]byte, error) { return data.ReadFile("data/lists.json") }

// ParseLists reads lists from JSON. Errors: lists_malformed, and lists_invalid, which names every
// field that can't be used.
func ParseLists(config []byte) (Lists, error) {
	var l Lists
	d := json.NewDecoder(bytes.NewReader(config))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		return l, domain.Invalid("lists_malformed", "these are no topic lists: %s", err)
	}
	return l, l.check()
}

func (l Lists) check() error {
	bad := domain.Invalid("lists_invalid", "the lists cannot be used as they stand; correct the fields listed")
	for i, w := range l.Wide {
		for _, lang := range discovery.Languages() {
			q := w.question(lang)
			if len(w.Words) == 0 || q.Text == "" || len(q.Options) < 3 || len(q.Options) > 4 {
				bad = bad.On(fmt.Sprintf("wide[%d].%s", i, lang), "must have words, a question and 3 to 4 options")
			}
		}
	}
	for _, lang := range discovery.Languages() {
		if len(l.Hints[lang]) == 0 {
			bad = bad.On(fmt.Sprintf("hints.%s", lang), "must not be empty")
		}
		for _, kind := range []discovery.ProbeKind{discovery.ProbeDeadEnd, discovery.ProbeExploration} {
			if l.Questions[lang][kind] == "" {
				bad = bad.On(fmt.Sprintf("questions.%s.%s", lang, kind), "must not be empty")
			}
		}
	}
	for _, s := range segments() {
		if len(l.Suggest[s]) < hints {
			bad = bad.On(fmt.Sprintf("suggest.%s", s), "must name at least %d topics", hints)
		}
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

func segments() []discovery.AgeSegment {
	return []discovery.AgeSegment{
		discovery.Infant, discovery.Preschool, discovery.SchoolAge, discovery.Teen, discovery.YoungAdult, discovery.Adult, discovery.Mature,
	}
}

// wide is the entry for a topic that is too wide.
func (l Lists) wide(topic string) (Wide, bool) {
	name := discovery.FoldTitle(topic)
	i := slices.IndexFunc(l.Wide, func(w Wide) bool { return slices.Contains(w.Words, name) })
	if i < 0 {
		return Wide{}, false
	}
	return l.Wide[i], true
}
