package pgserver

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"gifty/domain"
)

var fast = map[string]string{"fsync": "off", "shared_buffers": "16MB"}

// folder is a place that the postgres user can reach, unlike the testing package's own.
func folder(t *testing.T) string {
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
	return filepath.Join(dir, "postgres")
}

func start(t *testing.T, o Options) *Server {
	t.Helper()
	if o.Settings == nil {
		o.Settings = fast
	}
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *Server) {
	t.Helper()
	if err := s.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}

func ask(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	results, err := conn.PgConn().Exec(t.Context(), sql).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	if last := results[len(results)-1]; len(last.Rows) > 0 {
		return string(last.Rows[0][0])
	}
	return ""
}

func pid(t *testing.T, s *Server) int {
	t.Helper()
	p, ok := s.cluster.postmaster()
	if !ok {
		t.Fatal("no pid file")
	}
	return p.pid
}

func TestStartServesAndKeepsWhatWasStored(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s := start(t, Options{Dir: dir})
	for sql, want := range map[string]string{
		"SELECT '[1,2]'::halfvec(2) <-> '[1,2]'": "0",
		"SHOW server_encoding":                   "UTF8",
		"SHOW timezone":                          "UTC",
		"SHOW max_connections":                   "100",
		"SELECT lower('ЁЖ')":                     "ёж",
		"SHOW fsync":                             "off", // from Settings
	} {
		if got := ask(t, s.URL(), sql); got != want {
			t.Errorf("%s = %q, want %q", sql, got, want)
		}
	}
	if group, err := syscall.Getpgid(pid(t, s)); err != nil || group == syscall.Getpgrp() {
		t.Errorf("postgres is in our process group: a Ctrl-C would end it (%v)", err)
	}
	ask(t, s.URL(), "CREATE TABLE kept AS SELECT 42 AS n")
	stop(t, s)
	stop(t, s)
	if s.cluster.running() {
		t.Fatal("still running after Stop")
	}
	again := start(t, Options{Dir: dir})
	if got := ask(t, again.URL(), "SELECT n FROM kept"); got != "42" {
		t.Errorf("kept %q, want 42", got)
	}
}

func TestStrangersAreRefused(t *testing.T) {
	t.Parallel()
	for name, dir := range map[string]string{
		"socket":   folder(t),
		"loopback": filepath.Join(folder(t), strings.Repeat("long", maxSocketPath/4)),
	} {
		s := start(t, Options{Dir: dir})
		u, err := url.Parse(s.URL())
		if err != nil {
			t.Fatal(err)
		}
		if byName := u.Host == ""; byName != (name == "socket") {
			t.Errorf("%s: host is %q", name, u.Host)
		}
		u.User = url.UserPassword(superuser, "guess")
		if _, err := pgx.Connect(t.Context(), u.String()); code(err) != pgerrcode.InvalidPassword {
			t.Errorf("%s: a wrong password got %v", name, err)
		}
		for _, file := range []string{"password", "log", "data"} {
			info, err := os.Stat(filepath.Join(s.cluster.dir, file))
			if err != nil || info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s: %s is open to others: %v %v", name, file, info, err)
			}
		}
	}
}

// revivals is a log handler that signals each restart by the watch.
type revivals struct {
	slog.Handler
	seen chan struct{}
}

func (r revivals) Enabled(context.Context, slog.Level) bool { return true }

func (r revivals) Handle(_ context.Context, record slog.Record) error {
	if record.Level == slog.LevelWarn {
		r.seen <- struct{}{}
	}
	return nil
}

func TestAKilledPostmasterIsStartedAgain(t *testing.T) {
	t.Parallel()
	handler := revivals{slog.DiscardHandler, make(chan struct{}, 1)}
	s := start(t, Options{Dir: folder(t), Logger: slog.New(handler)})
	ask(t, s.URL(), "CREATE TABLE kept AS SELECT 42 AS n")
	if err := syscall.Kill(pid(t, s), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case <-handler.seen:
	case <-time.After(time.Minute):
		t.Fatal("it stayed dead")
	}
	if got := ask(t, s.URL(), "SELECT n FROM kept"); got != "42" {
		t.Errorf("kept %q, want 42", got)
	}
}

