package projections_test

import (
	"context"
	"errors"
	"fmt"
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
