package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var (
	errGone  = errors.New("the postmaster has ended")
	errAgain = errors.New("postgres could not start just now")
)

const (
	pollEvery  = 20 * time.Millisecond
	retryEvery = 200 * time.Millisecond
	retryFor   = 30 * time.Second
	maxLog     = 10 * megabyte
)

// place is where a postmaster says it is, in its pid file.
type place struct {
	pid, port int
	socketDir string // empty: loopback
}

// postmaster reads the pid file. Lines: pid, data directory, start time, port, socket directory,
// listen address; they appear one after the other while the server starts.
func (c *cluster) postmaster() (place, bool) {
	text, err := os.ReadFile(filepath.Join(c.data(), "postmaster.pid"))
	if err != nil {
		return place{}, false
	}
	lines := strings.Split(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid <= 0 {
		return place{}, false
	}
	p := place{pid: pid}
	if len(lines) > 6 {
		p.socketDir = lines[4]
		p.port, _ = strconv.Atoi(lines[3]) // 0 is tried and fails like a server not yet listening
	}
	return p, true
}

// running tells whether the pid file's process is there and is the cluster's postmaster. After a crash
// or a reboot the same number may be another program's.
func (c *cluster) running() bool {
	p, ok := c.postmaster()
	if !ok {
		return false
	}
	if _, err := os.Stat("/proc/self/cwd"); err != nil { // macOS
		out, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(p.pid)).Output()
		return err == nil && strings.HasSuffix(strings.TrimSpace(string(out)), " -D "+c.data())
	}
	works, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", p.pid))
	if err != nil {
		return false
	}
	data, err := filepath.EvalSymlinks(c.data())
	return err == nil && works == data
}

// ensure returns the URL of the server once it answers, starting it when it does not run. The serial
// lock is held.
func (c *cluster) ensure(ctx context.Context) (string, error) {
	retry := time.NewTicker(retryEvery)
	defer retry.Stop()
	for until := time.Now().Add(retryFor); ; {
		url, err := "", errGone
		if c.running() {
			url, err = c.await(ctx, nil)
		}
		if errors.Is(err, errGone) {
			url, err = c.launch(ctx)
		}
		if !errors.Is(err, errAgain) || time.Now().After(until) {
			return url, err
		}
		select {
		case <-ctx.Done():
			return "", err
		case <-retry.C:
		}
	}
}

// launch starts the postmaster and waits until it answers.
func (c *cluster) launch(ctx context.Context) (string, error) {
	if err := c.ready(ctx); err != nil {
		return "", err
	}
	log, start, err := c.openLog()
	if err != nil {
		return "", err
	}
	defer log.Close()
	cmd := exec.Command(c.programs.path("postgres"), "-D", c.data())
	c.prepare(cmd)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return "", err
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait() // the log says why
		close(exited)
	}()
	url, err := c.await(ctx, exited)
	if errors.Is(err, errGone) {
		return "", c.diagnose(start)
	}
	if err == nil {
		c.logger.Info("started postgres", "dir", c.dir, "version", c.programs.major, "pid", cmd.Process.Pid)
	}
	return url, err
}

// ready makes the cluster and its configuration, and clears what a dead postmaster left behind.
// Postgres itself checks by other means that no process still works on the data.
func (c *cluster) ready(ctx context.Context) error {
	made, err := c.madeBy()
	if err != nil {
		return err
	}
	if made == 0 {
		if err := c.create(ctx); err != nil {
			return err
		}
	}
	if c.port == 0 {
		if c.port, err = freePort(); err != nil {
			return err
		}
	}
	for _, stale := range []string{"data/postmaster.pid", fmt.Sprintf(".s.PGSQL.%d.lock", socketPort)} {
		if err := os.Remove(filepath.Join(c.dir, stale)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return c.write("data/postgresql.conf", c.configuration(memory()))
}

// openLog returns the log and its size. One that has grown is set aside, in place of the one before.
func (c *cluster) openLog() (*os.File, int64, error) {
	path := filepath.Join(c.dir, "log")
	if info, err := os.Stat(path); err == nil && info.Size() > maxLog {
		if err := os.Rename(path, path+".old"); err != nil {
			return nil, 0, err
		}
	}
	log, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, 0, err
	}
	size, err := log.Seek(0, io.SeekEnd)
	return log, size, errors.Join(err, c.account.own(path))
}

// diagnose reads why a postmaster did not start.
func (c *cluster) diagnose(logStart int64) error {
	text, err := os.ReadFile(filepath.Join(c.dir, "log"))
	if err != nil {
		return err
	}
	printed := string(text[min(logStart, int64(len(text))):])
	failed := c.failure("Postgres did not start", printed, nil)
	switch {
	case strings.Contains(printed, "Address already in use"):
		c.port = 0
		return errors.Join(errAgain, failed)
	case strings.Contains(printed, "pre-existing shared memory block"):
		// Children of a killed postmaster leave as soon as they notice.
		return errors.Join(errAgain, failed)
	}
	return failed
}

// await waits for the server to answer. It returns errGone when the process ends: exited tells, or,
// when that is nil, the pid file.
func (c *cluster) await(ctx context.Context, exited <-chan struct{}) (string, error) {
	poll, slow := time.NewTicker(pollEvery), time.NewTimer(5*time.Second)
	defer poll.Stop()
	defer slow.Stop()
	for {
		if p, ok := c.postmaster(); ok && p.port != 0 {
			url, err := c.admit(ctx, p)
			if err == nil || !notYet(err) {
				return url, err
			}
		}
		select {
		case <-exited:
			return "", errGone
		case <-ctx.Done():
			return "", fmt.Errorf("wait for postgres to start (its log is %s): %w", filepath.Join(c.dir, "log"), ctx.Err())
		case <-slow.C:
			c.logger.Info("postgres is still starting; after a crash it replays its log", "dir", c.dir)
		case <-poll.C:
		}
		if exited == nil && !c.running() {
			return "", errGone
		}
	}
}

// halt ends the server: politely for a second, then without waiting for its clients. The data is whole
// either way.
func (c *cluster) halt(ctx context.Context) error {
	if !c.running() {
		return nil
	}
	poll, polite := time.NewTicker(pollEvery), time.NewTimer(time.Second)
	defer poll.Stop()
	defer polite.Stop()
	signal := func(s syscall.Signal) {
		if p, ok := c.postmaster(); ok && c.running() {
			_ = syscall.Kill(p.pid, s) // it may have ended meanwhile
		}
	}
	signal(syscall.SIGTERM)
	for c.running() {
		select {
		case <-ctx.Done():
			signal(syscall.SIGINT)
			return fmt.Errorf("postgres is still stopping: %w", ctx.Err())
		case <-polite.C:
			signal(syscall.SIGINT)
		case <-poll.C:
		}
	}
	c.logger.Info("stopped postgres", "dir", c.dir)
	return nil
}
