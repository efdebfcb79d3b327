package console

import (
	"context"
	"errors"
	"testing"

	"gifty/projections"
)

// A question that is refused only when it is asked, before its job has begun, is answered, and so is the next one.
func TestQuestionsThatFailAtOnce(t *testing.T) {
	t.Parallel()
	// As a server's: it waits until the job has begun, or is over.
	a, err := newAnswers(func(ctx context.Context, do func(context.Context, projections.RebuildOptions) error) (projections.Job, error) {
		ended := make(chan error)
		go func() { ended <- do(ctx, projections.RebuildOptions{}) }()
		return projections.Job{ID: 1}, <-ended
	})
	if err != nil {
		t.Fatal(err)
	}
	refused := errors.New("there is no such breakdown")
	for question, want := range []error{refused, nil, refused} {
		answer, job, err := ask(t.Context(), a, question, func() (finding[string], error) {
			return func(context.Context, projections.RebuildOptions) (string, error) { return "found", want }, nil
		})
		if !errors.Is(err, want) || want == nil && (answer != "found" || job != nil) {
			t.Errorf("%q %v %v", answer, job, err)
		}
	}
}
