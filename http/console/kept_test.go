package console

import (
	"context"
	"errors"
	"testing"
)

// Until there is an answer, an earlier process's is shown; after that none is asked for.
func TestAnEarlierProcesssAnswerIsShownFirst(t *testing.T) {
	t.Parallel()
	counted, started := make(chan string), make(chan func(context.Context), 10)
	k := newKept(func(f func(context.Context)) { started <- f }, 0, func(context.Context) (string, error) { return <-counted, nil })
	former, failed := "", error(nil)
	k.former = func(context.Context) (string, bool, error) { return former, former != "", failed }
	is := func(want string, trouble error) {
		t.Helper()
		if answer, known, err := k.get(t.Context()); answer != want || known != (want != "") || !errors.Is(err, trouble) {
			t.Errorf("%q, %t, %v", answer, known, err)
		}
	}
	is("", nil)
	former = "of yesterday"
	is("of yesterday", nil)
	former, failed = "", errors.New("the database is away")
	is("", failed)
	go func() { counted <- "of today" }()
	(<-started)(t.Context())
	is("of today", nil)
	if len(started) != 1 {
		t.Errorf("%d are at it", len(started))
	}
}
