package projections_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/eventstore/pgtest"
	"gifty/projections"
)

var none projections.RebuildOptions

// rebuilt is a database whose teams were rebuilt after two events and have followed four more.
func rebuilt(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	e, stop := start(t, pool, projections.Options{}, teams())
	wait(t, e, add(t, log, joined("a", "b")...), "teams")
	rebuild(t, e, none, "teams")
	wait(t, e, add(t, log, joined("c", "d", "e", "f")...), "teams")
	stop()
	return pool
}

func sound(t *testing.T, e *projections.Engine) {
	t.Helper()
	v, err := e.Verify(t.Context(), projections.VerifyOptions{Deep: true})
	if err != nil || len(v.Findings) > 0 || len(v.Tables) == 0 {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestARollbackThatBreaksOffAppliesNothingTwice(t *testing.T) {
	t.Parallel()
	breaks := map[string]func(t *testing.T, pool *pgxpool.Pool){
		"kill -9": func(t *testing.T, pool *pgxpool.Pool) { killed(t, pool, "rolling back", func() {}) },
		"stopped": func(t *testing.T, pool *pgxpool.Pool) {
			ctx, cancel := context.WithCancel(t.Context())
			e := newEngine(t, pool, projections.Options{BatchSize: 1}, watched(1, func(name string) {
				if name == "e" {
					cancel()
				}
			}))
			if err := e.Rollback(ctx, "teams", none); err == nil {
				t.Error("it went through")
			}
		},
	}
	for name, breakOff := range breaks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := rebuilt(t)
			breakOff(t, pool)
			e := newEngine(t, pool, projections.Options{BatchSize: 1}, teams())
			if err := e.Rollback(t.Context(), "teams", none); err != nil {
				t.Fatal(err)
			}
			if got := all[Team](t, pool, "SELECT * FROM teams"); len(got) != 1 || got[0].Joined != 6 {
				t.Errorf("got %v, want 6 joined", got)
			}
			sound(t, e)
			noLeftovers(t, pool)
		})
	}
}

// deaf is a database whose answer to the first commit that moves a table never arrives.
func deaf(t *testing.T, pool *pgxpool.Pool) *pgxpool.Pool {
	t.Helper()
	config := pool.Config()
	dial := config.ConnConfig.DialFunc
	var once sync.Once
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return &deafConn{Conn: conn, once: &once}, err
	}
	p, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

type deafConn struct {
	net.Conn
	once        *sync.Once
	moved, gone bool
}

func (c *deafConn) Write(b []byte) (int, error) {
	c.moved = c.moved || bytes.Contains(b, []byte("SET SCHEMA"))
	n, err := c.Conn.Write(b)
	if c.moved && bytes.Contains(b, []byte("commit")) {
		c.once.Do(func() { c.gone = true })
	}
	return n, err
}

func (c *deafConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b) // so the server has committed
	if c.gone && err == nil {
		return 0, errors.Join(io.ErrUnexpectedEOF, c.Conn.Close())
	}
	return n, err
}

func TestASwitchWhoseAnswerIsLostIsNotDoneTwice(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(*projections.Engine) error{
		"rebuild":  func(e *projections.Engine) error { return e.Rebuild(t.Context(), []string{"teams"}, none) },
		"rollback": func(e *projections.Engine) error { return e.Rollback(t.Context(), "teams", none) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := rebuilt(t)
			var before, after uint32
			served := func(oid *uint32) {
				if err := pool.QueryRow(t.Context(), "SELECT 'teams_v1'::regclass::oid").Scan(oid); err != nil {
					t.Fatal(err)
				}
			}
			served(&before)
			e := newEngine(t, deaf(t, pool), projections.Options{BatchSize: 1}, teams())
			if err := do(e); err != nil {
				t.Error(err)
			}
			if served(&after); before == after {
				t.Error("the same table serves as before")
			}
			sound(t, newEngine(t, pool, projections.Options{}, teams()))
			noLeftovers(t, pool)
		})
	}
}

func TestARollbackToAVersionNeedsAProgramThatFollowsIt(t *testing.T) {
	t.Parallel()
	pool, log := bumped(t, "a")
	e, _ := start(t, pool, projections.Options{}, wideTeams(), people())
	caughtUp(t, e)
	last := add(t, log, joined("b", "c")...)
	if err := e.Rollback(t.Context(), "teams", none); !hasCode(err, "nobody_follows") {
		t.Fatalf("a rollback to what would stand still: %v", err)
	}
	if s := status(t, e, "teams"); s.Version != 2 {
		t.Errorf("serving: %+v", s)
	}
	old, stop := start(t, pool, projections.Options{}, teams(), people())
	for version(t, e, "teams", 1).Followers == 0 {
		wait(t, old, add(t, log, joined("d")...), "people")
	}
	serving := func(want int) {
		t.Helper()
		if err := e.Rollback(t.Context(), "teams", none); err != nil {
			t.Fatal(err)
		}
		if s := status(t, e, "teams"); s.Version != want || s.State != "live" {
			t.Errorf("serving: %+v, want version %d", s, want)
		}
		last = add(t, log, joined("e")...)
		wait(t, e, last, "teams")
		caughtUp(t, e)
	}
	serving(1)
	serving(2) // once more goes forward again
	serving(1)
	stop()
	if v, err := e.Verify(t.Context(), projections.VerifyOptions{Deep: true}); err != nil || len(v.Findings) != 1 || !strings.Contains(v.Findings[0].Message, "version 1 serves") {
		t.Errorf("a version that is not known can't be proved: %+v, %v", v, err)
	}
	rebuild(t, e, none, "teams")
	if s := status(t, e, "teams"); s.Version != 2 {
		t.Errorf("after a rebuild: %+v", s)
	}
	sound(t, e)
}

func TestARollbackSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	pool, _ := bumped(t, "a")
	e := newEngine(t, pool, projections.Options{}, teams(), people())
	if err := e.Rollback(t.Context(), "nothing", none); !hasCode(err, "read_table_not_found") {
		t.Error(err)
	}
	if err := e.Rollback(t.Context(), "teams", none); !hasCode(err, "nothing_to_roll_back") {
		t.Error(err)
	}
	if _, err := pool.Exec(t.Context(), "ALTER TABLE checkpoints RENAME previous TO gone"); err != nil {
		t.Fatal(err)
	}
	if err := e.Rollback(t.Context(), "teams", none); err == nil || hasCode(err, "nothing_to_roll_back") {
		t.Errorf("the database's error is hidden: %v", err)
	}
}

// reading opens a transaction that reads as a report or a dump does, until the returned function ends it.
func reading(t *testing.T, pool *pgxpool.Pool, sql string) (end func()) {
	t.Helper()
	tx, err := pool.BeginTx(t.Context(), pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err == nil {
		_, err = tx.Exec(t.Context(), sql)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestPruningHoldsNothingUpThatServes(t *testing.T) {
	t.Parallel()
	pool := rebuilt(t)
	log := newStore(t, pool)
	e, _ := start(t, pool, projections.Options{}, teams())
	end := reading(t, pool, "LOCK TABLE gifty_previous.teams_v1 IN ACCESS SHARE MODE") // as pg_dump
	pruned := make(chan error, 1)
	go func() {
		_, err := e.Prune(context.WithoutCancel(t.Context()))
		pruned <- err
	}()
	waiting := func() (n int) {
		if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'DROP TABLE%'").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for waiting() == 0 {
		select {
		case err := <-pruned:
			t.Fatal(err)
		default:
		}
	}
	wait(t, e, add(t, log, joined("g")...), "teams")
	if waiting() == 0 {
		t.Error("the event was seen only after the prune")
	}
	end()
	if err := <-pruned; err != nil {
		t.Error(err)
	}
}

func TestWhatIsInUseIsNotPruned(t *testing.T) {
	t.Parallel()
	pool := rebuilt(t)
	e := newEngine(t, pool, projections.Options{}, teams())
	if _, err := pool.Exec(t.Context(), "CREATE VIEW report AS SELECT name FROM gifty_previous.teams_v1"); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Prune(t.Context(), "teams"); !hasCode(err, "table_in_use") || !strings.Contains(err.Error(), "view report") {
		t.Error(err)
	}
	if _, err := e.Prune(t.Context(), "nothing"); !hasCode(err, "read_table_not_found") {
		t.Error(err)
	}
	if _, err := pool.Exec(t.Context(), "DROP VIEW report"); err != nil {
		t.Fatal(err)
	}
	// While it is being caught up it is no leftover.
	asked := false
	rolling := newEngine(t, pool, projections.Options{BatchSize: 1}, watched(1, func(string) {
		if !asked {
			asked = true
			if _, err := e.Prune(t.Context()); !hasCode(err, "rebuild_running") {
				t.Errorf("pruning what is being rolled back to: %v", err)
			}
		}
	}))
	if err := rolling.Rollback(t.Context(), "teams", none); err != nil || !asked {
		t.Error(asked, err)
	}
	dropped, err := e.Prune(t.Context())
	if err != nil || !slices.Equal(dropped, []string{"gifty_previous.teams_v1"}) {
		t.Error(dropped, err)
	}
}

// A report on the view of one table: queries go on, other tables are switched, and the rest follows.
func TestASwitchWaitsForNobodyLong(t *testing.T) {
	t.Parallel()
	pool, _ := bumped(t, "a")
	e := newEngine(t, pool, projections.Options{}, teams(), people())
	end := reading(t, pool, "SELECT * FROM people")
	done := make(chan error, 1)
	go func() { done <- e.Rebuild(context.WithoutCancel(t.Context()), nil, none) }()
	for previous := 0; previous == 0; {
		if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM checkpoints WHERE previous IS NOT NULL AND read_table = 'teams'").Scan(&previous); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-done:
			t.Fatal("it did not wait for the report:", err)
		default:
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second) // switches come 3 s apart and wait a tenth
	defer cancel()
	if _, err := pool.Exec(ctx, "SELECT * FROM people"); err != nil {
		t.Error(err)
	}
	end()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
