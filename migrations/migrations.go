// Package migrations holds the schema of what is durable: the log, keys and checkpoints. Read
// tables are never migrated; they are rebuilt from the log.
package migrations

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"

	"github.com/golang-migrate/migrate/v4"
	_ "github.com/golang-migrate/migrate/v4/database/pgx/v5" // the pgx5:// driver
	"github.com/golang-migrate/migrate/v4/source/iofs"
)

// Files are the migrations, NNNN_name.up.sql and .down.sql.
//
//go:embed *.sql
var Files embed.FS

// Status is a database's place among the migrations this program knows.
type Status struct {
	Version uint // 0: nothing applied
	Latest  uint // the newest this program knows
	Dirty   bool // a migration failed half-way
}

// Check says why a server must not run on this schema; nil when it may.
func (s Status) Check() error {
	switch {
	case s.Dirty:
		return fmt.Errorf("the schema is dirty: migration %d failed half-way; restore a backup, or repair it by hand and run `gifty migrate force %d`", s.Version, s.Version)
	case s.Version > s.Latest:
		return fmt.Errorf("the schema (version %d) is newer than this program (version %d); use the newer program, or migrate down with it first", s.Version, s.Latest)
	case s.Version < s.Latest:
		return fmt.Errorf("the schema (version %d) is older than this program (version %d); run `gifty migrate up`", s.Version, s.Latest)
	}
	return nil
}

// Up applies every missing migration. A schema that is newer or dirty is an error.
func Up(ctx context.Context, databaseURL string) error {
	return with(ctx, databaseURL, func(m *migrate.Migrate) error {
		s, err := status(m)
		if err != nil {
			return err
		}
		if s.Dirty || s.Version > s.Latest {
			return s.Check()
		}
		return m.Up()
	})
}

// Down takes back the newest steps migrations. Step 1 holds the log itself.
func Down(ctx context.Context, databaseURL string, steps int) error {
	return with(ctx, databaseURL, func(m *migrate.Migrate) error { return m.Steps(-steps) })
}

// Force records a version as cleanly applied without running anything, after a repair by hand.
func Force(ctx context.Context, databaseURL string, version int) error {
	return with(ctx, databaseURL, func(m *migrate.Migrate) error { return m.Force(version) })
}

// Read returns where the database stands.
func Read(ctx context.Context, databaseURL string) (s Status, err error) {
	err = with(ctx, databaseURL, func(m *migrate.Migrate) error {
		s, err = status(m)
		return err
	})
	return s, err
}

func with(ctx context.Context, databaseURL string, do func(*migrate.Migrate) error) error {
	source, err := iofs.New(Files, ".")
	if err != nil {
		return err
	}
	u, err := url.Parse(databaseURL)
	if err != nil {
		return errors.New("the database URL is not a URL such as postgres://user:password@host:5432/gifty")
	}
	u.Scheme = "pgx5"
	m, err := migrate.NewWithSourceInstance("files", source, u.String())
	if err != nil {
		return fmt.Errorf("open the database for migrations: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { m.GracefulStop <- true })
	defer stop()
	err = do(m)
	if errors.Is(err, migrate.ErrNoChange) {
		err = nil
	}
	sourceErr, dbErr := m.Close()
	return errors.Join(err, sourceErr, dbErr)
}

func status(m *migrate.Migrate) (s Status, err error) {
	if s.Latest, err = latest(); err != nil {
		return s, err
	}
	s.Version, s.Dirty, err = m.Version()
	if errors.Is(err, migrate.ErrNilVersion) {
		err = nil
	}
	return s, err
}

func latest() (uint, error) {
	names, err := fs.Glob(Files, "*.up.sql")
	if err != nil {
		return 0, err
	}
	return uint(len(names)), nil
}
