package builtin

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gifty/domain"
	"gifty/domain/discovery"
)

// QueryRulesModule is the name under which the query rules are configured.
const QueryRulesModule = "query_rules"

// QueryRules are what to search for when nothing more particular comes to mind: by age, mood, interests,
// gender, words of the description, relationship and occasion.
type QueryRules struct {
	Limits       QueryLimits        `json:"limits"`
	Segments     []Segment          `json:"segments"`     // every age is in one of them
	Gender       map[string]Queries `json:"gender"`       // male, female, unisex
	Relationship map[string]Queries `json:"relationship"` // parent, partner, friend, colleague, child, other
	Occasion     map[string]Queries `json:"occasion"`     // an occasion of the quiz; just_because stands for any other
	Interests    []Stems            `json:"interests"`
	Description  []Stems            `json:"description"`
	Banned       []string           `json:"banned"`         // queries that are never made
	Negative     discovery.Stems    `json:"negative_stems"` // of words that no query, idea, topic or answer may hold
	// Hazards are words of queries by what may speak against them: who rules out scents gets no query with a
	// word of "scent". A final * stands for any ending.
	Hazards  map[hazard][]string `json:"hazards"`
	Wordings map[string]Wordings `json:"wordings"` // of an idea, by bucket

	dangers lexicon[hazard] // Hazards, to be found in queries
}

// QueryLimits bound how many queries there are.
type QueryLimits struct {
	Total       int `json:"total"`
	PerBucket   int `json:"per_bucket"`
	Minimum     int `json:"minimum"` // fewer are filled up by age and then by what suits anybody
	Age         int `json:"age"`     // of the base queries
	Vibe        int `json:"vibe"`
	Interests   int `json:"interests"` // of all interests together
	Gender      int `json:"gender"`
	Description int `json:"description"`
	// Keywords is how many words of the description are heard.
	Keywords         int `json:"description_keywords"`
	Relationship     int `json:"relationship"`
	Occasion         int `json:"occasion"`
	RoomForInterests int `json:"room_for_interests"` // queries by interests that are kept when there are too many of all
}

// Segment is an age and what suits it.
type Segment struct {
	Name  string             `json:"name"`
	From  int                `json:"from"` // years
	To    int                `json:"to"`
	Base  Queries            `json:"base"`
	Vibes map[string]Queries `json:"vibes"` // cozy, practical, fun, wow, creative, tech
}

// Queries are names of goods in each language.
type Queries struct {
	RU []string `json:"ru"`
	EN []string `json:"en"`
}

// Stems are queries for words that begin so.
type Stems struct {
	Stems []string `json:"stems"`
	Queries
}

// Wordings tell an idea of a bucket.
type Wordings struct {
	Gap discovery.Gap `json:"gap"`
	RU  words         `json:"ru"`
	EN  words         `json:"en"`
}

type words struct {
	Title string `json:"title"`
	Text  string `json:"text"`
	Why   string `json:"why"`
}

func (q Queries) in(l discovery.Language) []string {
	if l == discovery.English {
		return q.EN
	}
	return q.RU
}

// ShippedQueryRules are the rules that the product comes with, as JSON.
func ShippedQueryRules() ([]byte, error) { return data.ReadFile("data/query_rules.json") }

// ParseQueryRules reads rules from JSON. Errors: query_rules_malformed, and query_rules_invalid, which
// names every field that can't be used.
func ParseQueryRules(config []byte) (r QueryRules, err error) {
	d := json.NewDecoder(bytes.NewReader(config))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return r, domain.Invalid("query_rules_malformed", "these are no query rules: %s", err)
	}
	if r.Hazards == nil { // versions of before do not say; a veto holds all the same
		shipped, err := ShippedQueryRules()
		if err != nil {
			return r, err
		}
		if err := json.Unmarshal(shipped, &struct {
			Hazards *map[hazard][]string `json:"hazards"`
		}{&r.Hazards}); err != nil {
			return r, err
		}
	}
	r.dangers = newLexicon(r.Hazards)
	return r, r.check()
}

