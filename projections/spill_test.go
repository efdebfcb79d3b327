package projections_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"gifty/eventstore/pgtest"
	"gifty/projections"
)

func TestWhatDoesNotFitIntoMemoryGoesThroughTheDisk(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	e, _ := start(t, pool, projections.Options{}, teams(), people())
	for i := range 200 {
		add(t, log, Joined{Person: uuid.NewSHA1(uuid.Nil, fmt.Append(nil, i)), Name: fmt.Sprint("n", i), Team: fmt.Sprint("team", i%70)})
	}
	caughtUp(t, e)
	before := all[Team](t, pool, "SELECT * FROM teams ORDER BY name")
	room := filepath.Join(t.TempDir(), "room")
	spilled := false
	rebuild(t, e, projections.RebuildOptions{Memory: 1, Spill: room, Progress: func(j projections.Job) { spilled = spilled || j.Total > 200 }})
	if !spilled {
		t.Error("nothing was spilled")
	}
	if got := all[Team](t, pool, "SELECT * FROM teams ORDER BY name"); fmt.Sprint(got) != fmt.Sprint(before) {
		t.Errorf("got %v, want %v", got, before)
	}
	if left, err := os.ReadDir(room); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestWithoutRoomToSpillTheOldTableServesOn(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	e, _ := start(t, pool, projections.Options{}, teams())
	wait(t, e, add(t, log, joined("a")...), "teams")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := e.Rebuild(t.Context(), nil, projections.RebuildOptions{Spill: file})
	if err == nil || !strings.Contains(err.Error(), file) {
		t.Error(err)
	}
	wait(t, e, add(t, log, joined("b")...), "teams")
	noLeftovers(t, pool)
}

func TestWhatAKilledRebuildHasLeftIsRemovedAtTheNextStart(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	add(t, newStore(t, pool), joined("a")...)
	var first uuid.UUID
	var table uint32
	if err := pool.QueryRow(t.Context(), "SELECT event_id, 'events'::regclass::oid FROM events WHERE position = 1").Scan(&first, &table); err != nil {
		t.Fatal(err)
	}
	room := t.TempDir()
	of := func(first []byte, table uint32) string {
		return filepath.Join(room, fmt.Sprintf("gifty-spill-%x-%d-123", first, table))
	}
	dead, foreign, restored := of(first[10:], table), of([]byte("another"), table), of(first[10:], table+1)
	for _, dir := range []string{dead, foreign, restored} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := pool.Exec(t.Context(), "CREATE SCHEMA gifty_build_123; CREATE TABLE gifty_build_123.teams_v1 (); CREATE SCHEMA gifty_built"); err != nil {
		t.Fatal(err)
	}
	start(t, pool, projections.Options{Rebuild: projections.RebuildOptions{Spill: room}}, teams())
	for left := true; left; {
		if err := pool.QueryRow(t.Context(), "SELECT to_regnamespace('gifty_build_123') IS NOT NULL").Scan(&left); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(dead); !errors.Is(err, fs.ErrNotExist) {
			left = true
		}
	}
	var other bool
	if err := pool.QueryRow(t.Context(), "SELECT to_regnamespace('gifty_built') IS NOT NULL").Scan(&other); err != nil || !other {
		t.Errorf("what no job has made: %v, %v", other, err)
	}
	for _, dir := range []string{foreign, restored} {
		if _, err := os.Stat(dir); err != nil {
			t.Errorf("what is another log's: %v", err)
		}
	}
}
