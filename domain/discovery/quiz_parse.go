package discovery

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"gifty/domain"
)

// QuizFields lists the JSON names of a quiz's fields, in their order.
func QuizFields() []string {
	return []string{
		"recipient_age", "recipient_gender", "relationship", "occasion", "vibe", "interests", "interests_description",
		"gifting_goal", "effort_level", "session_mode", "budget", "currency", "budget_rub", "deadline_days", "city",
		"constraints", "language",
	}
}

// ParseQuizzes reads one quiz or an array of quizzes. It checks the JSON and the fields' names, not
// what they hold: call Validate on each. Errors: quiz_malformed, naming the quiz by its index and the
// field, as in "[2].buget".
func ParseQuizzes(data []byte) ([]Quiz, error) {
	malformed := domain.Invalid("quiz_malformed", "this is not a quiz: give one JSON object, or an array of them")
	if !utf8.Valid(data) {
		return nil, malformed.On("", "the text is not valid UTF-8")
	}
	data = bytes.TrimSpace(data)
	if !bytes.HasPrefix(data, []byte("[")) {
		data = slices.Concat([]byte("["), data, []byte("]"))
	}
	var list []json.RawMessage
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, malformed.On("", "%s", err).Because(err)
	}
	if len(list) == 0 {
		return nil, malformed.On("", "there is no quiz in it")
	}
	quizzes := make([]Quiz, len(list))
	for i, one := range list {
		if err := quizzes[i].parse(one, fmt.Sprintf("[%d]", i), malformed); err != nil {
			return nil, err
		}
	}
	return quizzes, nil
}

// parse reads one quiz; at is where it is.
func (q *Quiz) parse(data json.RawMessage, at string, malformed *domain.Error) error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(data, &given); err != nil || given == nil {
		return malformed.On(at, "must be an object")
	}
	unknown := malformed
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(QuizFields(), name) {
			unknown = unknown.On(at+"."+name, "is no field of a quiz; its fields are %s", strings.Join(QuizFields(), ", "))
		}
	}
	if len(unknown.Fields) > 0 {
		return unknown
	}
	err := json.Unmarshal(data, q)
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrongType):
		return malformed.On(at+"."+wrongType.Field, "must not be a JSON %s", wrongType.Value).Because(err)
	case err != nil:
		return malformed.On(at, "%s", err).Because(err)
	}
	return nil
}
