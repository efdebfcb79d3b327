package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// In an empty folder, with nothing set: the first command makes a server, a kill leaves it to the
// next, and the last to end stops it.
func TestAnEmptyFolderIsEnough(t *testing.T) {
	t.Parallel()
	p := place{roomy(t), []string{"GIFTY_EMBEDDER=hash"}}
	postmaster := filepath.Join(p.dir, ".gifty", "postgres", "data", "postmaster.pid")
	running := func() bool {
		_, err := os.Stat(postmaster)
		return err == nil
	}
	first := p.begin(t, nil, "search", "чай")
	first.until(t, func() bool { return strings.Contains(first.err.String(), "importing the demo catalogue") })
	first.signal(t, syscall.SIGKILL)
	if first.code(); !running() {
		t.Error("the server went with the program that was killed")
	}
	second := p.run(t, "search", "чай", "--limit", "1")
	if !strings.Contains(strings.ToLower(second.out.String()), "чай") {
		t.Error(second.out)
	}
	if running() {
		t.Error("the last program left the server running")
	}
	third := p.run(t, "import", "--demo")
	if !strings.HasPrefix(third.out.String(), "0 new, 0 changed") {
		t.Errorf("the demo was left half-way: %s", third.out)
	}
}

func TestAFolderThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	p := place{roomy(t), nil}
	p.write(t, "file", "")
	p.begin(t, nil, "search", "x", "--data", "file").fails(t, 1, "the folder file cannot be used; choose another with --data")
	p.begin(t, nil, "search", "x", "--postgres", p.dir).fails(t, 1, "PostgreSQL", "make deps")
}
