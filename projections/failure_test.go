package projections_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	"gifty/eventstore/pgtest"
	"gifty/projections"
)

// fragile counts people by name, and fails as told. Its rules read broken, which no real rule may.
func fragile(rule func(*Team, Joined)) projections.Table[Team] {
	return projections.Table[Team]{
		Name: "fragile", Version: 1,
		Fold: projections.Fold(projections.On(
			func(e Joined, _ domain.Meta) Team { return Team{Name: e.Name} },
			func(t *Team, e Joined, _ domain.Meta) { t.Joined++; rule(t, e) },
		)),
		Setup: []string{"ALTER TABLE {table} ADD CHECK (joined >= 0)"},
	}
}

func joined(names ...string) (events []any) {
	for _, n := range names {
		events = append(events, Joined{Person: uuid.New(), Name: n, Team: "t"})
	}
	return events
}

func TestAFailureStopsOnlyItsTableUntilItIsMended(t *testing.T) {
	t.Parallel()
	rules := map[string]func(*Team, Joined){
		"panic":      func(_ *Team, _ Joined) { panic("rule for " + "bad") },
		"constraint": func(t *Team, _ Joined) { t.Joined = -1 },
		"key":        func(t *Team, _ Joined) { t.Name = "other" },
	}
	for name, rule := range rules {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := pgtest.New(t)
			log := newStore(t, pool)
			var broken atomic.Bool
			broken.Store(true)
			stopped := make(chan domain.Position, 100)
			add(t, log, joined("a", "b", "a", "bad", "c", "a", "bad", "d")...)
			last := add(t, log, joined("e")...)
			e, _ := start(t, pool, projections.Options{Stopped: func(table string, _ int, at domain.Position, err error) {
				if table == "fragile" && err != nil {
					stopped <- at
				}
			}}, teams(), fragile(func(t *Team, e Joined) {
				if e.Name == "bad" && broken.Load() {
					rule(t, e)
				}
			}))
			if at := <-stopped; at != 4 {
				t.Fatalf("stopped at event %d, want 4", at)
			}
			wait(t, e, last, "teams")
			err := e.Wait(t.Context(), last, "fragile")
			if !errors.Is(err, &domain.Error{Kind: domain.KindUnavailable, Code: "projection_behind"}) || !strings.Contains(err.Error(), "stopped at event 4") {
				t.Errorf("waiting for a stopped table: %v", err)
			}
			got := all[Team](t, pool, "SELECT * FROM fragile ORDER BY name")
			if len(got) != 2 || got[0] != (Team{"a", 2}) || got[1] != (Team{"b", 1}) {
				t.Errorf("what precedes the event is not there: %v", got)
			}
			s := status(t, e, "fragile")
			if s.State != "stopped" || s.Position != 3 || *s.FailedAt != 4 || !strings.Contains(*s.Error, "event 4 (toy.joined.v1): ") || s.LagEvents != 6 {
				t.Errorf("status: %+v, error %s", s, *s.Error)
			}

			broken.Store(false)
			caughtUp(t, e)
			if s := status(t, e, "fragile"); s.State != "live" || s.Error != nil || s.FailedAt != nil || s.LagEvents != 0 {
				t.Errorf("status after the cause is gone: %+v", s)
			}
			if got := all[Team](t, pool, "SELECT * FROM fragile WHERE name IN ('a', 'bad', 'e') ORDER BY name"); len(got) != 3 || got[0].Joined != 3 || got[1].Joined != 2 || got[2].Joined != 1 {
				t.Errorf("rows after the cause is gone: %v", got)
			}
		})
	}
}

// caughtUp waits as CatchUp does, for as long as a table is stopped too.
func caughtUp(t *testing.T, e *projections.Engine) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		err := e.CatchUp(ctx)
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
}

func status(t *testing.T, e *projections.Engine, table string) projections.Status {
	t.Helper()
	list, err := e.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		if s.Table == table && s.Active {
			return s
		}
	}
	t.Fatalf("no status of %s in %+v", table, list)
	return projections.Status{}
}

// insert puts an event into the log behind the store's back.
func insert(t *testing.T, pool *pgxpool.Pool, at int, typ, payload string) {
	t.Helper()
	_, err := pool.Exec(t.Context(), `WITH h AS (UPDATE log_head SET position = $1)
		INSERT INTO events VALUES ($1, 'odd-' || $1, 1, $2, gen_random_uuid(), now(), $3::json, '{"actor":"test"}')`, at, typ, payload)
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatCannotBeDecodedStopsTheTable(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	insert(t, pool, 1, "toy.joined.v1", `{"name":"a","team":"x"}`)
	insert(t, pool, 2, "toy.joined.v1", `{"name":5}`)
	stopped := make(chan error, 1)
	e, _ := start(t, pool, projections.Options{StoppedRetry: time.Hour, Stopped: func(_ string, _ int, _ domain.Position, err error) { stopped <- err }}, teams())
	if err := <-stopped; !strings.Contains(err.Error(), "event 2 (toy.joined.v1): decode toy.joined.v1") {
		t.Error(err)
	}
	if s := status(t, e, "teams"); s.Position != 1 || s.State != "stopped" {
		t.Errorf("status: %+v", s)
	}
}

func TestAGapInTheLogStopsTheTable(t *testing.T) {
	t.Parallel()
	for name, positions := range map[string][]int{"inside a batch": {1, 2, 4, 5}, "longer than a batch": {1, 2, 40}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := pgtest.New(t)
			for _, p := range positions {
				insert(t, pool, p, "toy.ignored.v1", `{}`)
			}
			stopped := make(chan error, 1)
			start(t, pool, projections.Options{BatchSize: 10, StoppedRetry: time.Hour, Stopped: func(_ string, _ int, _ domain.Position, err error) { stopped <- err }}, teams())
			if err := <-stopped; !strings.Contains(err.Error(), "event 3 is missing") {
				t.Error(err)
			}
		})
	}
}
