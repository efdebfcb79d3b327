package projections_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/eventstore/pgtest"
	"gifty/projections"
)

// program finds one of PostgreSQL's own programs, which Debian keeps off the PATH.
func program(t *testing.T, name string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join("/usr/lib/postgresql/*/bin", name))
	if dir := os.Getenv("PGBIN"); dir != "" {
		found = []string{filepath.Join(dir, name)}
	}
	if err != nil || len(found) == 0 {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	return found[len(found)-1]
}

// What was dumped in the middle of work goes on where it was after it is restored elsewhere.
func TestADumpGoesOnInANewPlace(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	e, stop := start(t, pool, projections.Options{}, teams(), people())
	wait(t, e, add(t, log, joined("a", "b")...), "teams", "people")
	rebuild(t, e, projections.RebuildOptions{})
	stop()
	add(t, log, joined("c")...) // not projected yet

	dump, err := exec.CommandContext(t.Context(), program(t, "pg_dump"), "--no-owner", pool.Config().ConnString()).Output()
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := pgxpool.New(t.Context(), pgtest.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(elsewhere.Close)
	restore := exec.CommandContext(t.Context(), program(t, "psql"), "-q", "-v", "ON_ERROR_STOP=1", elsewhere.Config().ConnString())
	restore.Stdin = bytes.NewReader(dump)
	if out, err := restore.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	restored := newStore(t, elsewhere)
	e, _ = start(t, elsewhere, projections.Options{}, teams(), people())
	wait(t, e, add(t, restored, joined("d")...), "teams", "people")
	if got := all[Team](t, elsewhere, "SELECT * FROM teams"); len(got) != 1 || got[0].Joined != 4 {
		t.Errorf("got %v", got)
	}
	if v, err := e.Verify(t.Context(), projections.VerifyOptions{Deep: true}); err != nil || len(v.Findings) > 0 || len(v.Tables) != 2 {
		t.Errorf("%+v, %v", v, err)
	}
}
