package projections_test

import (
	"testing"

	"gifty/eventstore/pgtest"
	"gifty/projections"
)

func TestAnswersAreKept(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	e := newEngine(t, pool, projections.Options{}, teams())
	log := newStore(t, pool)
	add(t, log, Ignored{}, Ignored{}, Ignored{})
	keep := func(k projections.Kept) {
		t.Helper()
		k.Question = "how many"
		if err := e.Keep(t.Context(), k, []string{"toy.left.v1"}); err != nil {
			t.Fatal(err)
		}
	}
	is := func(version int, want string) {
		t.Helper()
		var answer string
		upTo, ok, err := e.Kept(t.Context(), "how many", version, &answer)
		if err != nil || ok != (want != "") || ok != (upTo > 0) || answer != want {
			t.Errorf("version %d: %q up to %d, %v", version, answer, upTo, err)
		}
	}
	is(1, "")
	keep(projections.Kept{Version: 1, Position: 2, Answer: "two"})
	keep(projections.Kept{Version: 1, Position: 1, Answer: "one, late"})
	is(1, "two")
	is(2, "")
	keep(projections.Kept{Version: 1, Position: 2, Answer: "two, on another day"})
	is(1, "two, on another day")
	keep(projections.Kept{Version: 2, Position: 1, Answer: "of another program"})
	is(1, "")
	is(2, "of another program")
	keep(projections.Kept{Version: 2, Position: 9, Answer: "of a log that was longer"})
	is(2, "")
	keep(projections.Kept{Version: 2, Position: 3, Answer: "three"})
	is(2, "three")
	at := add(t, log, Left{})
	keep(projections.Kept{Version: 2, Position: at - 1, Answer: "of who has left"})
	is(2, "three")
	if err := e.ForgetAnswers(t.Context()); err != nil {
		t.Fatal(err)
	}
	is(2, "")
	keep(projections.Kept{Version: 2, Position: at, Answer: "four"})
	is(2, "four")
}
