package projections_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"pgregory.net/rapid"

	"gifty/domain"
	"gifty/eventstore/pgtest"
	"gifty/projections"
)

func TestARebuildKeepsWhatWasServedUntilItIsPruned(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	e, _ := start(t, pool, projections.Options{}, teams(), people())
	wait(t, e, add(t, log, joined("a", "b")...), "teams", "people")
	if _, err := pool.Exec(t.Context(), "UPDATE teams_v1 SET joined = 77"); err != nil { // by hand, which a rebuild mends
		t.Fatal(err)
	}
	var last projections.Job
	rebuild(t, e, projections.RebuildOptions{Progress: func(j projections.Job) { last = j }}, "teams")
	count := func(want int) {
		t.Helper()
		if got := all[Team](t, pool, "SELECT * FROM teams"); len(got) != 1 || got[0].Joined != want {
			t.Errorf("got %v, want %d joined", got, want)
		}
	}
	count(2)
	if last.State != "done" || last.Events != 2 || last.Total != 2 || !slices.Equal(last.Tables, []string{"teams"}) {
		t.Errorf("progress: %+v", last)
	}
	wait(t, e, add(t, log, joined("c")...), "teams") // the projectors go on with the new table
	count(3)
	if err := e.Rollback(t.Context(), "teams", projections.RebuildOptions{}); err != nil {
		t.Fatal(err)
	}
	count(78) // caught up, on top of what was wrong
	if err := e.Rollback(t.Context(), "teams", projections.RebuildOptions{}); err != nil {
		t.Fatal(err)
	}
	count(3)
	dropped, err := e.Prune(t.Context())
	if err != nil || !slices.Equal(dropped, []string{"gifty_previous.teams_v1"}) {
		t.Error(dropped, err)
	}
	if err := e.Rollback(t.Context(), "teams", projections.RebuildOptions{}); !errors.Is(err, &domain.Error{Kind: domain.KindNotFound, Code: "nothing_to_roll_back"}) {
		t.Error(err)
	}
	wait(t, e, add(t, log, joined("d")...), "teams")
	count(4)
	noLeftovers(t, pool)
}

func rebuild(t testing.TB, e *projections.Engine, opt projections.RebuildOptions, names ...string) {
	t.Helper()
	if err := e.Rebuild(t.Context(), names, opt); err != nil {
		t.Fatal(err)
	}
}

func noLeftovers(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	var schemas []string
	if err := pool.QueryRow(context.Background(), `SELECT coalesce(array_agg(nspname::text), '{}') FROM pg_namespace WHERE nspname LIKE 'gifty\_build%' OR nspname = 'gifty_switch'`).Scan(&schemas); err != nil || len(schemas) > 0 {
		t.Error("left behind:", schemas, err)
	}
}

func TestAnEventThatCannotBeAppliedFailsTheRebuildOfItsTableOnly(t *testing.T) {
	t.Parallel()
	rules := map[string]func(*Team, Joined){
		"panic":      func(_ *Team, _ Joined) { panic("rule for bad") },
		"constraint": func(t *Team, _ Joined) { t.Joined = -1 },
		"key":        func(t *Team, _ Joined) { t.Name = "other" },
	}
	for name, rule := range rules {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := pgtest.New(t)
			log := newStore(t, pool)
			fine := fragile(func(*Team, Joined) {})
			e, stop := start(t, pool, projections.Options{}, teams(), fine)
			wait(t, e, add(t, log, joined("a", "b", "bad", "c", "bad")...), "teams", "fragile")
			stop()
			broken := fragile(func(t *Team, e Joined) {
				if e.Name == "bad" {
					rule(t, e)
				}
			})
			broken.Version = 2
			e = newEngine(t, pool, projections.Options{}, teams(), broken)
			if err := e.Prepare(t.Context()); err != nil {
				t.Fatal(err)
			}
			err := e.Rebuild(t.Context(), nil, projections.RebuildOptions{})
			if err == nil || !strings.Contains(err.Error(), "fragile_v2 can't be built") || !strings.Contains(err.Error(), "event 3 (toy.joined.v1)") {
				t.Errorf("the error: %v", err)
			}
			if s := status(t, e, "fragile"); s.Version != 1 {
				t.Errorf("serving: %+v", s)
			}
			jobs, err := e.Jobs(t.Context())
			if err != nil || len(jobs) != 1 || jobs[0].State != "failed" || !strings.Contains(*jobs[0].Error, "fragile_v2") {
				t.Errorf("jobs: %+v, %v", jobs, err)
			}
			if got := all[Team](t, pool, "SELECT * FROM gifty_previous.teams_v1"); len(got) != 1 {
				t.Errorf("the other table was not rebuilt: %v", got)
			}
			noLeftovers(t, pool)
		})
	}
}

