package discovery_test

import (
	"testing"

	"gifty/domain/discovery"
	"gifty/domain/domaintest"
)

func TestTheShippedQuestionsFillAQuiz(t *testing.T) {
	t.Parallel()
	q, err := discovery.ParseQuestions(discovery.ShippedQuestions())
	if err != nil {
		t.Fatal(err)
	}
	fixed, conditional := 0, 0
	for _, one := range q.Questions {
		if one.When == nil {
			fixed++
		} else {
			conditional++
		}
	}
	if fixed < 12 || fixed > 18 || conditional < 10 || conditional > 25 {
		t.Errorf("%d fixed questions and %d conditional", fixed, conditional)
	}
}

func TestQuestionsThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	for config, fields := range map[string][]string{
		`{"questions":[]}`: {"questions"},
		`{"questions":[{"id":"a","field":"nothing","kind":"sing","text":{"ru":"x"}}]}`: {"questions[0].field", "questions[0].text", "questions[0].kind"},
		`{"questions":[{"id":"a","field":"occasion","kind":"text","text":{"ru":"x","en":"x"},"options":[{"value":"a","text":{"ru":"x","en":"x"}}]},
			{"id":"a","field":"occasion","kind":"text","text":{"ru":"x","en":"x"},"when":{"field":"budget"}}]}`: {"questions[0].options", "questions[1].id", "questions[1].field", "questions[1].when"},
		`{"questions":[{"id":"a","field":"gifting_goal","kind":"choice","text":{"ru":"x","en":"x"},"options":[{"value":"revenge","text":{"ru":"x","en":"x"}}]}]}`: {"questions[0].options[0]"},
	} {
		_, err := discovery.ParseQuestions([]byte(config))
		domaintest.Refused(t, err, "questions_invalid", fields...)
	}
	_, err := discovery.ParseQuestions([]byte(`{"question":1}`))
	domaintest.Refused(t, err, "questions_malformed")
}
