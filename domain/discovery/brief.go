package discovery

import (
	"slices"
	"strings"
	"unicode"

	"gifty/domain"
)

// Language is the language that ideas are written in.
type Language string

// Goal is what the giver wants the gift to do.
type Goal string

// Effort is how much the giver is ready to do: "no_effort" buys only what is ready as it stands,
// "high" welcomes things that are made to order or put together.
type Effort string

// SessionMode is how long the giver wants to look.
type SessionMode string

// What a quiz may say; everything else is refused with the list of these.
const (
	Russian Language = "ru"
	English Language = "en"

	GoalImpress  Goal = "impress"
	GoalCare     Goal = "care"
	GoalProtocol Goal = "protocol" // a gift that etiquette asks for
	GoalApology  Goal = "apology"
	GoalJoke     Goal = "joke"
	GoalGrowth   Goal = "growth"

	EffortNone   Effort = "no_effort"
	EffortLow    Effort = "low"
	EffortMedium Effort = "medium"
	EffortHigh   Effort = "high"

	ModeQuickFix   SessionMode = "quick_fix"
	ModeThoughtful SessionMode = "thoughtful"
	ModeDeepDive   SessionMode = "deep_dive"
)

// Languages lists the languages, the default first.
func Languages() []Language { return []Language{Russian, English} }

// Goals lists the gifting goals.
func Goals() []Goal {
	return []Goal{GoalImpress, GoalCare, GoalProtocol, GoalApology, GoalJoke, GoalGrowth}
}

// Efforts lists the effort levels, least first.
func Efforts() []Effort { return []Effort{EffortNone, EffortLow, EffortMedium, EffortHigh} }

// SessionModes lists the session modes, shortest first.
func SessionModes() []SessionMode { return []SessionMode{ModeQuickFix, ModeThoughtful, ModeDeepDive} }

// AgeSegment is a band of ages whose gifts are alike.
type AgeSegment string

// The segments, with their ages in years, both ends included.
const (
	Infant     AgeSegment = "infant"      // 0–2
	Preschool  AgeSegment = "preschool"   // 3–6
	SchoolAge  AgeSegment = "child"       // 7–12
	Teen       AgeSegment = "teen"        // 13–17
	YoungAdult AgeSegment = "young_adult" // 18–29
	Adult      AgeSegment = "adult"       // 30–49
	Mature     AgeSegment = "mature"      // 50 and over
)

// SegmentOf is the segment of an age in years.
func SegmentOf(age int) AgeSegment { return AgeSegment(domain.AgeSegment(age)) }

// Gender is how the recipient is described, when that was told.
type Gender string

// The genders a quiz is read as; GenderUnknown when it says nothing that we understand.
const (
	GenderUnknown Gender = ""
	Female        Gender = "female"
	Male          Gender = "male"
	NonBinary     Gender = "nonbinary"
)

// Relation is who the recipient is to the giver, as recipients store it.
type Relation string

// The declared relations.
const (
	RelationPartner    Relation = "partner"
	RelationFriend     Relation = "friend"
	RelationBestFriend Relation = "best_friend"
	RelationRelative   Relation = "relative"
	RelationColleague  Relation = "colleague"
	RelationChild      Relation = "child"
	RelationUnknown    Relation = "unknown"
)

// Brief is a quiz made ready for a generator: cleaned, with one word for each thing, and with what
// the giver has already seen and said.
type Brief struct {
	Age          *int          `json:"age,omitempty" personal:"recipient_id,giver_id"` // years; nil when not told
	Segment      AgeSegment    `json:"age_segment,omitempty"`
	Gender       Gender        `json:"gender,omitempty" personal:"recipient_id,giver_id"`
	Relation     Relation      `json:"relation"`
	Person       string        `json:"person,omitempty" personal:"recipient_id,giver_id"` // finer than Relation where told: "father", "boss"
	Occasion     string        `json:"occasion,omitempty"`
	Vibes        []string      `json:"vibes,omitempty" personal:"recipient_id,giver_id"`
	Interests    []string      `json:"interests,omitempty" personal:"recipient_id,giver_id"` // topics, in the giver's words
	Description  string        `json:"description,omitempty" personal:"recipient_id,giver_id"`
	Goal         Goal          `json:"goal,omitempty"`
	Effort       Effort        `json:"effort"`
	Mode         SessionMode   `json:"mode"`
	Budget       *domain.Money `json:"budget,omitempty"`
	Currency     string        `json:"currency,omitempty"` // the only one of prices, where it was named without a budget
	DeadlineDays *int          `json:"deadline_days,omitempty"`
	City         string        `json:"city,omitempty" personal:"recipient_id,giver_id"`
	Constraints  []Constraint  `json:"constraints,omitempty"`
	Language     Language      `json:"language"`

	Liked    []string `json:"liked,omitempty" personal:"recipient_id,giver_id"`    // titles that found favour: go near them, never repeat them
	Disliked []string `json:"disliked,omitempty" personal:"recipient_id,giver_id"` // titles that were refused: never repeat them
	Shown    []string `json:"shown,omitempty" personal:"recipient_id,giver_id"`    // titles already on a card: never repeat them

	Count int `json:"count,omitempty"` // ideas wanted, 1–20; 0 leaves it to Mode
	// Session is the discovery session that ideas are made for: what models cost is counted by it.
	Session string `json:"-"`
	// Had are the products that the recipient has got already: not to be found again.
	Had []string `json:"-"`
	// Never is what no idea may name, whoever asks.
	Never Stems  `json:"-"`
	Seed  uint64 `json:"-"` // the same brief with another seed gives another choice; 0 gives the best-ranked
}

