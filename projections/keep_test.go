package projections_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/eventstore/pgtest"
	"gifty/projections"
)

// counted is the table teams, which tells of every event that it folds.
func counted(seen func(n int64)) projections.Table[Team] {
	var folded atomic.Int64
	table := teams()
	table.Fold = projections.Fold(projections.On(
		func(e Joined, _ domain.Meta) Team { return Team{Name: e.Team} },
		func(t *Team, e Joined, _ domain.Meta) {
			t.Joined++
			seen(folded.Add(1))
		}))
	return table
}

// Wherever a rebuild is stopped, the next one goes on from there, and the table is as if it had
// never been stopped.
func TestAStoppedRebuildIsGoneOnWith(t *testing.T) {
	t.Parallel()
	const events = 120
	for name, stop := range map[string]struct {
		event  int64  // stop after folding so many
		phase  string // or when this begins
		memory int64
		least  int64 // at least so many need not be folded again
	}{
		"while reading":             {event: 30, memory: 1, least: 1},
		"while reading, in memory":  {event: 30, memory: 1 << 30},
		"while writing":             {phase: "writing", memory: 1 << 30, least: events},
		"while writing the spilled": {phase: "writing", memory: 1},
		"while indexing":            {phase: "indexing", memory: 1, least: events},
		"while catching up":         {phase: "catching_up", memory: 1, least: events},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := pgtest.New(t)
			log := newStore(t, pool)
			for i := range events {
				add(t, log, Joined{Person: uuid.NewSHA1(uuid.Nil, fmt.Append(nil, i)), Name: "n", Team: fmt.Sprint("team", i%50)})
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			e := newEngine(t, pool, projections.Options{}, counted(func(n int64) {
				if n == stop.event {
					cancel()
				}
			}), people())
			if err := e.Prepare(t.Context()); err != nil {
				t.Fatal(err)
			}
			room := t.TempDir()
			opt := projections.RebuildOptions{Memory: stop.memory, Workers: 2, Spill: room}
			opt.Progress = func(j projections.Job) {
				if j.Phase == stop.phase {
					cancel()
				}
			}
			err := e.Rebuild(ctx, nil, opt)
			if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "goes on from there") {
				t.Fatal(err)
			}
			add(t, log, joined("late")...)
			var again atomic.Int64
			e = newEngine(t, pool, projections.Options{}, counted(func(int64) { again.Add(1) }), people())
			var first projections.Job
			opt.Progress = func(j projections.Job) {
				if first.ID == 0 {
					first = j
				}
			}
			rebuild(t, e, opt)
			if n := again.Load(); n > events+1-stop.least {
				t.Errorf("%d events were folded again", n)
			}
			got := all[Team](t, pool, "SELECT * FROM teams ORDER BY name")
			want := all[Team](t, pool, "SELECT payload ->> 'team' AS name, count(*) AS joined FROM events GROUP BY 1 ORDER BY 1")
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("got %v, want %v", got, want)
			}
			if v, err := e.Verify(t.Context(), projections.VerifyOptions{Deep: true}); err != nil || len(v.Findings) > 0 {
				t.Errorf("%+v, %v", v, err)
			}
			noLeftovers(t, pool)
			if left, err := os.ReadDir(room); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

// long is a row that fills a statement by itself, and is stored by statements: COPY's format here has no smallint.
type long struct {
	Name  string `json:"name" db:"pk"`
	Text  string `json:"text"`
	Times int    `json:"times" db:"type=smallint"`
}

// A rebuild that is stopped while it stores rows finishes those it has begun with: the next one does not
// store them again.
func TestAStoppedRebuildKnowsWhatItHasStored(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	add(t, newStore(t, pool), joined("n0", "n22")...) // of one slice
	gate, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer gate.Release()
	if _, err := gate.Exec(t.Context(), `CREATE FUNCTION pass_gate() RETURNS trigger LANGUAGE plpgsql
		AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(22); RETURN NEW; END'; SELECT pg_advisory_lock(22)`); err != nil {
		t.Fatal(err)
	}
	e := newEngine(t, pool, projections.Options{}, projections.Table[long]{
		Name: "long", Version: 1,
		Fold: projections.Fold(projections.On(
			func(e Joined, _ domain.Meta) long { return long{Name: e.Name, Text: strings.Repeat("x", 1<<16)} },
			func(l *long, _ Joined, _ domain.Meta) { l.Times++ })),
		Setup: []string{"CREATE TRIGGER gate BEFORE INSERT ON {table} FOR EACH ROW WHEN (NEW.name = 'n22') EXECUTE FUNCTION pass_gate()"},
	})
	if err := e.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	opt := projections.RebuildOptions{Workers: 2, Spill: t.TempDir()}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- e.Rebuild(ctx, nil, opt) }()
	for stands := false; !stands; {
		if err := gate.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 22 AND NOT granted)`).Scan(&stands); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if _, err := gate.Exec(t.Context(), "SELECT pg_advisory_unlock(22)"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, projections.ErrKept) {
		t.Fatal(err)
	}
	rebuild(t, e, opt)
	if got := all[long](t, pool, "SELECT name, times FROM long ORDER BY name"); fmt.Sprint(got) != "[{n0  1} {n22  1}]" {
		t.Errorf("got %v", got)
	}
	noLeftovers(t, pool)
}

// Of a table with a row that can't be stored nothing is kept: what could not be spilled would be missing.
func TestNothingIsKeptOfATableThatHasFailed(t *testing.T) {
	t.Parallel()
	type score struct {
		Name   string  `json:"name" db:"pk"`
		Points float64 `json:"points"`
	}
	pool := pgtest.New(t)
	add(t, newStore(t, pool), joined("a", "b")...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	e := newEngine(t, pool, projections.Options{}, projections.Table[score]{
		Name: "scores", Version: 1,
		Fold: projections.Fold(projections.On(
			func(e Joined, _ domain.Meta) score { return score{Name: e.Name} },
			func(s *score, e Joined, _ domain.Meta) {
				if cancel(); e.Name == "b" {
					s.Points = math.NaN()
				}
			})),
	})
	if err := e.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	opt := projections.RebuildOptions{Workers: 2, Spill: t.TempDir()}
	if err := e.Rebuild(ctx, nil, opt); !errors.Is(err, context.Canceled) || errors.Is(err, projections.ErrKept) {
		t.Errorf("stopped: %v", err)
	}
	noLeftovers(t, pool)
	if err := e.Rebuild(t.Context(), nil, opt); err == nil || !strings.Contains(err.Error(), "event 2") {
		t.Errorf("again: %v", err)
	}
}
