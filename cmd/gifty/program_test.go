package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gifty/eventstore/keyring"
)

// TestMain lets the test binary be the program: what the tests run is what a person runs.
func TestMain(m *testing.M) {
	if os.Getenv("GIFTY_TEST_AS_PROGRAM") != "" {
		main() // exits
	}
	os.Exit(m.Run())
}

// place is where the program runs: a folder and the settings in its environment.
type place struct {
	dir string
	env []string
}

// at is a folder of its own with a database, and the key that all places have.
func at(t *testing.T, databaseURL string, settings ...string) place {
	t.Helper()
	return place{t.TempDir(), append([]string{"DATABASE_URL=" + databaseURL, "GIFTY_EMBEDDER=hash", "GIFTY_PROJECTOR_CONNS=4", "GIFTY_KEY=" + sharedKey()}, settings...)}
}

var sharedKey = sync.OnceValue(func() string {
	ring, err := keyring.New()
	if err != nil {
		panic(err)
	}
	text, err := ring.Text()
	if err != nil {
		panic(err)
	}
	return text
})

// program is a run of the program.
type program struct {
	*exec.Cmd
	out, err *text
	ended    chan struct{} // closed when it has
}

// text is what a process has printed so far.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *text) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(p)
}

func (t *text) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

// begin starts the program without waiting for it. It is killed when the test ends.
func (p place) begin(t *testing.T, stdin io.Reader, args ...string) program {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	run := program{exec.CommandContext(ctx, os.Args[0], args...), &text{}, &text{}, make(chan struct{})}
	run.Dir, run.Stdin, run.Stdout, run.Stderr = p.dir, stdin, run.out, run.err
	run.Env = append([]string{"GIFTY_TEST_AS_PROGRAM=1", "GORACE=atexit_sleep_ms=0", "PATH=" + os.Getenv("PATH"), "HOME=" + p.dir}, p.env...)
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(run.ended)
		_ = run.Wait() // the exit code tells
	}()
	t.Cleanup(func() {
		cancel()
		<-run.ended
	})
	return run
}

// code waits for the end and returns the exit code, -1 after a signal.
func (p program) code() int {
	<-p.ended
	return p.ProcessState.ExitCode()
}

// done waits for the program to end well.
func (p program) done(t *testing.T) program {
	t.Helper()
	if code := p.code(); code != 0 {
		t.Fatalf("gifty %v: exit code %d\n%s%s", p.Args[1:], code, p.out, p.err)
	}
	return p
}

// fails waits for the program to end with a code and to tell why.
func (p program) fails(t *testing.T, code int, why ...string) {
	t.Helper()
	if got := p.code(); got != code {
		t.Errorf("gifty %v: exit code %d, want %d\n%s%s", p.Args[1:], got, code, p.out, p.err)
	}
	for _, w := range why {
		if !strings.Contains(p.err.String(), w) {
			t.Errorf("gifty %v does not say %q but\n%s", p.Args[1:], w, p.err)
		}
	}
}

func (p program) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
}

// run is begin and done.
func (p place) run(t *testing.T, args ...string) program {
	t.Helper()
	return p.begin(t, nil, args...).done(t)
}

const lookAgain = 10 * time.Millisecond

// until looks again and again until something is so or the program has ended.
func (p program) until(t *testing.T, so func() bool) {
	t.Helper()
	again, enough := time.NewTicker(lookAgain), time.After(time.Minute)
	defer again.Stop()
	for !so() {
		select {
		case <-p.ended:
			return
		case <-enough:
			t.Fatalf("gifty %v: waited in vain\n%s%s", p.Args[1:], p.out, p.err)
		case <-again.C:
		}
	}
}

// write makes a file in the program's folder.
func (p place) write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// products is JSONL of the products first to last, of eight categories.
func products(first, last int) string {
	var b strings.Builder
	for n := first; n <= last; n++ {
		line, err := json.Marshal(map[string]any{
			"id": fmt.Sprint(n), "title": fmt.Sprintf("Подарок %d: набор для дома и сада", n), "price": 100 + n, "currency": "RUB",
			"category": fmt.Sprintf("Полка %d", n%categories), "merchant": "Лавка", "product_url": fmt.Sprintf("https://shop.example/%d", n),
		})
		if err != nil {
			panic(err)
		}
		b.Write(append(line, '\n'))
	}
	return b.String()
}

const categories = 8

// adminToken is the one that the first start has left in the folder.
func (p place) adminToken(t *testing.T) string {
	t.Helper()
	token, err := os.ReadFile(filepath.Join(p.dir, ".gifty", adminTokenFile))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(token))
}
