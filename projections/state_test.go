package projections_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	"gifty/eventstore/pgtest"
	"gifty/projections"
)

// watched is teams in a version, whose rule first hands each event's name to seen.
func watched(version int, seen func(name string)) projections.Table[Team] {
	table := teams()
	table.Version = version
	table.Fold = projections.Fold(projections.On(
		func(e Joined, _ domain.Meta) Team { return Team{Name: e.Team} },
		func(t *Team, e Joined, _ domain.Meta) { seen(e.Name); t.Joined++ }))
	return table
}

// bumped is a database whose teams were served in version 1 up to these events, by a program that
// has ended.
func bumped(t *testing.T, names ...string) (*pgxpool.Pool, domain.Log) {
	t.Helper()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	e, stop := start(t, pool, projections.Options{}, teams(), people())
	wait(t, e, add(t, log, joined(names...)...), "teams", "people")
	stop()
	return pool, log
}

func version(t *testing.T, e *projections.Engine, table string, version int) projections.Status {
	t.Helper()
	list, err := e.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(s projections.Status) bool { return s.Table == table && s.Version == version })
	if i < 0 {
		t.Fatalf("no version %d of %s in %+v", version, table, list)
	}
	return list[i]
}

// hasCode tells whether an error is a domain.Error of that code.
func hasCode(err error, code string) bool {
	var known *domain.Error
	return errors.As(err, &known) && known.Code == code
}

func TestABuildThatMeetsABadEventIsTriedOncePerProcess(t *testing.T) {
	t.Parallel()
	pool, log := bumped(t, "a", "bad")
	told := make(chan domain.Position, 100)
	opt := projections.Options{StoppedRetry: time.Nanosecond, Stopped: func(_ string, _ int, at domain.Position, _ error) { told <- at }}
	var broken atomic.Bool
	broken.Store(true)
	v2 := watched(2, func(name string) {
		if name == "bad" && broken.Load() {
			panic("bad")
		}
	})
	for run := range 2 {
		e, stop := start(t, pool, opt, v2, people())
		err := e.CatchUp(t.Context())
		if !hasCode(err, "projection_failed") || !strings.Contains(err.Error(), "version 2 of the read table teams could not be built") || !strings.Contains(err.Error(), "event 2") {
			t.Errorf("CatchUp: %v", err)
		}
		if s := version(t, e, "teams", 2); s.State != "failed" || s.FailedAt == nil || *s.FailedAt != 2 || s.Active {
			t.Errorf("%+v", s)
		}
		wait(t, e, add(t, log, joined("c")...), "people") // time for another try
		stop()
		if jobs, err := e.Jobs(t.Context()); err != nil || len(jobs) != run+1 || len(told) != run+1 {
			t.Errorf("%d jobs, told %d times, %v", len(jobs), len(told), err)
		}
	}
	broken.Store(false)
	e, _ := start(t, pool, opt, v2, people())
	caughtUp(t, e)
	if s := status(t, e, "teams"); s.Version != 2 || s.State != "live" || s.Error != nil || s.FailedAt != nil {
		t.Errorf("after the fix: %+v", s)
	}
}

func TestAFailedRebuildOfWhatServesIsRemembered(t *testing.T) {
	t.Parallel()
	pool, _ := bumped(t, "a", "bad")
	e := newEngine(t, pool, projections.Options{}, watched(1, func(name string) {
		if name == "bad" {
			panic("bad")
		}
	}), people())
	if err := e.Rebuild(t.Context(), []string{"teams"}, projections.RebuildOptions{}); err == nil {
		t.Fatal("no error")
	}
	if s := version(t, e, "teams", 1); s.State != "live" || !s.Active || s.FailedAt == nil || *s.FailedAt != 2 || !strings.Contains(*s.Error, "event 2") {
		t.Errorf("%+v", s)
	}
	e = newEngine(t, pool, projections.Options{}, teams(), people())
	rebuild(t, e, projections.RebuildOptions{}, "teams")
	if s := version(t, e, "teams", 1); s.Error != nil || s.FailedAt != nil {
		t.Errorf("after a good one: %+v", s)
	}
}

