package pgtest_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

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
