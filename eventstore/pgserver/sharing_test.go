package pgserver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// TestMain lets the test binary be the other process: with GIFTY_PGSERVER_DIR set it starts that
// folder's server, says so, and stops its share when its standard input ends.
func TestMain(m *testing.M) {
	dir := os.Getenv("GIFTY_PGSERVER_DIR")
	if dir == "" {
		os.Exit(m.Run())
	}
	s, err := Start(context.Background(), Options{Dir: dir, Settings: fast})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("started")
	bufio.NewScanner(os.Stdin).Scan()
	if err := s.Stop(context.Background()); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// process is the test binary run again as another user of the same folder.
type process struct {
	*exec.Cmd
	leave func() error // ends it politely
}

func another(t *testing.T, dir string) process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "GIFTY_PGSERVER_DIR="+dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "started\n" {
		t.Fatalf("the other process said %q, %v", line, err)
	}
	return process{cmd, func() error { return errors.Join(in.Close(), cmd.Wait()) }}
}

func TestTheLastProcessToLeaveStopsTheServer(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	other := another(t, dir)
	s := start(t, Options{Dir: dir})
	before := pid(t, s)
	if err := other.leave(); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, s.URL(), "SELECT 1"); got != "1" || pid(t, s) != before {
		t.Fatal("the server went with the process that had started it")
	}
	guest := another(t, dir)
	stop(t, s)
	if !s.cluster.running() {
		t.Fatal("the server was stopped under another process")
	}
	if err := guest.leave(); err != nil {
		t.Fatal(err)
	}
	if s.cluster.running() {
		t.Fatal("the last process left the server running")
	}
}

func TestAKilledProcessLeavesTheServerToTheNext(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	other := another(t, dir)
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait() // says that it was killed
	c := &cluster{dir: dir}
	left, ok := c.postmaster()
	if !ok || !c.running() {
		t.Fatal("the server died with the process")
	}
	s := start(t, Options{Dir: dir})
	if got := pid(t, s); got != left.pid {
		t.Errorf("postmaster %d was left and %d is used", left.pid, got)
	}
	stop(t, s)
	if s.cluster.running() {
		t.Error("the server outlived its last user")
	}
}