// maxIdeas bounds one answer: more than this nobody reads at once.
const maxIdeas = 20

// Wanted is how many ideas to make: Count, else 5 for a quick fix, 8 for a deep dive and 6 otherwise.
func (b Brief) Wanted() int {
	switch {
	case b.Count > 0:
		return min(b.Count, maxIdeas)
	case b.Mode == ModeQuickFix:
		return 5
	case b.Mode == ModeDeepDive:
		return 8
	}
	return 6
}

// check refuses a brief that says nothing of the person: any idea would do as well as another.
func (b Brief) check() error {
	if b.Age != nil || b.Gender != GenderUnknown || b.Relation != RelationUnknown || b.Person != "" && b.Person != string(RelationUnknown) || b.Occasion != "" ||
		len(b.Vibes) > 0 || len(b.Interests) > 0 || b.Description != "" || len(b.Liked) > 0 {
		return nil
	}
	return domain.Invalid("quiz_empty", "nothing is told of the person to please").
		On("interests", "tell interests, or at least an age, a relationship, an occasion, a vibe or a description")
}

// Has tells whether the giver set this constraint.
func (b Brief) Has(c Constraint) bool { return slices.Contains(b.Constraints, c) }

// Brief makes the quiz ready for a generator. It never fails: what Validate would refuse is cut or
// left out.
func (q Quiz) Brief() Brief {
	b := Brief{
		Gender:      genderOf(q.Gender),
		Occasion:    occasionOf(q.Occasion),
		Vibes:       distinct(q.Vibe, maxVibes, snake),
		Interests:   distinct(q.Interests, MaxInterests, func(s string) string { return cut(clean(s), MaxInterestChars) }),
		Description: cut(clean(q.Description), MaxDescription),
		Goal:        known(q.Goal, Goals(), ""),
		Effort:      known(q.Effort, Efforts(), EffortLow),
		Mode:        known(q.Mode, SessionModes(), ModeThoughtful),
		City:        cut(clean(q.City), maxWordChars),
		Constraints: constraintsOf(q.Constraints),
		Language:    known(q.Language, Languages(), Russian),
		Budget:      q.money(),
	}
	if b.Budget == nil && q.Currency != "" {
		b.Currency = normalCurrency(q.Currency)
	}
	if q.Age != nil && *q.Age >= 0 && *q.Age <= MaxAge {
		age := *q.Age
		b.Age, b.Segment = &age, SegmentOf(age)
	}
	if q.DeadlineDays != nil && *q.DeadlineDays >= 0 {
		days := *q.DeadlineDays
		b.DeadlineDays = &days
	}
	b.Relation, b.Person = relationOf(q.Relationship, b.Description, b.Age)
	return b
}

func (q Quiz) money() *domain.Money {
	switch {
	case q.Budget != nil && *q.Budget > 0:
		return &domain.Money{Amount: domain.WholeAmount(*q.Budget), Currency: normalCurrency(q.Currency)}
	case q.BudgetRUB != nil && *q.BudgetRUB > 0:
		return &domain.Money{Amount: domain.WholeAmount(*q.BudgetRUB), Currency: "RUB"}
	}
	return nil
}

func normalCurrency(s string) string {
	if s = strings.ToUpper(strings.TrimSpace(s)); s != "" {
		return s
	}
	return "RUB"
}

func known[T ~string](given T, allowed []T, fallback T) T {
	if slices.Contains(allowed, given) {
		return given
	}
	return fallback
}

// distinct keeps the first of entries that differ only in case, after normalising each.
func distinct(list []string, most int, normal func(string) string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range list {
		s = normal(s)
		key := strings.ToLower(s)
		if s == "" || seen[key] || len(out) == most {
			continue
		}
		seen[key] = true
		out = append(out, s)
	}
	return out
}

// clean drops control characters and invalid bytes, and makes every run of spaces one space.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(s), " ")
}

func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return strings.TrimSpace(string(r[:most]))
	}
	return s
}

// snake turns "Best friend" and "best-friend" into "best_friend".
func snake(s string) string { return strings.Join(Tokens(clean(s)), "_") }
