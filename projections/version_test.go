package projections_test

import (
	"strings"
	"sync"
	"testing"

	"gifty/domain"
	"gifty/eventstore/pgtest"
	"gifty/projections"
)

// wideTeam is Team with a column put between the others, which no view can be altered to.
type wideTeam struct {
	Name   string  `json:"name" db:"pk"`
	Fees   float64 `json:"fees"`
	Joined int     `json:"joined"`
}

func wideTeams() projections.Table[wideTeam] {
	return projections.Table[wideTeam]{
		Name: "teams", Version: 2,
		Fold: projections.Fold(projections.On(
			func(e Joined, _ domain.Meta) wideTeam { return wideTeam{Name: e.Team} },
			func(t *wideTeam, e Joined, _ domain.Meta) { t.Joined++; t.Fees += e.Fee.InexactFloat64() },
		)),
	}
}

func TestANewVersionIsBuiltBesideTheOldAndSwitchedTo(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	fee := domain.WholeAmount(2)
	add(t, log, Joined{Name: "a", Team: "red", Fee: fee})
	old, stop := start(t, pool, projections.Options{}, teams())
	caughtUp(t, old)
	stop()

	add(t, log, Joined{Name: "b", Team: "red", Fee: fee})
	e := newEngine(t, pool, projections.Options{BatchSize: 1}, wideTeams())
	if err := e.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := all[Team](t, pool, "SELECT * FROM teams"); len(got) != 1 || got[0].Joined != 1 {
		t.Errorf("before the switch the old version serves: %v", got)
	}
	run(t, e)
	caughtUp(t, e)
	if got := all[wideTeam](t, pool, "SELECT * FROM teams"); len(got) != 1 || got[0] != (wideTeam{"red", 4, 2}) {
		t.Errorf("after the switch: %v", got)
	}
	list, err := e.Status(t.Context())
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	if list[0].Active || !list[1].Active || list[1].State != "live" || list[1].Version != 2 {
		t.Errorf("status: %+v", list)
	}
	if got := all[Team](t, pool, "SELECT * FROM teams_v1"); len(got) != 1 || got[0].Joined != 1 {
		t.Errorf("the old version is kept: %v", got)
	}
	wait(t, e, add(t, log, Joined{Name: "c", Team: "red", Fee: fee}), "teams")
}

func TestAnOlderProgramLeavesTheNewVersionInPlace(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	start(t, pool, projections.Options{}, wideTeams())
	e, _ := start(t, pool, projections.Options{}, teams())
	wait(t, e, add(t, log, joined("a")...), "teams")
	caughtUp(t, e)
	if s := status(t, e, "teams"); s.Version != 2 {
		t.Errorf("active: %+v", s)
	}
}

func TestAChangedShapeNeedsANewVersion(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	if err := newEngine(t, pool, projections.Options{}, teams()).Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	changed := wideTeams()
	changed.Version = 1
	err := newEngine(t, pool, projections.Options{}, changed).Prepare(t.Context())
	if err == nil || !strings.Contains(err.Error(), `read table "teams", version 1`) || !strings.Contains(err.Error(), "raise its Version") {
		t.Error(err)
	}
}

func TestManyProcessesPrepareAtOnce(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	var preparing sync.WaitGroup
	for range 8 {
		preparing.Go(func() {
			if err := newEngine(t, pool, projections.Options{}, people(), notes(), teams()).Prepare(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	preparing.Wait()
}

func TestWhatIsLeftOfALostTableIsMadeAnew(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	add(t, log, joined("a")...)
	for _, damage := range []string{"DROP TABLE teams_v1 CASCADE", "DELETE FROM checkpoints", "SELECT"} {
		e, stop := start(t, pool, projections.Options{}, teams())
		caughtUp(t, e)
		if got := all[Team](t, pool, "SELECT * FROM teams"); len(got) != 1 || got[0].Joined != 1 {
			t.Errorf("before %s: %v", damage, got)
		}
		stop()
		if _, err := pool.Exec(t.Context(), damage); err != nil {
			t.Fatal(err)
		}
	}
}

// watchedWide is the fold of wideTeams, which tells of every event.
func watchedWide(seen func()) projections.Folder[wideTeam] {
	return projections.Fold(projections.On(
		func(e Joined, _ domain.Meta) wideTeam { return wideTeam{Name: e.Team} },
		func(t *wideTeam, _ Joined, _ domain.Meta) { seen(); t.Joined++ },
	))
}
