package builtin

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"gifty/domain/discovery"
)

// The knowledge is data that people edit: these tests are its schema.

func known(t testing.TB) *knowledge {
	t.Helper()
	k, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func cards(k *knowledge) []*card {
	var out []*card
	for _, t := range k.topics {
		out = append(out, t.Ideas...)
	}
	return out
}

func TestKnowledgeIsLarge(t *testing.T) {
	interests := 0
	for _, topic := range known(t).topics {
		if len(topic.Aliases) > 0 {
			interests++
		}
		if len(topic.Ideas) == 0 {
			t.Errorf("%s has no ideas", topic.ID)
		}
		kinds := 0
		for _, is := range []bool{len(topic.Aliases) > 0, len(topic.When) > 0, topic.Age} {
			if is {
				kinds++
			}
		}
		if kinds != 1 {
			t.Errorf("%s must be one of: an interest with aliases, a circumstance with words, an age", topic.ID)
		}
	}
	if interests < 120 {
		t.Errorf("%d interests", interests)
	}
}

func TestTopicsReferToTopics(t *testing.T) {
	k := known(t)
	seen := map[string]bool{}
	for _, topic := range k.topics {
		if seen[topic.ID] || topic.RU == "" || topic.EN == "" {
			t.Errorf("%q is repeated, or has no name", topic.ID)
		}
		seen[topic.ID] = true
		for _, id := range topic.Near {
			if k.byID[id] == nil || id == topic.ID {
				t.Errorf("%s is near %q, which is no other topic", topic.ID, id)
			}
		}
		words := k.interests.find(tokenise(topic.EN))
		if len(topic.Aliases) > 0 && len(words) == 0 {
			t.Errorf("%s is not found by its own name %q", topic.ID, topic.EN)
		}
	}
}

func TestCardsAreComplete(t *testing.T) {
	k := known(t)
	titles := map[string]bool{}
	for _, c := range append(cards(k), k.generic.Ideas...) {
		for _, lang := range discovery.Languages() {
			w := c.wording(lang)
			idea := choice{track: track{topic: c.topic, word: "Lego"}, card: c}.idea(discovery.Brief{Language: lang})
			if err := idea.Validate(); err != nil {
				t.Errorf("%s: %v", w.Title, err)
			}
			if titles[discovery.FoldTitle(w.Title)] {
				t.Errorf("title %q is used twice", w.Title)
			}
			titles[discovery.FoldTitle(w.Title)] = true
			for _, text := range append([]string{w.Title, w.Text, w.Why}, w.Find...) {
				if wrongScript(text, lang) {
					t.Errorf("%q is not in %s", text, lang)
				}
			}
		}
		if c.Kind == "" || c.Ages.from > c.Ages.to || c.RUB.from < 100 || c.RUB.from >= c.RUB.to {
			t.Errorf("%s: kind %q, ages %v, price %v", c.EN.Title, c.Kind, c.Ages, c.RUB)
		}
	}
}

// wrongScript finds Russian letters in English, and sentences without Russian ones in Russian. Brand
// names ("k-pop", "USB") may stand alone in a Russian query.
func wrongScript(text string, lang discovery.Language) bool {
	cyrillic := strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) })
	if lang == discovery.English {
		return cyrillic
	}
	return !cyrillic && !strings.Contains(text, "{topic}") && len(strings.Fields(text)) > 2
}

func TestQueriesNameGoods(t *testing.T) {
	for _, c := range cards(known(t)) {
		for _, q := range slices.Concat(c.RU.Find, c.EN.Find) {
			words := discovery.Tokens(q)
			if len(words) == 0 || len(words) > 6 {
				t.Errorf("%s: query %q", c.EN.Title, q)
				continue
			}
			if words[0] == "подарок" || words[0] == "gift" && slices.Contains(words, "for") {
				t.Errorf("%s: query %q names an occasion and not a thing", c.EN.Title, q)
			}
		}
	}
}

func TestTagsAndVibesAreKnown(t *testing.T) {
	k := known(t)
	vibes := map[string]bool{}
	for _, entries := range k.vibes.byLetter {
		for _, e := range entries {
			vibes[e.value] = true
		}
	}
	for _, c := range append(cards(k), k.generic.Ideas...) {
		for _, tag := range c.Tags {
			if !slices.Contains(hazards(), tag) {
				t.Errorf("%s: unknown tag %q", c.EN.Title, tag)
			}
		}
		for _, v := range c.Vibes {
			if !vibes[v] {
				t.Errorf("%s: unknown vibe %q", c.EN.Title, v)
			}
		}
	}
}

// What a title or a query says plainly must be tagged: constraints are kept by tags alone.
func TestHazardsAreTagged(t *testing.T) {
	words := map[hazard]string{
		alcohol:    "вино вина винный винные пиво пивн* виски штопор* декантер* бокал* wine* beer* whisky cocktail* corkscrew decanter alcohol*",
		sharp:      "нож ножи ножницы секатор knife scissors shears razor secateurs",
		batteries:  "аккумуляторн* электро* электрич* bluetooth беспроводн* светодиодн* ночник проектор usb led electric cordless wireless rechargeable projector",
		scent:      "парфюм* аромадиффузор ароматическая perfume diffuser scented fragrance",
		sweets:     "шоколад* конфет* сладост* chocolate* candy sweets",
		medical:    "массаж* компрессионные компрессионн* гольфы massage* compression",
		weapon:     "меч пистолет нож knife sword gun",
		allergen:   "шерсть шерстян* меринос* кашемир* wool merino cashmere",
		animal:     "кожаный кожаная кожа кожаные leather джерки jerky",
		smallParts: "пазл* бисер* бусин* jigsaw beads",
		gadget:     "arduino raspberry квадрокоптер",
	}
	// Next to these a telling word tells nothing: a book about perfume does not smell.
	harmless := strings.Fields("книга book энциклопедия encyclopedia органайзер organiser поднос tray коврик mat раскраска постер poster " +
		"крупный деревянный wooden напольный floor рамка frame лоток trays клей планшет board щетка brush chunky giant рукав гольфы socks " +
		"атомайзер atomiser подставка stand малышей kids")
	for tag, list := range words {
		var lex lexicon[hazard]
		for word := range strings.FieldsSeq(list) {
			lex.add(word, tag)
		}
		for _, c := range cards(known(t)) {
			if slices.Contains(c.Tags, tag) {
				continue
			}
			for _, text := range slices.Concat(c.RU.Find, c.EN.Find, []string{c.RU.Title, c.EN.Title}) {
				excused := slices.ContainsFunc(discovery.Tokens(text), func(w string) bool { return slices.Contains(harmless, w) })
				if len(lex.find(tokenise(text))) > 0 && !excused {
					t.Errorf("%s / %s: %q is not tagged %s", c.topic.ID, c.EN.Title, text, tag)
				}
			}
		}
	}
}

func TestMinorsAreSpared(t *testing.T) {
	for _, c := range cards(known(t)) {
		switch {
		case slices.Contains(c.Tags, alcohol) && c.Ages.from < 18,
			slices.Contains(c.Tags, smallParts) && c.Ages.from < 3,
			slices.Contains(c.Tags, sharp) && c.Ages.from < 6,
			slices.Contains(c.Tags, hot) && c.Ages.from < 8,
			slices.Contains(c.Tags, romantic) && c.Ages.from < 16:
			t.Errorf("%s is offered from the age of %d", c.EN.Title, c.Ages.from)
		}
	}
}
