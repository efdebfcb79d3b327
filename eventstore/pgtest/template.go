package pgtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"

	"gifty/migrations"
)

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
