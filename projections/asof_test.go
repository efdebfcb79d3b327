package projections_test

import (
	"fmt"
	"testing"
	"time"

	"gifty/domain"
	"gifty/eventstore/pgtest"
	"gifty/projections"
)

func TestPositionAtAMomentOfUnequalClocks(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	e := newEngine(t, pool, projections.Options{}, teams())
	if at, err := e.PositionAt(t.Context(), time.Now()); err != nil || at != 0 {
		t.Errorf("of an empty log: %d, %v", at, err)
	}
	for i, hour := range []int{10, 12, 11, 13} {
		insert(t, pool, i+1, "toy.ignored.v1", `{}`)
		statement := fmt.Sprintf("ALTER TABLE events DISABLE TRIGGER USER; UPDATE events SET occurred_at = '2030-01-01 %d:00Z' WHERE position = %d", hour, i+1)
		if _, err := pool.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for minutes, want := range map[int]domain.Position{9 * 60: 0, 10 * 60: 1, 11*60 + 30: 1, 12 * 60: 3, 12*60 + 30: 3, 13 * 60: 4} {
		moment := time.Date(2030, 1, 1, 0, minutes, 0, 0, time.UTC)
		if at, err := e.PositionAt(t.Context(), moment); err != nil || at != want {
			t.Errorf("as of %s: %d, want %d, %v", moment, at, want, err)
		}
	}
}

func TestAsOfTheBeginningIsEmpty(t *testing.T) {
	t.Parallel()
	pool, _ := bumped(t, "a")
	e := newEngine(t, pool, projections.Options{}, teams(), people())
	if err := e.AsOf(t.Context(), "then", 0, []string{"teams"}, none); err != nil {
		t.Fatal(err)
	}
	if got := all[Team](t, pool, `SELECT * FROM "then".teams`); len(got) != 0 {
		t.Error(got)
	}
	if list, err := e.AsOfSchemas(t.Context()); err != nil || len(list) != 1 || list[0] != (projections.AsOfSchema{Schema: "then", Position: 0}) {
		t.Error(list, err)
	}
	if err := e.DropAsOf(t.Context(), "then"); err != nil {
		t.Error(err)
	}
	if list, err := e.AsOfSchemas(t.Context()); err != nil || len(list) != 0 {
		t.Error(list, err)
	}
}
