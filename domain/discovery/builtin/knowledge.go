package builtin

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"gifty/domain/discovery"
)

//go:embed data
var data embed.FS

// knowledge is everything under data/, ready for use.
type knowledge struct {
	topics    []*topic // in the files' order
	byID      map[string]*topic
	byTitle   map[string]*card // folded titles, every language
	generic   *topic           // ideas around any word that no topic knows
	interests lexicon[alias]
	hazards   lexicon[hazard]
	vibes     lexicon[string]
}

// topic is an interest ("fishing") or a circumstance ("a wedding", "a father") with its ideas.
type topic struct {
	ID      string   `json:"id"`
	RU      string   `json:"ru"` // its name in a person's language
	EN      string   `json:"en"`
	Aliases []string `json:"aliases"` // phrases that name an interest; "~" before one: too vague to be read in running text
	When    []string `json:"when"`    // a circumstance holds when the brief has one of these words
	Age     bool     `json:"age"`     // base ideas of the age segment that the topic is named after
	Near    []string `json:"near"`    // interests whose people often like this one too
	Ideas   []*card  `json:"ideas"`
}

func (t *topic) name(lang discovery.Language) string {
	if lang == discovery.English {
		return t.EN
	}
	return t.RU
}

type alias struct {
	topic *topic
	vague bool
}

// card is one gift idea as it is kept: what it is in both languages, and whom it suits.
type card struct {
	topic *topic
	Gap   string   `json:"gap"`   // without "the_"
	Kind  string   `json:"kind"`  // the sort of thing, so that one answer does not hold three mugs
	Ages  span     `json:"ages"`  // years
	RUB   span     `json:"rub"`   // what such a thing costs in roubles, from decent to fine
	Tags  []hazard `json:"tags"`  // what may speak against it
	Vibes []string `json:"vibes"` // keys of vibes.json
	RU    wording  `json:"ru"`
	EN    wording  `json:"en"`
}

func (c *card) wording(lang discovery.Language) wording {
	if lang == discovery.English {
		return c.EN
	}
	return c.RU
}

func (c *card) gap() discovery.Gap { return discovery.Gap("the_" + c.Gap) }

type wording struct {
	Title string   `json:"title"`
	Text  string   `json:"text"`
	Why   string   `json:"why"`
	Find  []string `json:"find"`
}

// span is a range with both ends included, written "3-9" or "16+".
type span struct{ from, to int }

const open = 1 << 30 // the upper end of "16+"

func (s *span) UnmarshalText(text []byte) error {
	str := string(text)
	if from, ok := strings.CutSuffix(str, "+"); ok {
		s.to = open
		_, err := fmt.Sscanf(from, "%d", &s.from)
		return err
	}
	if _, err := fmt.Sscanf(str, "%d-%d", &s.from, &s.to); err != nil {
		return fmt.Errorf("range %q: %w", str, err)
	}
	return nil
}

func (s span) contains(n int) bool { return s.from <= n && n <= s.to }

// embedded is read once a process; nothing changes it.
var embedded = sync.OnceValues(load)

func load() (*knowledge, error) {
	k := &knowledge{byID: map[string]*topic{}, byTitle: map[string]*card{}, generic: &topic{}}
	names, err := fs.Glob(data, "data/topics/*.json")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		var topics []*topic
		if err := read(name, &topics); err != nil {
			return nil, err
		}
		k.topics = append(k.topics, topics...)
	}
	if err := read("data/generic.json", k.generic); err != nil {
		return nil, err
	}
	k.index()
	if err := readLexicon("data/hazards.json", &k.hazards); err != nil {
		return nil, err
	}
	return k, readLexicon("data/vibes.json", &k.vibes)
}

func read(name string, into any) error {
	b, err := data.ReadFile(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func readLexicon[V ~string](name string, into *lexicon[V]) error {
	words := map[V][]string{}
	if err := read(name, &words); err != nil {
		return err
	}
	*into = newLexicon(words)
	return nil
}

// newLexicon files phrases under what they stand for.
func newLexicon[V ~string](words map[V][]string) (l lexicon[V]) {
	for value, phrases := range words {
		for _, p := range phrases {
			l.add(p, value)
		}
	}
	return l
}

func (k *knowledge) index() {
	for _, t := range append(k.topics, k.generic) {
		for _, c := range t.Ideas {
			c.topic = t
		}
	}
	for _, t := range k.topics {
		k.byID[t.ID] = t
		for _, a := range t.Aliases {
			phrase, vague := strings.CutPrefix(a, "~")
			k.interests.add(phrase, alias{t, vague})
		}
		for _, c := range t.Ideas {
			k.byTitle[discovery.FoldTitle(c.RU.Title)] = c
			k.byTitle[discovery.FoldTitle(c.EN.Title)] = c
		}
	}
}