func TestAStoppedAutomaticRebuildWaitsForACommand(t *testing.T) {
	t.Parallel()
	pool, log := bumped(t, "a")
	begun, release := make(chan struct{}, 100), make(chan struct{})
	v2 := watched(2, func(string) { begun <- struct{}{}; <-release })
	asked, told := atomic.Bool{}, 0
	opt := projections.Options{StoppedRetry: time.Nanosecond}
	opt.Rebuild.Progress = func(projections.Job) {
		if told++; !asked.Load() {
			told = 0
		}
		if told == 2 { // it has heard of it
			close(release)
		}
	}
	e, _ := start(t, pool, opt, v2, people())
	<-begun
	jobs, err := e.Jobs(t.Context())
	if err != nil || len(jobs) != 1 {
		t.Fatal(jobs, err)
	}
	if err := e.StopJob(t.Context(), jobs[0].ID); err != nil {
		t.Fatal(err)
	}
	asked.Store(true)
	<-release
	caughtUp(t, e) // what an operator has stopped counts as it is
	wait(t, e, add(t, log, joined("b")...), "people")
	other, stop := start(t, pool, projections.Options{}, v2, people())
	wait(t, other, add(t, log, joined("c")...), "people")
	stop()
	if jobs, err = e.Jobs(t.Context()); err != nil || len(jobs) != 1 {
		t.Errorf("%+v, %v", jobs, err)
	}
	if s := status(t, e, "teams"); s.Version != 1 {
		t.Errorf("serving: %+v", s)
	}
	rebuild(t, e, projections.RebuildOptions{}, "teams")
	if s := status(t, e, "teams"); s.Version != 2 || s.State != "live" {
		t.Errorf("after the command: %+v", s)
	}
}

// A program that has the new version only: the old one stands still until the switch.
func TestAWaitForWhatNobodyFollowsSaysSo(t *testing.T) {
	t.Parallel()
	pool, log := bumped(t, "a")
	release := make(chan struct{})
	e, _ := start(t, pool, projections.Options{}, watched(2, func(string) { <-release }), people())
	last := add(t, log, joined("b")...)
	ended, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if err := e.Wait(ended, last, "teams"); !hasCode(err, "projection_behind") || !strings.Contains(err.Error(), "is being built anew") {
		t.Errorf("while it is being built: %v", err)
	}
	if s := version(t, e, "teams", 1); s.Followers != 0 {
		t.Errorf("%+v", s)
	}
	close(release)
	caughtUp(t, e)
	for _, left := range []string{"active = false, by_hand = true WHERE version = 2", "active = true WHERE version = 1"} {
		if _, err := pool.Exec(t.Context(), "UPDATE checkpoints SET "+left+" AND read_table = 'teams'"); err != nil {
			t.Fatal(err)
		}
	}
	last = add(t, log, joined("c")...)
	if err := e.Wait(t.Context(), last, "teams"); !hasCode(err, "projection_behind") || !strings.Contains(err.Error(), "no running program keeps it up to date") {
		t.Errorf("when an older version serves: %v", err)
	}
	old, _ := start(t, pool, projections.Options{}, teams(), people())
	for version(t, e, "teams", 1).Followers != 1 {
		wait(t, old, add(t, log, joined("d")...), "people")
	}
	wait(t, e, last, "teams")
}

func TestAProgramThatWillNotLiveLongLeavesBuildingToOthers(t *testing.T) {
	t.Parallel()
	pool, log := bumped(t, "a")
	e, stop := start(t, pool, projections.Options{LeaveBuilding: true}, wideTeams(), people())
	wait(t, e, add(t, log, joined("b")...), "people")
	stop()
	if jobs, err := e.Jobs(t.Context()); err != nil || len(jobs) != 0 {
		t.Errorf("%+v, %v", jobs, err)
	}
	if s := version(t, e, "teams", 2); s.State != "building" {
		t.Errorf("%+v", s)
	}
	rebuild(t, e, none, "teams") // nobody is in its way
}