func TestWhatACrashLeftBehind(t *testing.T) {
	t.Parallel()
	tests := map[string]func(t *testing.T, c *cluster){
		"pid file naming another program": func(t *testing.T, c *cluster) {
			lines := []string{strconv.Itoa(os.Getpid()), c.data(), "1700000000", "5432", c.dir, "", " 1 2", "ready   ", ""}
			write(t, filepath.Join(c.data(), "postmaster.pid"), strings.Join(lines, "\n"))
			write(t, filepath.Join(c.dir, ".s.PGSQL.5432.lock"), strings.Join(lines, "\n"))
		},
		"pid file of a dead postmaster": func(t *testing.T, c *cluster) {
			write(t, filepath.Join(c.data(), "postmaster.pid"), "999999999\n")
		},
		"empty pid file": func(t *testing.T, c *cluster) {
			write(t, filepath.Join(c.data(), "postmaster.pid"), "")
		},
		"cluster half made": func(t *testing.T, c *cluster) {
			if err := os.Rename(c.data(), c.data()+".new"); err != nil {
				t.Fatal(err)
			}
		},
		"database not yet made": func(t *testing.T, c *cluster) {
			url, err := c.ensure(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ask(t, strings.Replace(url, "/"+database+"?", "/postgres?", 1), "DROP DATABASE "+database)
		},
	}
	dir := folder(t)
	for name, crash := range tests {
		t.Run(name, func(t *testing.T) {
			s := start(t, Options{Dir: dir})
			stop(t, s)
			crash(t, s.cluster)
			again := start(t, Options{Dir: dir})
			if got := ask(t, again.URL(), "SELECT 1"); got != "1" {
				t.Errorf("got %q", got)
			}
			stop(t, again)
		})
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	t.Parallel()
	made := func(version string) string {
		dir := folder(t)
		if err := os.MkdirAll(filepath.Join(dir, "data"), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "data", "PG_VERSION"), version)
		return dir
	}
	broken := map[string]string{"no_such_setting": "1"}
	gone := folder(t)
	if err := errors.Join(os.MkdirAll(filepath.Dir(gone), 0o755), os.Symlink(gone+".gone", gone)); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		options    Options
		code, says string
	}{
		"no programs":     {Options{Dir: folder(t), Bin: t.TempDir()}, "postgres_missing", "make deps"},
		"another version": {Options{Dir: made("9\n")}, "postgres_version", "PostgreSQL 9"},
		"bad setting":     {Options{Dir: folder(t), Settings: broken}, "postgres_failed", "no_such_setting"},
		"dangling link":   {Options{Dir: gone}, "postgres_dir_gone", "remove the link"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := Start(t.Context(), tt.options)
			if err == nil {
				stop(t, s)
			}
			var said *domain.Error
			if !errors.As(err, &said) || said.Code != tt.code || !strings.Contains(said.Message, tt.says) {
				t.Errorf("got %v, want %s with %q", err, tt.code, tt.says)
			}
		})
	}
}

func TestStartGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s, err := Start(ctx, Options{Dir: dir, Settings: fast}); err == nil {
		stop(t, s)
		t.Fatal("started in spite of a cancelled context")
	}
	c := &cluster{dir: dir}
	if c.running() {
		t.Error("left a server running")
	}
}

func TestAFolderThePostgresUserCannotReachBecomesALink(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root runs postgres as another user")
	}
	closed, apart := folder(t), folder(t)
	if err := os.MkdirAll(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(closed, "postgres")
	user, err := accountFor(dir)
	if err != nil {
		t.Fatal(err)
	}
	place, err := user.settle(dir, apart, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(place, apart) {
		t.Fatalf("kept in %s, want below %s", place, apart)
	}
	s := start(t, Options{Dir: dir})
	if s.cluster.dir != place {
		t.Errorf("serves from %s, want %s", s.cluster.dir, place)
	}
}
