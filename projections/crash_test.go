package projections_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	"gifty/eventstore"
	"gifty/eventstore/pgtest"
	"gifty/projections"
)

// childOf names, in the environment, the database that a child process works on; a test kills it
// in the middle of that.
const childOf, childDoes = "GIFTY_TEST_DATABASE", "GIFTY_TEST_DOES"

func TestMain(m *testing.M) {
	if url := os.Getenv(childOf); url != "" {
		if err := child(context.Background(), url, os.Getenv(childDoes)); err != nil {
			fmt.Println("child:", err)
			os.Exit(1)
		}
		return
	}
	if err := flag.Set("rapid.checks", "20"); err != nil { // each goes through the database; -rapid.checks asks for more
		panic(err)
	}
	os.Exit(m.Run())
}

// holding stops the child for ever at the event of that name, having said so.
func holding(table projections.Table[Team], name string, seen func(name string)) projections.Table[Team] {
	table.Fold = projections.Fold(projections.On(
		func(e Joined, _ domain.Meta) Team { return Team{Name: e.Team} },
		func(t *Team, e Joined, _ domain.Meta) {
			t.Joined++
			seen(e.Name)
			if e.Name == name {
				fmt.Println("here")
				select {}
			}
		}))
	return table
}

func child(ctx context.Context, url, does string) error {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return err
	}
	log := eventstore.Open(pool, toyTypes(), eventstore.Options{})
	seen := func(name string) {
		if name != "gate" {
			return
		}
		// While the log is being read: what comes now must be caught up with.
		for i := range 3 {
			_, err := log.Append(ctx, domain.Append{Writes: []domain.Write{{Stream: fmt.Sprint("late-", i), Expect: domain.NoStream, Events: joined(fmt.Sprint("late", i))}}})
			if err != nil {
				panic(err)
			}
		}
	}
	hold := map[string]string{"reading": "b", "catching up": "late0", "switching": "late2", "projecting": "held", "rolling back": "e"}[does]
	table := holding(teams(), hold, seen)
	if does != "projecting" && does != "rolling back" {
		table.Version = 2
	}
	options := projections.RebuildOptions{Workers: 2}
	if does == "indexing" {
		table.Indexes = []string{"CREATE INDEX ON {table} (slow(name))"}
		options.Progress = func(j projections.Job) {
			if j.Phase == "indexing" {
				fmt.Println("here")
			}
		}
	}
	e, err := projections.New(pool, toyTypes(), []projections.Definition{table}, projections.Options{BatchSize: 1})
	if err != nil {
		return err
	}
	switch does {
	case "projecting":
		return errors.Join(e.Prepare(ctx), e.Run(ctx))
	case "rolling back":
		return e.Rollback(ctx, "teams", options)
	}
	return e.Rebuild(ctx, nil, options)
}

// killed runs a child until it says that it is at the place in question, and kills it there.
func killed(t *testing.T, pool *pgxpool.Pool, does string, at func()) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), childOf+"="+pool.Config().ConnString(), childDoes+"="+does)
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if line != "here\n" {
		t.Errorf("the child said %q, %v", line, err)
	}
	at()
	if err := command.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = command.Wait() // killed, as it says
}

func TestARebuildKilledAnywhereLeavesTheOldTableServing(t *testing.T) {
	t.Parallel()
	for _, does := range []string{"reading", "catching up", "switching"} {
		t.Run(does, func(t *testing.T) {
			t.Parallel()
			pool := pgtest.New(t)
			log := newStore(t, pool)
			old, stop := start(t, pool, projections.Options{}, teams())
			wait(t, old, add(t, log, joined("a", "gate", "b")...), "teams")
			stop()
			killed(t, pool, does, func() {})
			if got := all[Team](t, pool, "SELECT * FROM teams"); len(got) != 1 || got[0].Joined != 3 {
				t.Errorf("what serves: %v", got)
			}
			e := newEngine(t, pool, projections.Options{}, wideTeams())
			for died := false; !died; { // the server has not noticed yet
				jobs, err := e.Jobs(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				died = jobs[0].State == "failed" && *jobs[0].Error == "its process has died" && jobs[0].SecondsTo == 0
			}
			for {
				err := e.Rebuild(t.Context(), nil, projections.RebuildOptions{})
				if err == nil {
					break
				}
				if !errors.Is(err, &domain.Error{Kind: domain.KindConflict, Code: "rebuild_running"}) { // the server has not noticed yet
					t.Fatal(err)
				}
			}
			head, err := log.Head(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got := all[wideTeam](t, pool, "SELECT * FROM teams"); len(got) != 1 || got[0].Joined != int(head) {
				t.Errorf("after another rebuild: %v of %d", got, head)
			}
			jobs, err := e.Jobs(t.Context())
			if err != nil || len(jobs) != 2 || jobs[0].State != "done" || jobs[1].State != "failed" {
				t.Errorf("jobs: %+v, %v", jobs, err)
			}
			noLeftovers(t, pool)
		})
	}
}

// The server's half of a killed process goes on with its statement until it notices.
func TestAnIndexingJobKilledIsInNobodysWay(t *testing.T) {
	t.Parallel()
	pool, _ := bumped(t, "a", "gate", "b")
	if _, err := pool.Exec(t.Context(), `CREATE FUNCTION slow(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM pg_sleep(600); RETURN $1; END'`); err != nil {
		t.Fatal(err)
	}
	killed(t, pool, "indexing", func() {})
	e := newEngine(t, pool, projections.Options{}, wideTeams(), people())
	rebuild(t, e, none, "people")
	rebuild(t, e, none, "teams")
	for schemas := 1; schemas > 0; rebuild(t, e, none, "people") { // what it left goes when it can
		if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'gifty\_build%'`).Scan(&schemas); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnotherProcessTakesOverFromAKilledOne(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	last := add(t, log, joined("a", "held", "b")...)
	var e *projections.Engine
	killed(t, pool, "projecting", func() { e, _ = start(t, pool, projections.Options{}, teams()) })
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := e.Wait(ctx, last, "teams"); err != nil {
		t.Fatal(err)
	}
	if got := all[Team](t, pool, "SELECT * FROM teams"); len(got) != 1 || got[0].Joined != 3 {
		t.Errorf("got %v", got)
	}
}
