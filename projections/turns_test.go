package projections

import (
	"context"
	"testing"
	"testing/synctest"
)

func TestTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		some := make(turns, 2)
		first, err := some.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := some.take(t.Context()); err != nil {
			t.Fatal(err)
		}
		impatient, stop := context.WithTimeout(t.Context(), overtime/2)
		defer stop()
		if _, err := some.take(impatient); err == nil {
			t.Error("a third works beside two")
		}
		first()
		first() // ends no other's turn
		if _, err := some.take(t.Context()); err != nil || len(some) != 2 {
			t.Errorf("%d at work: %v", len(some), err)
		}
		// Neither of the two is done in time, and two more go on without them.
		for range 2 {
			if _, err := some.take(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	})
}
