// Package pgtest gives each test a Postgres database of its own, already migrated, within a few
// hundredths of a second. All packages' tests, in parallel and run after run, share one throw-away
// server, which keeps nothing safe from a crash and is left running; `make clean` ends it.
package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/eventstore/pgserver"
)

// New returns a pool of at most 16 connections on a fresh, migrated database. Both end with the test;
// the test must have given its connections back by then.
func New(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return connect(t, URL(t))
}

func connect(t testing.TB, url string) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 16
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// URL returns the connection string of a fresh, migrated database, which is dropped when the test ends.
// New's pool has it too, as Config().ConnString().
func URL(t testing.TB) string {
	t.Helper()
	return fresh(t, func(s *server) (string, error) { return s.template() })
}

// Empty is URL without the migrations; the extension vector is there.
func Empty(t testing.TB) string {
	t.Helper()
	return fresh(t, func(s *server) (string, error) { return blank, nil })
}

// blank is the database that pgserver makes; nobody connects to it here after the start.
const blank = "gifty"

func fresh(t testing.TB, template func(*server) (string, error)) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatalf("the server for tests: %v", err)
	}
	from, err := template(s)
	if err != nil {
		t.Fatalf("migrate the template database: %v", err)
	}
	name := newName()
	if err := s.clone(t.Context(), name, from); err != nil {
		t.Fatalf("clone %s: %v", from, err)
	}
	t.Cleanup(func() { s.ended <- name })
	return s.url(name)
}

// Dump is all of a database as pg_dump writes it, in clear text.
func Dump(t testing.TB, url string) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatalf("the server for tests: %v", err)
	}
	var complaint strings.Builder
	dump := exec.CommandContext(t.Context(), s.base.Program("pg_dump"), "--dbname="+url)
	dump.Stderr = &complaint
	text, err := dump.Output()
	if err != nil {
		t.Fatalf("pg_dump: %v: %s", err, complaint.String())
	}
	return string(text)
}

func newName() string {
	return fmt.Sprintf("%s%d_%s", prefix, os.Getpid(), strings.ToLower(rand.Text()[:8]))
}

// prefix begins the name of a test's database; the pid of its process follows.
const prefix = "test_"

// shared is the process's way to the server, opened by the first test that asks.
var shared = sync.OnceValues(open)

type server struct {
	base     *pgserver.Server // never stopped: the next package wants it
	admin    *pgxpool.Pool
	strategy string // of cloning: the files, a third of the time that logging pages takes
	template func() (string, error)
	ended    chan string // databases of tests that are over
}

// manyTests is how many databases may wait to be dropped before a test's end waits, too.
const manyTests = 16

// dropEnded drops the databases of tests that are over, beside those that run: dropping one waits for a
// checkpoint. What is left when the process ends, the next one sweeps away.
func (s *server) dropEnded() {
	for name := range s.ended {
		_ = s.drop(context.Background(), name) // else the next process does
	}
}

func open() (*server, error) {
	ctx := context.Background()
	dir := filepath.Join(scratch(), fmt.Sprintf("gifty-test-%d", os.Getuid()))
	if err := private(dir); err != nil {
		return nil, err
	}
	base, err := pgserver.Start(ctx, pgserver.Options{
		Dir: filepath.Join(dir, "postgres"),
		Bin: os.Getenv("PGBIN"),
		Settings: map[string]string{
			"fsync":              "off",
			"full_page_writes":   "off",
			"max_connections":    "1500", // four packages' tests, each with up to two processes' pools
			"shared_buffers":     "256MB",
			"max_wal_size":       "256MB",
			"checkpoint_timeout": "1h",
			"wal_compression":    "off",
			"autovacuum":         "off", // else a worker comes to one of a hundred databases every moment
		},
	})
	if err != nil {
		return nil, err
	}
	s := &server{base: base, ended: make(chan string, manyTests)}
	s.template = sync.OnceValues(func() (string, error) { return s.migrated(ctx) })
	config, err := pgxpool.ParseConfig(s.url("postgres"))
	if err != nil {
		return nil, err
	}
	config.MaxConns = 4
	if s.admin, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, err
	}
	const strategies = `SELECT CASE WHEN current_setting('server_version_num')::int >= 150000 THEN ' STRATEGY file_copy' ELSE '' END`
	if err := s.admin.QueryRow(ctx, strategies).Scan(&s.strategy); err != nil {
		return nil, err
	}
	go s.dropEnded()
	return s, s.sweep(ctx)
}

// scratch prefers memory: a database is 300 files, made and removed for each test, and a file system
// on disk takes ten times as long. A container's /dev/shm is too small.
func scratch() string {
	const memory, enough = "/dev/shm", 2 << 30
	var stat syscall.Statfs_t
	if err := syscall.Statfs(memory, &stat); err == nil && stat.Blocks*uint64(stat.Bsize) >= enough {
		return memory
	}
	return os.TempDir()
}

// private makes dir, whose name anybody can guess, and refuses one that somebody else has made.
func private(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || !info.IsDir() || int(stat.Uid) != os.Getuid() {
		return fmt.Errorf("%s was made by somebody else; remove it", dir)
	}
	return nil
}

func (s *server) url(database string) string {
	return strings.Replace(s.base.URL(), "/"+blank+"?", "/"+database+"?", 1)
}

// clone waits its turn where something, such as autovacuum, is looking at the template.
func (s *server) clone(ctx context.Context, name, template string) error {
	sql := "CREATE DATABASE " + pgx.Identifier{name}.Sanitize() + " TEMPLATE " + pgx.Identifier{template}.Sanitize() + s.strategy
	for deadline := time.Now().Add(time.Minute); ; {
		_, err := s.admin.Exec(ctx, sql)
		var said *pgconn.PgError
		if !errors.As(err, &said) || said.Code != pgerrcode.ObjectInUse || time.Now().After(deadline) {
			return err
		}
	}
}

func (s *server) drop(ctx context.Context, name string) error {
	_, err := s.admin.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
	return err
}

// sweep drops the databases of processes that died before they could.
func (s *server) sweep(ctx context.Context) error {
	rows, err := s.admin.Query(ctx, "SELECT datname FROM pg_database WHERE starts_with(datname, $1)", prefix)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		var pid int
		if _, err := fmt.Sscanf(name, prefix+"%d_", &pid); err != nil || syscall.Kill(pid, 0) != syscall.ESRCH {
			continue
		}
		if err := s.drop(ctx, name); err != nil {
			return err
		}
	}
	return nil
}
