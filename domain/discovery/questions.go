package discovery

import (
	"bytes"
	_ "embed" // the shipped questions
	"encoding/json"
	"fmt"
	"slices"

	"gifty/domain"
)

// QuestionsModule is the name under which the quiz's questions are configured.
const QuestionsModule = "quiz_questions"

// Questions are what a giver is asked before a dialogue, in their order.
type Questions struct {
	Questions []QuizQuestion `json:"questions"`
}

// QuizQuestion is one of them. What is answered fills a field of the quiz.
type QuizQuestion struct {
	ID       string              `json:"id"`
	Field    string              `json:"field"` // one of QuizFields
	Kind     QuestionKind        `json:"kind"`
	Required bool                `json:"required,omitempty"`
	Text     map[Language]string `json:"text"`
	Options  []QuizOption        `json:"options,omitempty"` // of choice and many
	When     *QuizCondition      `json:"when,omitempty"`    // nil: it is asked in any case
}

// QuestionKind is how a question is answered.
type QuestionKind string

// The kinds.
const (
	AskChoice QuestionKind = "choice" // by one of the options
	AskMany   QuestionKind = "many"   // by any of the options; several questions may fill the same field
	AskNumber QuestionKind = "number"
	AskWords  QuestionKind = "words" // by a list of words
	AskText   QuestionKind = "text"
)

// QuizOption is an answer to choose.
type QuizOption struct {
	Value string              `json:"value"`
	Text  map[Language]string `json:"text"`
}

// QuizCondition is an answer to an earlier question, upon which another is asked: a number between two, or
// one of some words.
type QuizCondition struct {
	Field string   `json:"field"`
	Is    []string `json:"is,omitempty"`
	From  *int     `json:"from,omitempty"`
	To    *int     `json:"to,omitempty"`
}

//go:embed questions.json
var shippedQuestions []byte

// ShippedQuestions are the questions that the product comes with, as JSON.
func ShippedQuestions() []byte { return bytes.Clone(shippedQuestions) }

// maxQuestions bounds a quiz.
const maxQuestions = 100

// ParseQuestions reads questions from JSON. Errors: questions_malformed, and questions_invalid, which names
// every field that can't be used: what is answered must be accepted as a quiz.
func ParseQuestions(config []byte) (q Questions, err error) {
	d := json.NewDecoder(bytes.NewReader(config))
	d.DisallowUnknownFields()
	if err := d.Decode(&q); err != nil {
		return q, domain.Invalid("questions_malformed", "these are no questions of a quiz: %s", err)
	}
	return q, q.check()
}

func (q Questions) check() error {
	bad := domain.Invalid("questions_invalid", "these questions cannot be asked as they stand; correct the fields listed")
	if len(q.Questions) == 0 || len(q.Questions) > maxQuestions {
		bad = bad.On("questions", "must be 1 to %d", maxQuestions)
	}
	for i, one := range q.Questions {
		bad = one.check(bad, fmt.Sprintf("questions[%d]", i), q.Questions[:i])
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

func (q QuizQuestion) check(bad *domain.Error, at string, before []QuizQuestion) *domain.Error {
	if q.ID == "" || slices.ContainsFunc(before, func(o QuizQuestion) bool { return o.ID == q.ID }) {
		bad = bad.On(at+".id", "must be there, and no other question's")
	}
	if !slices.Contains(QuizFields(), q.Field) {
		bad = bad.On(at+".field", "must be one of %s", oneOf(QuizFields()))
	} else if q.Kind != AskMany && slices.ContainsFunc(before, func(o QuizQuestion) bool { return o.Field == q.Field }) {
		bad = bad.On(at+".field", "is asked for already")
	}
	if !told(q.Text) {
		bad = bad.On(at+".text", "must be there in each language")
	}
	chosen := q.Kind == AskChoice || q.Kind == AskMany
	if !chosen && !slices.Contains([]QuestionKind{AskNumber, AskWords, AskText}, q.Kind) {
		bad = bad.On(at+".kind", "must be choice, many, number, words or text")
	}
	if chosen != (len(q.Options) > 0) {
		bad = bad.On(at+".options", "must be there for choice and many, and only for them")
	}
	for i, o := range q.Options {
		if err := q.accepts(o.Value); !told(o.Text) || err != nil {
			bad = bad.On(fmt.Sprintf("%s.options[%d]", at, i), "must have a text in each language and a value that the quiz accepts")
		}
	}
	if w := q.When; w != nil && (!slices.ContainsFunc(before, func(o QuizQuestion) bool { return o.Field == w.Field }) || len(w.Is) == 0 && w.From == nil && w.To == nil) {
		bad = bad.On(at+".when", "must name a field that is asked for before, and words or bounds")
	}
	return bad
}

func told(text map[Language]string) bool {
	for _, l := range Languages() {
		if text[l] == "" {
			return false
		}
	}
	return true
}

// accepts tells whether an option can be the quiz's answer.
func (q QuizQuestion) accepts(value string) error {
	answer := any(value)
	if q.Kind == AskMany {
		answer = []string{value}
	}
	quiz, err := json.Marshal(map[string]any{q.Field: answer})
	if err != nil {
		return err
	}
	read, err := ParseQuizzes(quiz)
	if err != nil {
		return err
	}
	return read[0].Validate()
}
