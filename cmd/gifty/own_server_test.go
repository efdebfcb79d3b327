package main

import (
	"net"
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
	second := p.run(t, "import", "--demo", "--no-embed")
	if !strings.HasSuffix(second.out.String(), " 0 refused, 0 duplicates\n") || running() {
		t.Errorf("%s; the server runs on: %t", second.out, running())
	}
	third := p.run(t, "projections")
	if !strings.Contains(third.out.String(), "\nproducts ") || running() {
		t.Errorf("%s; the server runs on: %t", third.out, running())
	}
}

// A server that could not be reached makes nothing.
func TestAnAddressThatIsTakenIsToldFirst(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	p := place{roomy(t), nil}
	p.begin(t, nil, "serve", "--listen", taken.Addr().String()).fails(t, 1, "address already in use; choose another address with --listen")
	if _, err := os.Stat(filepath.Join(p.dir, ".gifty")); !os.IsNotExist(err) {
		t.Errorf("a folder was made all the same: %v", err)
	}
}

func TestAFolderThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	p := place{roomy(t), nil}
	p.write(t, "file", "")
	p.begin(t, nil, "search", "x", "--data", "file").fails(t, 1, "the folder file cannot be used; choose another with --data")
	p.begin(t, nil, "search", "x", "--postgres", p.dir).fails(t, 1, "PostgreSQL", "make deps")
}