// Whatever happened, in however many passes, a table made anew equals one fold of the log, and a
// live table that goes on from it does too.
func TestARebuildEqualsOneFold(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	e, _ := start(t, pool, projections.Options{BatchSize: 7}, sized(people(), 0), sized(notes(), 0), sized(teams(), 0))
	sizes := []int{0}
	some := rapid.SliceOfN(anyEvent(), 1, 100)
	for round := range 8 { // each some tenths of a second, so not a hundred
		add(t, log, some.Example(2*round)...)
		rebuild(t, e, projections.RebuildOptions{Workers: 1 + round%5, Memory: int64(1) << (30 * (round % 2))})
		for range 2 {
			events := history(t, log)
			compare(t, pool, people(), sizes, events)
			compare(t, pool, notes(), sizes, events)
			compare(t, pool, teams(), sizes, events)
			add(t, log, some.Example(2*round+1)...)
			if err := e.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	noLeftovers(t, pool)
}

func TestTwoRebuildsOfOneTableNeverRunAtOnce(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	e, _ := start(t, pool, projections.Options{}, teams(), people())
	wait(t, e, add(t, log, joined("a")...), "teams", "people")
	other := newEngine(t, pool, projections.Options{}, teams(), people())
	asked := false
	rebuild(t, e, projections.RebuildOptions{Progress: func(j projections.Job) {
		if asked || j.State != "running" {
			return
		}
		asked = true
		if err := other.Rebuild(t.Context(), []string{"teams"}, projections.RebuildOptions{}); !errors.Is(err, &domain.Error{Kind: domain.KindConflict, Code: "rebuild_running"}) {
			t.Errorf("a second rebuild at once: %v", err)
		}
		rebuild(t, other, projections.RebuildOptions{}, "people")
	}}, "teams")
	if !asked {
		t.Error("no progress was told")
	}
}

func TestAJobStopsWhenAsked(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	release := make(chan struct{})
	goOn := sync.OnceFunc(func() { close(release) })
	slow := fragile(func(*Team, Joined) { <-release })
	slow.Version = 2
	add(t, log, joined("a")...)
	e := newEngine(t, pool, projections.Options{}, slow)
	told := 0
	err := e.Rebuild(t.Context(), []string{"fragile"}, projections.RebuildOptions{Progress: func(j projections.Job) {
		switch told++; told {
		case 1:
			if err := e.StopJob(t.Context(), j.ID); err != nil {
				t.Error(err)
			}
		case 4: // it has heard of it
			goOn()
		}
	}})
	goOn() // it may have stopped before the event
	if err == nil || !strings.Contains(err.Error(), "asked to stop") {
		t.Error(err)
	}
	jobs, listErr := e.Jobs(t.Context())
	if listErr != nil || len(jobs) != 1 || jobs[0].State != "stopped" {
		t.Errorf("%+v %v", jobs, listErr)
	}
	rebuild(t, e, projections.RebuildOptions{Fresh: true}) // what was kept is in nobody's way
	noLeftovers(t, pool)
}
