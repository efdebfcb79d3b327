package projections_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	"gifty/eventstore/pgtest"
	"gifty/projections"
)

// deferring is teams with an index that is not kept row by row, and that takes no team without a name.
func deferring() projections.Table[Team] {
	table := teams()
	table.Deferred = []string{"CREATE INDEX ON {table} ((joined / length(name))) WHERE indexed"}
	return table
}

func settle(t *testing.T, e *projections.Engine) {
	t.Helper()
	if err := e.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// holdSettling keeps new teams from their index until it is released.
func holdSettling(t *testing.T, pool *pgxpool.Pool) (release func()) {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	if err == nil {
		_, err = tx.Exec(t.Context(), `SELECT pg_advisory_xact_lock(x'67696634'::int, hashtext('teams_v1'))`)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func join(log domain.Log, t *testing.T, teams ...string) domain.Position {
	var events []any
	for _, e := range joined(teams...) {
		j := e.(Joined)
		j.Team = j.Name
		events = append(events, j)
	}
	return add(t, log, events...)
}

func TestNewRowsAreIndexedLater(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	e, stop := start(t, pool, projections.Options{}, deferring(), people())
	wait(t, e, join(log, t, "a", "b"), "teams")
	settle(t, e)

	release := holdSettling(t, pool)
	wait(t, e, join(log, t, "b", "c"), "teams", "people")
	if s := status(t, e, "teams"); s.Unindexed != 2 || s.IndexError != nil { // b has changed
		t.Errorf("%+v", s)
	}
	if s := status(t, e, "people"); s.Unindexed != 0 {
		t.Errorf("it has no such index: %+v", s)
	}
	sound(t, e)
	stop() // while rows wait

	e, _ = start(t, pool, projections.Options{}, deferring(), people())
	other, stopOther := start(t, pool, projections.Options{}, deferring(), people())
	rebuild(t, e, projections.RebuildOptions{}, "teams")
	if s := status(t, e, "teams"); s.Unindexed != 0 {
		t.Errorf("a rebuild indexes what it stores: %+v", s)
	}
	wait(t, e, join(log, t, "d"), "teams")
	release()
	settle(t, e)
	stopOther()
	wait(t, other, join(log, t, "e"), "teams")
	settle(t, e)
	sound(t, e)
}

func TestAnIndexThatRefusesARowIsTold(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	e, _ := start(t, pool, projections.Options{}, deferring())
	wait(t, e, join(log, t, ""), "teams") // following takes it, and the index does not
	for {
		s := status(t, e, "teams")
		if s.IndexError != nil {
			if !strings.Contains(*s.IndexError, "division by zero") || s.State != "live" || s.Unindexed != 1 {
				t.Errorf("%+v", s)
			}
			break
		}
	}
	if _, err := pool.Exec(t.Context(), fmt.Sprintf("DELETE FROM %s", "teams_v1")); err != nil {
		t.Fatal(err)
	}
	settle(t, e)
	for status(t, e, "teams").IndexError != nil {
	}
}
