package eventstore_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	"gifty/eventstore"
	"gifty/eventstore/pgtest"
	"gifty/eventstore/storetest"
)

// TestMain lets the test binary be a process that writes: with GIFTY_WRITER set to a name it
// appends to the database GIFTY_WRITER_URL until it is killed, and prints what was acknowledged.
func TestMain(m *testing.M) {
	name := os.Getenv("GIFTY_WRITER")
	if name == "" {
		os.Exit(m.Run())
	}
	if err := writeForEver(name, os.Getenv("GIFTY_WRITER_URL")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// writersOfAProcess append at the same time, so that their appends share batches.
const writersOfAProcess = 4

func writeForEver(name, url string) error {
	pool, err := pgxpool.New(context.Background(), url)
	if err != nil {
		return err
	}
	types, err := storetest.Types()
	if err != nil {
		return err
	}
	store := eventstore.Open(pool, types, eventstore.Options{})
	failed := make(chan error)
	for w := range writersOfAProcess {
		go func() {
			for i := 0; ; i++ {
				a := writersAppend(name, w, i)
				r, err := store.Append(context.Background(), a)
				if err != nil {
					failed <- err
					return
				}
				fmt.Printf("%s %d\n", strings.Trim(string(a.Result), `"`), r.Last) // one write a line
			}
		}()
	}
	return <-failed
}

func writersAppend(name string, w, i int) domain.Append {
	return named(fmt.Sprintf("%s.%d.%d", name, w, i), fmt.Sprintf("%s.%d", name, w), i)
}

// Processes are killed in the middle of their appends, others go on: what was acknowledged is there
// once, where it was said to be, and what was not is there once or not at all; issuing it again
// tells which.
func TestProcessesAreKilled(t *testing.T) {
	t.Parallel()
	const processes, lines = 4, 60
	pool := pgtest.New(t)
	var mu sync.Mutex
	acknowledged := map[string]domain.Position{}
	var running sync.WaitGroup
	for p := range processes {
		running.Go(func() {
			for name, position := range killed(t, fmt.Sprint("p", p), pool.Config().ConnString(), lines*(p+1)/processes) {
				mu.Lock()
				acknowledged[name] = position
				mu.Unlock()
			}
		})
	}
	running.Wait()
	awaitOrphans(t, pool)
	at := landed(t, pool)
	for name, position := range acknowledged {
		if at[name] != position {
			t.Errorf("%s was acknowledged at %d and is at %d", name, position, at[name])
		}
	}
	if len(acknowledged) < lines || len(at) > len(acknowledged)+processes*writersOfAProcess {
		t.Errorf("%d acknowledged, %d in the log", len(acknowledged), len(at))
	}
	reissue(t, pool, processes, at)
}

// awaitOrphans waits until Postgres is through with what killed processes have sent it.
func awaitOrphans(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	for orphans := 1; orphans != 0; {
		err := pool.QueryRow(t.Context(), `SELECT count(*) - $1 FROM pg_stat_activity
			WHERE datname = current_database() AND backend_type = 'client backend'`, pool.Stat().TotalConns()).Scan(&orphans)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// killed runs a writer, kills it once it has printed that many lines, and returns all it printed.
func killed(t *testing.T, name, url string, lines int) map[string]domain.Position {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "GIFTY_WRITER="+name, "GIFTY_WRITER_URL="+url)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Error(err)
		return nil
	}
	printed := map[string]domain.Position{}
	for scanner := bufio.NewScanner(out); scanner.Scan(); {
		var what string
		var position domain.Position
		if _, err := fmt.Sscan(scanner.Text(), &what, &position); err != nil {
			continue // cut off by the kill
		}
		if printed[what] = position; len(printed) == lines {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	_ = cmd.Wait() // says that it was killed
	return printed
}

// reissue repeats each writer's last appends, the one under way at the kill among them.
func reissue(t *testing.T, pool *pgxpool.Pool, processes int, at map[string]domain.Position) {
	store := openStore(t, pool, eventstore.Options{})
	for p := range processes {
		for w := range writersOfAProcess {
			for i := 0; ; i++ {
				a := writersAppend(fmt.Sprint("p", p), w, i)
				name := strings.Trim(string(a.Result), `"`)
				r := must(t, store, a)
				if r.Repeated != (at[name] != 0) || r.Repeated && r.Last != at[name] {
					t.Errorf("%s is at %d; again: %+v", name, at[name], r)
				}
				if at[name] == 0 {
					break
				}
			}
		}
	}
	if now := landed(t, pool); len(now) != len(at)+processes*writersOfAProcess {
		t.Errorf("%d events after all were issued again, before %d", len(now), len(at))
	}
}
