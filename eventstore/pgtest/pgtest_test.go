package pgtest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/eventstore/pgtest"
)

func TestEachTestHasItsOwnMigratedDatabase(t *testing.T) {
	for range 8 {
		t.Run("one of many", func(t *testing.T) {
			t.Parallel()
			pool := pgtest.New(t)
			var events int
			if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM blobs").Scan(&events); err != nil || events != 0 {
				t.Fatalf("blobs: %d, %v", events, err)
			}
			if _, err := pool.Exec(t.Context(), "INSERT INTO blobs VALUES ('a', 'b')"); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestEmptyHasNoTables(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), pgtest.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var tables, extensions int
	err = conn.QueryRow(t.Context(), `
		SELECT (SELECT count(*) FROM pg_tables WHERE schemaname = 'public'),
		       (SELECT count(*) FROM pg_extension WHERE extname = 'vector')`).Scan(&tables, &extensions)
	if err != nil || tables != 0 || extensions != 1 {
		t.Errorf("%d tables, %d times vector, %v", tables, extensions, err)
	}
}

func TestAPreparedDatabaseIsClonedForEachTest(t *testing.T) {
	times := 0
	prepared := pgtest.Template{Prepare: func(ctx context.Context, pool *pgxpool.Pool) error {
		times++
		_, err := pool.Exec(ctx, "CREATE TABLE things AS SELECT 1 AS n")
		return err
	}}
	for range 3 {
		pool := prepared.New(t)
		var things int
		if err := pool.QueryRow(t.Context(), "INSERT INTO things VALUES (2) RETURNING (SELECT count(*) FROM things)").Scan(&things); err != nil || things != 1 {
			t.Error(things, err)
		}
	}
	if times != 1 {
		t.Errorf("prepared %d times", times)
	}
	failing := pgtest.Template{Prepare: func(context.Context, *pgxpool.Pool) error { return errors.New("no") }}
	inner := &failingTest{TB: t}
	func() {
		defer func() { _ = recover() }()
		failing.URL(inner)
	}()
	if !inner.failed {
		t.Error("a template that can't be prepared fails no test")
	}
}

// failingTest notes that its test is to fail, which ends with a panic.
type failingTest struct {
	testing.TB
	failed bool
}

func (f *failingTest) Fatalf(string, ...any) {
	f.failed = true
	panic("fatal")
}
