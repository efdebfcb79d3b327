package discovery

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"

	"gifty/domain"
)

// RulesModule is the name under which the rules of dialogues are configured.
const RulesModule = "dialogue"

// Rules are the figures and the words that dialogues go by.
type Rules struct {
	IdeasPerTopic  int `json:"ideas_per_topic"`   // at the start, 1–6
	IdeasMore      int `json:"ideas_more"`        // for a track by itself, 1–12
	RefusalsInARow int `json:"refusals_in_a_row"` // dislikes that make a dead end, 2–20
	FallsInARow    int `json:"falls_in_a_row"`    // of a track's mean similarity that make one, 1–10
	PassedIdeas    int `json:"passed_ideas"`      // more than these looked at without interest make one, 1–100
	PassedGifts    int `json:"passed_gifts"`      // the same of products, 1–1000
	// LingerFactor makes one of an idea that was looked at so many times as long as others, without any
	// reaction: 1.1–100.
	LingerFactor float64 `json:"linger_factor"`

	// Never is what is not suggested and not searched for, whoever asks: of the query rules in force.
	Never Stems `json:"-"`

	Pivot map[Language]Pivot `json:"pivot"`
	// Questions are asked when the adviser has none.
	Questions map[Language]map[ProbeKind]Question `json:"questions"`
}

//go:embed rules.json
var shippedRules []byte

// ShippedRules are the rules that the product comes with, as JSON.
func ShippedRules() []byte { return bytes.Clone(shippedRules) }

// ParseRules reads rules from JSON. Errors: rules_malformed, and rules_invalid, which names every
// field that can't be used.
func ParseRules(data []byte) (Rules, error) {
	r := Rules{PassedIdeas: 3, PassedGifts: 15, LingerFactor: 2} // what older versions do not say
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return r, domain.Invalid("rules_malformed", "these are no rules of a dialogue: %s", err)
	}
	return r, r.check()
}

func (r Rules) check() error {
	bad := domain.Invalid("rules_invalid", "the rules cannot be used as they stand; correct the fields listed")
	for _, f := range []struct {
		name            string
		value, from, to int
	}{
		{"ideas_per_topic", r.IdeasPerTopic, 1, 6}, {"ideas_more", r.IdeasMore, 1, 12},
		{"refusals_in_a_row", r.RefusalsInARow, 2, 20}, {"falls_in_a_row", r.FallsInARow, 1, 10},
		{"passed_ideas", r.PassedIdeas, 1, 100}, {"passed_gifts", r.PassedGifts, 1, 1000},
	} {
		if f.value < f.from || f.value > f.to {
			bad = bad.On(f.name, "must be %d to %d, is %d", f.from, f.to, f.value)
		}
	}
	if !(r.LingerFactor >= 1.1 && r.LingerFactor <= 100) {
		bad = bad.On("linger_factor", "must be 1.1 to 100, is %g", r.LingerFactor)
	}
	for _, lang := range Languages() {
		if r.Pivot[lang].Question == "" || len(r.Pivot[lang].Cards) == 0 {
			bad = bad.On(fmt.Sprintf("pivot.%s", lang), "must have a question and cards")
		}
		for i, c := range r.Pivot[lang].Cards {
			if c.Text == "" || c.Need != "" && !c.Need.Valid() {
				bad = bad.On(fmt.Sprintf("pivot.%s.cards[%d]", lang, i), "must have a text, and as need one of %s or nothing", oneOf(Gaps()))
			}
		}
		for _, kind := range []ProbeKind{ProbeDeadEnd, ProbeExploration} {
			if r.Questions[lang][kind].Text == "" {
				bad = bad.On(fmt.Sprintf("questions.%s.%s", lang, kind), "must have a question")
			}
		}
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

func (r Rules) pivot(l Language) Pivot { return r.Pivot[l] }

// Configured tells the rules in force.
type Configured interface {
	// Rules returns them with the version of each configuration module that they are from.
	Rules(ctx context.Context) (Rules, map[string]int, error)
}

// Shipped is a Configured of the rules that the product comes with.
type Shipped struct{}

// Rules reads them; their version is 0.
func (Shipped) Rules(context.Context) (Rules, map[string]int, error) {
	r, err := ParseRules(shippedRules)
	return r, map[string]int{RulesModule: 0}, err
}
