package projections_test

import (
	"strings"
	"sync"
	"testing"

	"gifty/domain"
	"gifty/eventstore/pgtest"
	"gifty/projections"
)

func TestVerifyWaitsForNothingAndNamesWhatHasStopped(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	add(t, log, joined("a", "bad", "b")...)
	stopped := make(chan struct{}, 100)
	bad := func(_ *Team, e Joined) {
		if e.Name == "bad" {
			panic("bad")
		}
	}
	e, stop := start(t, pool, projections.Options{Stopped: func(string, int, domain.Position, error) { stopped <- struct{}{} }}, fragile(bad), teams())
	<-stopped
	wait(t, e, 3, "teams")
	stop()
	next := teams()
	next.Version = 2
	next.Fold = watched(2, func(string) { panic("no") }).Fold
	e = newEngine(t, pool, projections.Options{}, fragile(bad), next, teams())
	if err := e.Rebuild(t.Context(), []string{"teams"}, none); err == nil {
		t.Error("no error")
	}
	add(t, log, joined("c")...) // which no table holds
	v, err := e.Verify(t.Context(), projections.VerifyOptions{Deep: true})
	if err != nil || len(v.Findings) != 2 || len(v.Tables) != 2 {
		t.Fatalf("%+v, %v", v, err)
	}
	for i, want := range []projections.Finding{
		{Check: "checkpoints", Table: "fragile", Message: "version 1 has stopped: event 2 (toy.joined.v1)"},
		{Check: "checkpoints", Table: "teams", Message: "version 2 could not be built: read table teams_v2 can't be built: event 1 (toy.joined.v1)"},
	} {
		if f := v.Findings[i]; f.Check != want.Check || f.Table != want.Table || !strings.HasPrefix(f.Message, want.Message) {
			t.Errorf("%+v, want %+v", f, want)
		}
	}
}

func TestVerifyFindsAViewThatShowsAnotherTable(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	e, stop := start(t, pool, projections.Options{}, teams())
	stop()
	if _, err := pool.Exec(t.Context(), "CREATE TABLE mine (LIKE teams_v1); CREATE OR REPLACE VIEW teams AS SELECT * FROM mine"); err != nil {
		t.Fatal(err)
	}
	v, err := e.Verify(t.Context(), projections.VerifyOptions{})
	if err != nil || len(v.Findings) != 1 || v.Findings[0].Check != "views" || v.Findings[0].Table != "teams" {
		t.Errorf("%+v, %v", v, err)
	}
}

// Between verify's fold and its comparison other events come, and the table is replaced.
func TestVerifyWhileARebuildSwitches(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	e, _ := start(t, pool, projections.Options{BatchSize: 1}, teams())
	wait(t, e, add(t, log, joined("a", "gate", "b")...), "teams")
	var late, switched sync.Once
	v := newEngine(t, pool, projections.Options{BatchSize: 1}, watched(1, func(name string) {
		switch name {
		case "gate":
			late.Do(func() { wait(t, e, add(t, log, joined("late", "later")...), "teams") })
		case "later": // the last batch, in the snapshot
			switched.Do(func() {
				done := make(chan error, 1)
				go func() { done <- e.Rebuild(t.Context(), []string{"teams"}, none) }()
				for waiting := 0; waiting == 0; { // for the table that is being compared, or through already
					select {
					case err := <-done:
						if err != nil {
							t.Error(err)
						}
						return
					default:
					}
					if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
						AND query LIKE 'ALTER TABLE "teams_v1"%' AND wait_event_type = 'Lock'`).Scan(&waiting); err != nil {
						t.Error(err)
						return
					}
				}
				t.Cleanup(func() {
					if err := <-done; err != nil {
						t.Error(err)
					}
				})
			})
		}
	}))
	got, err := v.Verify(t.Context(), projections.VerifyOptions{Deep: true})
	if err != nil || len(got.Findings) > 0 || len(got.Tables) != 1 {
		t.Errorf("sound tables: %+v %v", got, err)
	}
}