func (r QueryRules) check() error {
	bad := domain.Invalid("query_rules_invalid", "the query rules cannot be used as they stand; correct the fields listed")
	if l := r.Limits; l.Total < 1 || l.Total > 50 || l.PerBucket < 1 || l.PerBucket > l.Total || l.Minimum < 0 || l.Minimum > l.Total ||
		min(l.Age, l.Vibe, l.Interests, l.Gender, l.Description, l.Keywords, l.Relationship, l.Occasion, l.RoomForInterests) < 0 {
		bad = bad.On("limits", "total must be 1 to 50, per_bucket and minimum at most that, no limit below 0")
	}
	for age := range discovery.MaxAge + 1 {
		n := 0
		for _, s := range r.Segments {
			if s.From <= age && age <= s.To {
				n++
			}
		}
		if n != 1 {
			bad = bad.On("segments", "must have each age from 0 to %d once; %d is in %d", discovery.MaxAge, age, n)
			break
		}
	}
	for _, bucket := range buckets() {
		w, there := r.Wordings[bucket]
		for _, text := range []string{w.RU.Title, w.RU.Text, w.RU.Why, w.EN.Title, w.EN.Text, w.EN.Why} {
			there = there && text != ""
		}
		if !there || !w.Gap.Valid() {
			bad = bad.On("wordings."+bucket, "must have a gap and all texts in both languages")
		}
	}
	for danger := range r.Hazards {
		if !slices.Contains(hazards(), danger) {
			bad = bad.On("hazards."+string(danger), "is no hazard; known are %v", hazards())
		}
	}
	for at, q := range r.all() {
		if len(q.RU) == 0 || len(q.EN) == 0 || slices.Contains(q.RU, "") || slices.Contains(q.EN, "") {
			bad = bad.On(at, "must have queries in both languages")
		}
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

func (r QueryRules) all() map[string]Queries {
	all := map[string]Queries{}
	for i, s := range r.Segments {
		all[fmt.Sprintf("segments[%d].base", i)] = s.Base
		for name, q := range s.Vibes {
			all[fmt.Sprintf("segments[%d].vibes.%s", i, name)] = q
		}
	}
	for at, of := range map[string]map[string]Queries{"gender": r.Gender, "relationship": r.Relationship, "occasion": r.Occasion} {
		for name, q := range of {
			all[at+"."+name] = q
		}
	}
	for at, of := range map[string][]Stems{"interests": r.Interests, "description": r.Description} {
		for i, s := range of {
			all[fmt.Sprintf("%s[%d]", at, i)] = s.Queries
		}
	}
	return all
}

// The buckets, in the order in which queries are taken from them.
const (
	byAge          = "age"
	byVibe         = "vibe"
	byInterests    = "interests"
	byGender       = "gender"
	byDescription  = "description"
	byRelationship = "relationship"
	byOccasion     = "occasion"
)

func buckets() []string {
	return []string{byAge, byVibe, byInterests, byGender, byDescription, byRelationship, byOccasion}
}

// Query is one query with the bucket that it is from.
type Query struct {
	Bucket, Text string
}

// Queries are what to search for, in the brief's language: few of each bucket, no text twice (the first
// stays), nothing banned, nothing that the brief's constraints or tact rule out. Of too many the last are
// dropped, but not the first ones by interests.
func (r QueryRules) Queries(b discovery.Brief) []Query {
	return r.queries(b, ruledOut(b, assumedAge(b)))
}

func (r QueryRules) queries(b discovery.Brief, forbidden []hazard) []Query {
	s := r.segment(assumedAge(b))
	var out []Query
	add := func(bucket string, limit int, lists ...Queries) {
		n := 0
		for _, list := range lists {
			for _, text := range list.in(b.Language) {
				text = strings.ToLower(strings.TrimSpace(text))
				known := func(q Query) bool { return q.Text == text }
				if n < min(limit, r.Limits.PerBucket) && !slices.Contains(r.Banned, text) && !r.Negative.In(text) && !overlaps(r.dangersOf(text), forbidden) && !slices.ContainsFunc(out, known) {
					out, n = append(out, Query{bucket, text}), n+1
				}
			}
		}
	}
	add(byAge, r.Limits.Age, s.Base)
	for _, vibe := range b.Vibes {
		add(byVibe, r.Limits.Vibe, s.Vibes[vibe])
	}
	add(byInterests, r.Limits.Interests, heard(r.Interests, b.Interests, len(b.Interests))...)
	add(byGender, r.Limits.Gender, r.Gender[cmp.Or(string(b.Gender), "unisex")])
	add(byDescription, r.Limits.Description, heard(r.Description, discovery.Tokens(b.Description), r.Limits.Keywords)...)
	add(byRelationship, r.Limits.Relationship, r.Relationship[relationship(b)])
	occasion, known := r.Occasion[b.Occasion]
	if !known {
		occasion = r.Occasion["just_because"]
	}
	add(byOccasion, r.Limits.Occasion, occasion)
	if missing := r.Limits.Minimum - len(out); missing > 0 {
		add(byAge, missing, s.Base, r.Gender["unisex"])
	}
	return r.fitting(out)
}

// fitting cuts to the total, with room for some queries by interests.
func (r QueryRules) fitting(all []Query) []Query {
	if len(all) <= r.Limits.Total {
		return all
	}
	kept := slices.Clone(all[:r.Limits.Total])
	byInterest := func(qs []Query) (n int) {
		for _, q := range qs {
			if q.Bucket == byInterests {
				n++
			}
		}
		return n
	}
	for _, q := range all[r.Limits.Total:] {
		if q.Bucket != byInterests || byInterest(kept) >= min(r.Limits.RoomForInterests, byInterest(all)) {
			continue
		}
		for i, k := range slices.Backward(kept) {
			if k.Bucket != byInterests {
				kept = append(slices.Delete(kept, i, i+1), q)
				break
			}
		}
	}
	return kept
}

func (r QueryRules) segment(age int) Segment {
	for _, s := range r.Segments {
		if s.From <= age && age <= s.To {
			return s
		}
	}
	return Segment{}
}

// heard are the queries for the first so many words that the rules know.
func heard(rules []Stems, said []string, most int) (lists []Queries) {
	for _, phrase := range said {
		for _, rule := range rules {
			begins := func(word string) bool {
				return slices.ContainsFunc(rule.Stems, func(stem string) bool { return strings.HasPrefix(word, stem) })
			}
			if len(lists) < most && slices.ContainsFunc(discovery.Tokens(phrase), begins) {
				lists = append(lists, rule.Queries)
			}
		}
	}
	return lists
}

// dangersOf is what may speak against a query.
func (r QueryRules) dangersOf(query string) (all []hazard) {
	for _, f := range r.dangers.find(tokenise(query)) {
		all = append(all, f.values...)
	}
	return all
}

func relationship(b discovery.Brief) string {
	switch {
	case slices.Contains([]string{"mother", "father", "mother_in_law", "father_in_law"}, b.Person):
		return "parent"
	case b.Relation == discovery.RelationPartner, b.Relation == discovery.RelationFriend, b.Relation == discovery.RelationColleague, b.Relation == discovery.RelationChild:
		return string(b.Relation)
	case b.Relation == discovery.RelationBestFriend:
		return "friend"
	}
	return "other"
}

// ideas makes an idea of each bucket's queries. Buckets with too few for one stand together. Titles that the
// giver knows are left out.
func (r QueryRules) ideas(b discovery.Brief, queries []Query) (ideas []discovery.Idea) {
	seen := slices.Concat(b.Liked, b.Disliked, b.Shown)
	var waiting []Query
	flush := func(next string) {
		if len(waiting) < discovery.MinQueries || next == waiting[0].Bucket {
			return
		}
		w := r.Wordings[waiting[0].Bucket]
		told := w.RU
		if b.Language == discovery.English {
			told = w.EN
		}
		idea := discovery.Idea{Title: told.Title, Description: told.Text, Reasoning: told.Why, Gap: w.Gap, Track: told.Title}
		for _, q := range waiting[:min(len(waiting), discovery.MaxQueries)] {
			idea.Queries = append(idea.Queries, q.Text)
		}
		if waiting = nil; !slices.ContainsFunc(seen, func(t string) bool { return discovery.FoldTitle(t) == discovery.FoldTitle(idea.Title) }) {
			ideas = append(ideas, idea)
		}
	}
	for _, q := range queries {
		flush(q.Bucket)
		waiting = append(waiting, q)
	}
	flush("")
	return ideas
}

// ShippedRules are the query rules that the product comes with, as a source for NewGenerator; their version
// is 0.
func ShippedRules() func(context.Context) (QueryRules, int, error) {
	shipped, err := ShippedQueryRules()
	var r QueryRules
	if err == nil {
		r, err = ParseQueryRules(shipped)
	}
	return func(context.Context) (QueryRules, int, error) { return r, 0, err }
}
