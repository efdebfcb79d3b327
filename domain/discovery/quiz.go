package discovery

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"gifty/domain"
)

// Limits of a quiz. Lengths are in characters after control characters were stripped.
const (
	MaxAge           = 130
	MaxInterests     = 50
	MaxInterestChars = 200
	MaxDescription   = 4000
	maxVibes         = 20
	maxConstraints   = 50
	maxWordChars     = 100 // relationship, occasion, gender, city, one vibe, one constraint
	maxBudget        = 1_000_000_000_000
)

// Quiz is what a giver tells about the person, as it arrives. Its fields are those of the current
// shape (budget with a currency, one vibe) and of the older one: several vibes, budget_rub for budget
// in RUB, city, and constraint tags, of which Constraints' older names are understood too. Every field
// may be left out; QuizFields lists them, and a quiz with another is refused.
type Quiz struct {
	Age          *int        `json:"recipient_age,omitempty"` // years, 0–130
	Gender       string      `json:"recipient_gender,omitempty"`
	Relationship string      `json:"relationship,omitempty"` // a free word: "family", "father", "boss"
	Occasion     string      `json:"occasion,omitempty"`     // a free word: "birthday", "march_8"
	Vibe         Words       `json:"vibe,omitempty"`
	Interests    Words       `json:"interests,omitempty"`
	Description  string      `json:"interests_description,omitempty"`
	Goal         Goal        `json:"gifting_goal,omitempty"`
	Effort       Effort      `json:"effort_level,omitempty"`
	Mode         SessionMode `json:"session_mode,omitempty"`
	Budget       *int64      `json:"budget,omitempty"`   // whole units of Currency
	Currency     string      `json:"currency,omitempty"` // ISO 4217; a budget without is in RUB; without a budget: of all prices, any when absent
	BudgetRUB    *int64      `json:"budget_rub,omitempty"`
	DeadlineDays *int        `json:"deadline_days,omitempty"`
	City         string      `json:"city,omitempty"`
	Constraints  Words       `json:"constraints,omitempty"` // tags of Constraints
	Language     Language    `json:"language,omitempty"`
}

// Words is a list of words that may also be written as one string, with commas between.
type Words []string

// UnmarshalJSON accepts "a, b" as well as ["a", "b"].
func (w *Words) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		var s string
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
		*w = SplitWords(s)
		return nil
	}
	if err := json.Unmarshal(data, (*[]string)(w)); err != nil {
		return errors.New("vibe, interests and constraints must each be a list of strings, or one string with commas")
	}
	return nil
}

// SplitWords splits at commas and semicolons, trims, and drops what is empty.
func SplitWords(s string) Words {
	var out Words
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || r == ';' }) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// Validate names every field that cannot be used, with what would be accepted instead. Words that
// people phrase freely (relationship, occasion, vibe, gender) are never refused for what they say.
func (q Quiz) Validate() error {
	v := &quizCheck{err: domain.Invalid("quiz_invalid", "the quiz cannot be used as it stands; correct the fields listed")}
	v.numbers(q)
	v.choices(q)
	v.word("recipient_gender", q.Gender, maxWordChars)
	v.word("relationship", q.Relationship, maxWordChars)
	v.word("occasion", q.Occasion, maxWordChars)
	v.word("city", q.City, maxWordChars)
	v.word("interests_description", q.Description, MaxDescription)
	v.words("vibe", q.Vibe, maxVibes, maxWordChars)
	v.words("interests", q.Interests, MaxInterests, MaxInterestChars)
	v.words("constraints", q.Constraints, maxConstraints, maxWordChars)
	v.tags(q.Constraints)
	if len(v.err.Fields) == 0 {
		return nil
	}
	return v.err
}

// Notices tells people which of their words ideas cannot go by.
func (q Quiz) Notices() (notices []string) {
	word := cut(snake(q.Relationship), maxWordChars)
	_, named := peopleByForm()[word]
	if kind, _ := generalRelation(word); word != "" && word != string(RelationUnknown) && !named && kind == RelationUnknown {
		notices = append(notices, fmt.Sprintf("the relationship %q is not known here, so ideas made by rules do not go by it; known are words such as friend, mother, colleague or brother", q.Relationship))
	}
	return notices
}

type quizCheck struct{ err *domain.Error }

func (v *quizCheck) blame(path, format string, args ...any) {
	v.err = v.err.On(path, format, args...)
}

func (v *quizCheck) numbers(q Quiz) {
	if q.Age != nil && (*q.Age < 0 || *q.Age > MaxAge) {
		v.blame("recipient_age", "must be 0 to %d years, is %d", MaxAge, *q.Age)
	}
	if q.DeadlineDays != nil && *q.DeadlineDays < 0 {
		v.blame("deadline_days", "must not be negative, is %d", *q.DeadlineDays)
	}
	v.budget("budget", q.Budget)
	v.budget("budget_rub", q.BudgetRUB)
	if q.Budget != nil && q.BudgetRUB != nil {
		v.blame("budget_rub", "give either budget with currency, or budget_rub")
	}
	if c := normalCurrency(q.Currency); !domain.IsCurrency(c) {
		v.blame("currency", "must be an ISO 4217 code such as RUB or EUR")
	}
}

func (v *quizCheck) budget(path string, budget *int64) {
	if budget != nil && (*budget <= 0 || *budget > maxBudget) {
		v.blame(path, "must be more than 0 and at most %d, is %d; leave it out when there is no limit", int64(maxBudget), *budget)
	}
}

func (v *quizCheck) choices(q Quiz) {
	choice(v, "gifting_goal", q.Goal, Goals())
	choice(v, "effort_level", q.Effort, Efforts())
	choice(v, "session_mode", q.Mode, SessionModes())
	choice(v, "language", q.Language, Languages())
}

func choice[T ~string](v *quizCheck, path string, given T, allowed []T) {
	if given != "" && !slices.Contains(allowed, given) {
		v.blame(path, "must be one of %s", oneOf(allowed))
	}
}

func (v *quizCheck) word(path, s string, limit int) {
	if !utf8.ValidString(s) {
		v.blame(path, "is not valid UTF-8")
		return
	}
	if n := utf8.RuneCountInString(clean(s)); n > limit {
		v.blame(path, "must have at most %d characters, has %d", limit, n)
	}
}

func (v *quizCheck) words(path string, list Words, most, limit int) {
	if len(list) > most {
		v.blame(path, "must have at most %d entries, has %d", most, len(list))
		return
	}
	for i, s := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		if v.word(at, s, limit); utf8.ValidString(s) && clean(s) == "" {
			v.blame(at, "must not be blank")
		}
	}
}

// tags refuses constraints that nothing would heed: a veto that is misspelt must not pass for one.
func (v *quizCheck) tags(list Words) {
	if len(list) > maxConstraints {
		return
	}
	byWord := constraintsByWord()
	for i, s := range list {
		if _, known := constraintOf(s, byWord); !known && utf8.ValidString(s) && clean(s) != "" {
			v.blame(fmt.Sprintf("constraints[%d]", i), "is no constraint; known are %s", oneOf(Constraints()))
		}
	}
}

func oneOf[T ~string](allowed []T) string {
	names := make([]string, len(allowed))
	for i, a := range allowed {
		names[i] = string(a)
	}
	return strings.Join(names, ", ")
}
