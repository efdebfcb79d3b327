package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gifty/domain/catalogue/feed"
	"gifty/eventstore/pgserver"
	"gifty/projections/all/alltest"
)

// roomy is a folder that the postgres user can reach, unlike the testing package's own.
func roomy(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "gifty-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// serve runs a database server that is nobody else's.
func serve(t *testing.T, dir string) *pgserver.Server {
	t.Helper()
	s, err := pgserver.Start(t.Context(), pgserver.Options{Dir: filepath.Join(dir, "postgres"),
		Settings: map[string]string{"fsync": "off", "shared_buffers": "16MB"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, s) })
	return s
}

func shut(t *testing.T, s *pgserver.Server) {
	t.Helper()
	if err := s.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}

// beginImport starts an import of what give writes until the feed is closed.
func (p place) beginImport(t *testing.T, flags ...string) (run program, feed *os.File) {
	t.Helper()
	in, feed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { feed.Close() })
	defer in.Close()
	return p.begin(t, in, append([]string{"import", "--source", "pipe", "-"}, flags...)...), feed
}

func give(t *testing.T, feed *os.File, products string) {
	t.Helper()
	if _, err := feed.WriteString(products); err != nil {
		t.Fatal(err)
	}
}

// waits tells whether the program has said that its database is away.
func (p program) waits() bool {
	said := p.err.String()
	return strings.Contains(said, "waiting for the database") || strings.Contains(said, "database does not answer; trying again")
}

func TestAnImportWaitsForItsDatabase(t *testing.T) {
	t.Parallel()
	dir := roomy(t)
	server := serve(t, dir)
	p, d := at(t, server.URL()), look(t, server.URL())
	run, in := p.beginImport(t)
	give(t, in, products(1, 600))
	run.until(t, func() bool { return d.listed(t) == feed.ChunkSize })
	shut(t, server)
	give(t, in, products(601, 1010))
	run.until(t, run.waits)
	if back := serve(t, dir); back.URL() != server.URL() {
		t.Fatal("the server came back elsewhere")
	}
	in.Close()
	run.done(t)
	if !strings.Contains(run.out.String(), "source pipe: 1010 new, 0 changed, 0 unchanged, 0 refused, 0 duplicates") {
		t.Error(run.out)
	}
	d.holds(t, 1010)
}

func TestAnImportThatIsToldToStopFinishesItsChunk(t *testing.T) {
	t.Parallel()
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			url := alltest.Tables.URL(t)
			p, d := at(t, url), look(t, url)
			run, in := p.beginImport(t, "--no-embed") // the feed stays open: the program must not wait for more
			give(t, in, products(1, 700))
			run.until(t, func() bool { return d.listed(t) > 0 })
			run.signal(t, s)
			run.fails(t, 1, "stopped before the end; what was counted is stored")
			stored := d.listed(t)
			if stored == 0 || stored%feed.ChunkSize != 0 || !strings.HasPrefix(run.out.String(), fmt.Sprintf("source pipe: %d new, 0 changed", stored)) {
				t.Errorf("%d products are stored, and it says: %s", stored, run.out)
			}
			p.begin(t, strings.NewReader(products(1, 700)), "import", "--source", "pipe", "-", "--no-embed").done(t)
			if d.listed(t) != 700 {
				t.Errorf("%d products after importing all of them", d.listed(t))
			}
		})
	}
}
