package projections_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gifty/domain"
	"gifty/eventstore/pgtest"
	"gifty/projections"
)

// A real change of shape: a column that needs history, between the others, while writers write,
// readers read through the view, and the old program still runs.
func TestAColumnThatNeedsHistoryIsAddedUnderLoad(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	fee := func(i int) []any {
		return []any{Joined{Name: fmt.Sprint("n", i), Team: fmt.Sprint("team", i%17), Fee: domain.WholeAmount(int64(i % 5))}}
	}
	old, _ := start(t, pool, projections.Options{}, teams(), people())
	for i := range 200 {
		add(t, log, fee(i)...)
	}
	caughtUp(t, old)

	done := make(chan struct{})
	var load sync.WaitGroup
	until := func(do func(i int)) {
		load.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
					do(i)
				}
			}
		})
	}
	for range 2 {
		until(func(i int) { add(t, log, fee(i)...) })
		until(func(int) {
			type total struct {
				Joined int64 `json:"joined"`
			}
			got, err := projections.Select[total](t.Context(), pool, "SELECT sum(joined)::bigint AS joined FROM teams")
			if err != nil || len(got) != 1 || got[0].Joined < 200 {
				t.Errorf("a query while the table is being changed: %v, %v", got, err)
			}
			if _, err := projections.Select[wideTeam](t.Context(), pool, "SELECT * FROM teams ORDER BY name"); err != nil {
				t.Errorf("a query while the table is being changed: %v", err)
			}
		})
	}
	e, _ := start(t, pool, projections.Options{}, wideTeams(), people())
	caughtUp(t, e)
	rebuild(t, e, projections.RebuildOptions{}) // once more, of the same versions
	close(done)
	load.Wait()
	caughtUp(t, e)
	type sums struct {
		Joined int     `json:"joined"`
		Fees   float64 `json:"fees"`
	}
	want := sums{}
	for _, r := range all[sums](t, pool, "SELECT count(*)::int AS joined, sum((payload ->> 'fee')::float8) AS fees FROM events") {
		want = r
	}
	if got := all[sums](t, pool, "SELECT sum(joined)::int AS joined, sum(fees) AS fees FROM teams"); got[0] != want {
		t.Errorf("got %+v, want %+v", got[0], want)
	}
	v, err := e.Verify(t.Context(), projections.VerifyOptions{Deep: true})
	if err != nil || len(v.Findings) > 0 || len(v.Tables) != 2 {
		t.Errorf("%+v, %v", v, err)
	}
}

// An open transaction that has written, and one that reads as pg_dump does, hold up no projector.
func TestLongTransactionsDelayNothing(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	e, _ := start(t, pool, projections.Options{}, teams())
	wait(t, e, add(t, log, joined("a")...), "teams")
	for _, statement := range []string{"CREATE TABLE elsewhere AS SELECT 1", "SELECT * FROM teams, events"} {
		tx, err := pool.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := tx.Rollback(t.Context()); err != nil {
				t.Error(err)
			}
		}()
		if _, err := tx.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	wait(t, e, add(t, log, joined("b")...), "teams")
}

// As many tables as may have their turn, and more, don't get through an event: another one goes on.
func TestSlowTablesDelayNoOther(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	several := 5 + 2*runtime.GOMAXPROCS(0)
	begun, release := make(chan struct{}, 2*several), make(chan struct{})
	var tables []projections.Definition
	for i := range several {
		slow := teams()
		slow.Name = fmt.Sprint("slow", i)
		slow.Fold = watched(1, func(string) {
			begun <- struct{}{}
			<-release
		}).Fold
		tables = append(tables, slow)
	}
	e, _ := start(t, pool, projections.Options{}, append(tables, people())...)
	t.Cleanup(func() { close(release) })
	add(t, log, joined("a")...)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for range tables {
		select {
		case <-begun:
		case <-ctx.Done():
			t.Fatal("they wait for each other")
		}
	}
	wait(t, e, add(t, log, joined("b")...), "people")
}

func TestVerifyNamesTheFirstDifference(t *testing.T) {
	t.Parallel()
	damages := map[string]projections.Finding{
		"UPDATE teams_v1 SET joined = 7 WHERE name = 'blue'":                                        {Check: "tables", Table: "teams", Key: "name = blue", Column: "joined", Message: `it is "7" and should be "1"`},
		"DELETE FROM teams_v1 WHERE name = 'red'":                                                   {Check: "tables", Table: "teams", Key: "name = red", Message: "the row is missing"},
		"DROP TABLE teams_v1 CASCADE":                                                               {Check: "tables", Table: "teams", Message: "there is no table teams_v1"},
		"INSERT INTO teams_v1 VALUES ('black', 1)":                                                  {Check: "tables", Table: "teams", Key: "name = black", Message: "the row should not be there"},
		"UPDATE checkpoints SET position = 9":                                                       {Check: "checkpoints", Table: "teams"},
		"UPDATE log_head SET position = 9":                                                          {Check: "positions", Message: "the last event is 2, and log_head says 9"},
		"ALTER TABLE events DISABLE TRIGGER USER; DELETE FROM events WHERE position = 1":            {Check: "positions", Message: "event 1 is missing"},
		"ALTER TABLE events DISABLE TRIGGER USER; UPDATE events SET version = 5 WHERE position = 2": {Check: "versions"},
	}
	for damage, want := range damages {
		t.Run(damage, func(t *testing.T) {
			t.Parallel()
			pool := pgtest.New(t)
			log := newStore(t, pool)
			e, stop := start(t, pool, projections.Options{}, teams())
			add(t, log, Joined{Team: "red"}, Joined{Team: "blue"})
			caughtUp(t, e)
			stop()
			if v, err := e.Verify(t.Context(), projections.VerifyOptions{Deep: true}); err != nil || len(v.Findings) != 0 || v.Events != 2 {
				t.Fatalf("before: %+v, %v", v, err)
			}
			for _, statement := range strings.Split(damage, "; ") {
				if _, err := pool.Exec(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
			}
			v, err := e.Verify(t.Context(), projections.VerifyOptions{Deep: want.Check == "tables"})
			if err != nil || len(v.Findings) == 0 {
				t.Fatalf("%+v, %v", v, err)
			}
			got := v.Findings[0]
			if want.Message == "" {
				got.Message = ""
			}
			if got != want {
				t.Errorf("got %+v, want %+v", v.Findings[0], want)
			}
		})
	}
}
