package pgtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/migrations"
)

// Template is a migrated database with more in it, which each test gets a clone of: what takes long to
// prepare is prepared once a process.
type Template struct {
	Prepare func(ctx context.Context, pool *pgxpool.Pool) error

	once sync.Once
	name string
	err  error
}

// New is like the function New.
func (f *Template) New(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return connect(t, f.URL(t))
}

// URL is like the function URL.
func (f *Template) URL(t testing.TB) string {
	t.Helper()
	return fresh(t, func(s *server) (string, error) {
		f.once.Do(func() { f.name, f.err = s.prepared(context.WithoutCancel(t.Context()), f.Prepare) })
		return f.name, f.err
	})
}

// prepared makes a database that the next process sweeps away, as it does tests'.
func (s *server) prepared(ctx context.Context, prepare func(context.Context, *pgxpool.Pool) error) (string, error) {
	from, err := s.template()
	if err != nil {
		return "", err
	}
	name := newName()
	if err := s.clone(ctx, name, from); err != nil {
		return "", err
	}
	pool, err := pgxpool.New(ctx, s.url(name))
	if err != nil {
		return "", err
	}
	defer pool.Close() // nobody may be connected to what is cloned
	return name, prepare(ctx, pool)
}

// migrated returns the name of the database to clone, which says what the migrations are: another
// branch's tests make another. It is built under another name, so that none is ever half-built.
func (s *server) migrated(ctx context.Context) (string, error) {
	hash, err := fingerprint(migrations.Files)
	if err != nil {
		return "", err
	}
	name := "template_" + hash
	conn, err := s.admin.Acquire(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Release()
	// One process builds, the others wait here; the lock goes with the transaction.
	tx, err := conn.Begin(ctx)
	if err != nil {
		return "", err
	}
	defer tx.Rollback(ctx)
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtext($1))", name); err != nil {
		return "", err
	}
	var built bool
	err = tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&built)
	if err != nil || built {
		return name, err
	}
	return name, s.build(ctx, name)
}

func (s *server) build(ctx context.Context, name string) error {
	draft := "draft_" + name
	if err := s.drop(ctx, draft); err != nil {
		return err
	}
	if err := s.clone(ctx, draft, blank); err != nil {
		return err
	}
	if err := migrations.Up(ctx, s.url(draft)); err != nil {
		return err
	}
	_, err := s.admin.Exec(ctx, fmt.Sprintf("ALTER DATABASE %s RENAME TO %s", draft, name))
	return err
}

func fingerprint(files fs.FS) (string, error) {
	hash := sha256.New()
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, path)
		fmt.Fprintf(hash, "%s %d\n%s", path, len(content), content)
		return err
	})
	return hex.EncodeToString(hash.Sum(nil))[:16], err
}
