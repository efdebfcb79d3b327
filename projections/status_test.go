package projections_test

import (
	"fmt"
	"testing"

	"gifty/projections"
)

func TestRowsAreCountedOnceAfterARebuild(t *testing.T) {
	t.Parallel()
	pool, log := bumped(t, "a")
	e := newEngine(t, pool, projections.Options{}, teams(), people(), notes())
	if err := e.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		add(t, log, joined(fmt.Sprint(i))[0], NoteAdded{Note: int64(i)})
	}
	rebuild(t, e, none)
	// Ends every connection of the job; the last thing that each does is to report its counts.
	for left := 1; left > 0; {
		if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'gifty rebuild'").Scan(&left); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]int64{"teams": 1, "people": 41, "notes": 40} {
		if s := status(t, e, name); s.Rows != want {
			t.Errorf("%s: %d rows, want %d", name, s.Rows, want)
		}
	}
}
