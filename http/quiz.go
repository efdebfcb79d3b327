package http

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"gifty/domain/discovery"
)

// QuizForm is the quiz as a giver is asked it, in their language.
type QuizForm struct {
	Language  discovery.Language `json:"language"`
	Version   int                `json:"version" doc:"Of the configuration module quiz_questions."`
	Questions []QuizFormQuestion `json:"questions" doc:"In the order in which they are asked."`
}

// QuizFormQuestion is one question.
type QuizFormQuestion struct {
	ID       string                   `json:"id"`
	Field    string                   `json:"field" doc:"The quiz's field that the answer fills; answers to several questions of kind many go into one list."`
	Kind     discovery.QuestionKind   `json:"kind" enum:"choice,many,number,words,text"`
	Required bool                     `json:"required"`
	Text     string                   `json:"text"`
	Options  []QuizFormOption         `json:"options"`
	When     *discovery.QuizCondition `json:"when,omitempty" doc:"Ask only if this holds of an earlier answer."`
}

// QuizFormOption is an answer to choose.
type QuizFormOption struct {
	Value string `json:"value"`
	Text  string `json:"text"`
}

func registerQuiz(a *api) {
	handle(a, huma.Operation{
		OperationID: "get-quiz", Method: http.MethodGet, Path: "/v1/quiz", Tags: []string{tagDiscoveries}, Security: forAll(),
		Summary: "Read the questions of the quiz that a dialogue begins with", Errors: []int{http.StatusUnprocessableEntity, http.StatusServiceUnavailable},
	}, a.getQuiz)
}

func (a *api) getQuiz(ctx context.Context, in *struct {
	Language discovery.Language `query:"language" enum:"ru,en" default:"ru" doc:"In which the questions are asked."`
}) (*struct{ Body QuizForm }, error) {
	r, err := a.Configuration.Current(ctx, discovery.QuestionsModule)
	if err != nil {
		return nil, err
	}
	asked, err := discovery.ParseQuestions(r.Config)
	if err != nil {
		return nil, err
	}
	form := QuizForm{Language: in.Language, Version: r.Version, Questions: []QuizFormQuestion{}}
	for _, q := range asked.Questions {
		one := QuizFormQuestion{ID: q.ID, Field: q.Field, Kind: q.Kind, Required: q.Required, Text: q.Text[in.Language], Options: []QuizFormOption{}, When: q.When}
		for _, o := range q.Options {
			one.Options = append(one.Options, QuizFormOption{o.Value, o.Text[in.Language]})
		}
		form.Questions = append(form.Questions, one)
	}
	return &struct{ Body QuizForm }{form}, nil
}
