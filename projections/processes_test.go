package projections_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	"gifty/eventstore/pgtest"
	"gifty/projections"
)

// Several engines on one database, engines that stop and start, and connections that are cut: each
// event is still counted once.
func TestExactlyOnce(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	const writers, appends = 4, 100
	var writing sync.WaitGroup
	for range writers {
		writing.Go(func() {
			for i := range appends {
				add(t, log, joined(fmt.Sprint("n", i%7), fmt.Sprint("m", i%3))...)
			}
		})
	}
	done := make(chan struct{})
	go func() { writing.Wait(); close(done) }()

	table := fragile(func(*Team, Joined) {})
	opt := projections.Options{BatchSize: 5, Poll: 20 * time.Millisecond}
	steady, _ := start(t, pool, opt, teams(), table)
	for ended := false; !ended; {
		_, stop := start(t, pool, opt, teams(), table)
		cut(t, pool, "application_name = 'gifty projectors'")
		stop()
		select {
		case <-done:
			ended = true
		default:
		}
	}
	caughtUp(t, steady)
	type total struct {
		Sum int64 `json:"sum"`
	}
	for _, name := range []string{"teams", "fragile"} {
		if got := all[total](t, pool, "SELECT sum(joined)::bigint AS sum FROM "+name); got[0].Sum != 2*writers*appends {
			t.Errorf("%s counted %d of %d", name, got[0].Sum, 2*writers*appends)
		}
		if s := status(t, steady, name); s.State != "live" {
			t.Errorf("%s: an outage stopped it: %+v", name, s)
		}
	}
}

// cut ends server connections of this database.
func cut(t *testing.T, pool *pgxpool.Pool, which string) (n int) {
	t.Helper()
	err := pool.QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND `+which).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAnnouncementsSurviveALostConnection(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	e, _ := start(t, pool, projections.Options{Poll: time.Hour}, teams())
	wait(t, e, add(t, log, joined("a")...), "teams")
	for deadline := time.Now().Add(time.Minute); cut(t, pool, "query LIKE 'LISTEN%'") == 0; { // it need not have listened to catch up
		if time.Now().After(deadline) {
			t.Fatal("nobody listens")
		}
	}
	wait(t, e, add(t, log, joined("b")...), "teams")
	wait(t, e, add(t, log, joined("c")...), "teams")
}

func TestWaitingInAProcessWithoutProjectors(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	start(t, pool, projections.Options{}, teams(), people())
	other := newEngine(t, pool, projections.Options{}, teams(), people())
	wait(t, other, add(t, log, joined("a")...), "teams", "people")
	if got := all[Team](t, pool, "SELECT * FROM teams"); len(got) != 1 {
		t.Errorf("teams: %v", got)
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	e := newEngine(t, pool, projections.Options{}, teams(), notes())
	if err := e.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	last := add(t, log, NoteAdded{Person: uuid.New()})
	ended, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()

	wait(t, e, last, "teams") // folds no notes, so it lacks nothing
	wait(t, e, 0, "notes")
	for name, position := range map[string]domain.Position{"notes": last, "teams": last + 1} {
		err := e.Wait(ended, position, name)
		var refused *domain.Error
		if !errors.As(err, &refused) || refused.Code != "projection_behind" || refused.Kind != domain.KindUnavailable || refused.RetryAfter == 0 {
			t.Errorf("%s at %d: %v", name, position, err)
		}
	}
	if err := e.Wait(t.Context(), last, "nothing"); err == nil {
		t.Error("no error for a table that is not there")
	}
}
