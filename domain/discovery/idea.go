package discovery

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gifty/domain"
)

// Gap is what a gift does for the person who gets it.
type Gap string

// The five gaps.
const (
	GapMirror     Gap = "the_mirror"     // recognises who they are
	GapOptimizer  Gap = "the_optimizer"  // removes a friction
	GapCatalyst   Gap = "the_catalyst"   // supports growth
	GapAnchor     Gap = "the_anchor"     // strengthens a bond
	GapPermission Gap = "the_permission" // allows an enjoyment
)

// Gaps lists the five gaps.
func Gaps() []Gap {
	return []Gap{GapMirror, GapOptimizer, GapCatalyst, GapAnchor, GapPermission}
}

// Valid tells whether g is one of the five.
func (g Gap) Valid() bool { return slices.Contains(Gaps(), g) }

// How many catalogue queries an idea carries, and how long its texts may be, in characters.
const (
	MinQueries    = 3
	MaxQueries    = 5
	maxTitle      = 200
	maxIdeaText   = 2000
	maxQueryChars = 200
)

// Idea is a gift concept between a person and the catalogue, before it has products.
type Idea struct {
	Title       string   `json:"title" personal:"recipient_id,giver_id"`
	Description string   `json:"description" personal:"recipient_id,giver_id"` // what it is and why, one or two sentences
	Reasoning   string   `json:"reasoning" personal:"recipient_id,giver_id"`   // the psychology, one sentence
	Gap         Gap      `json:"gap"`
	Track       string   `json:"track" personal:"recipient_id,giver_id"`          // the topic it belongs to, in the brief's language
	Queries     []string `json:"search_queries" personal:"recipient_id,giver_id"` // 3–5 names of goods that a shop sells
}

// Validate refuses an idea that could not be shown or searched: empty or overlong texts, a gap that
// does not exist, fewer than 3 or more than 5 distinct queries.
func (i Idea) Validate() error {
	e := domain.Invalid("idea_invalid", "this gift idea cannot be used; correct the fields listed")
	bad := len(e.Fields)
	text := func(path, s string, limit int) {
		switch {
		case strings.TrimSpace(s) == "":
			e = e.On(path, "must not be empty")
		case utf8.RuneCountInString(s) > limit:
			e = e.On(path, "must have at most %d characters", limit)
		}
	}
	text("title", i.Title, maxTitle)
	text("description", i.Description, maxIdeaText)
	text("reasoning", i.Reasoning, maxIdeaText)
	text("track", i.Track, maxTitle)
	if !i.Gap.Valid() {
		e = e.On("gap", "must be one of %s", oneOf(Gaps()))
	}
	if n := len(i.Queries); n < MinQueries || n > MaxQueries {
		e = e.On("search_queries", "must have %d to %d entries, has %d", MinQueries, MaxQueries, n)
	}
	seen := map[string]bool{}
	for _, q := range i.Queries {
		text("search_queries", q, maxQueryChars)
		key := FoldTitle(q)
		if seen[key] {
			e = e.On("search_queries", "%q is repeated", q)
		}
		seen[key] = true
	}
	if len(e.Fields) > bad {
		return e
	}
	return nil
}

// holds tells whether a text of the idea has one of these words.
func (i Idea) holds(never Stems) bool {
	return slices.ContainsFunc(append([]string{i.Title, i.Description, i.Reasoning, i.Track}, i.Queries...), never.In)
}

// FoldTitle is the form in which two titles are the same: lower case, "ё" as "е", and only letters
// and digits, single spaces between.
func FoldTitle(s string) string { return strings.Join(Tokens(s), " ") }

// Tokens splits a text into its words: runs of letters and digits, lower case, "ё" as "е".
func Tokens(s string) []string {
	s = strings.ReplaceAll(strings.ToLower(s), "ё", "е")
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}
