package main

import (
	"cmp"
	"context"
	"errors"
	"io/fs"

	"gifty/domain"
	"gifty/eventstore"
	"gifty/eventstore/keyring"
)

// Privacy is where the key is that what people told is sealed with.
type Privacy struct {
	Key     string `env:"GIFTY_KEY" secret:"" placeholder:"KEYSET" help:"Wraps the keys of personal data: a line that gifty keys new prints, the same for every process. Without it they are wrapped by the one in the key file."`
	KeyFile string `env:"GIFTY_KEY_FILE" placeholder:"FILE" help:"The key file; the data folder's key.json when empty, which in development is made at first. Without it, personal data can be read no more: keep a copy elsewhere."`
}

// keyring is the key that was configured. In development it is made at first, unless the database was
// written with another.
func (c Config) keyring(made bool) (*keyring.Ring, error) {
	if c.Key != "" {
		return keyring.Parse(c.Key)
	}
	path := c.keyFile()
	ring, err := keyring.Open(path)
	var known *domain.Error
	switch {
	case err == nil || errors.As(err, &known):
		return ring, err
	case !errors.Is(err, fs.ErrNotExist):
		return nil, domain.Unavailable("key_unreadable", "the key file %s cannot be read; set GIFTY_KEY_FILE", path).Because(err)
	case made:
		return nil, domain.Unavailable("key_missing", "this database's personal data was sealed with a key, and there is none in %s; bring the key back there, or name it by GIFTY_KEY_FILE", path)
	case c.production() && c.KeyFile == "":
		return nil, domain.Invalid("key_missing", "in production GIFTY_KEY_FILE (or GIFTY_KEY) must be set; gifty keys new makes a key")
	case c.production():
		return nil, domain.Invalid("key_missing", "there is no key file %s; gifty keys new makes a key", path)
	}
	ring, err = keyring.Create(path)
	if errors.As(err, &known) && known.Kind == domain.KindConflict { // another process was first
		return keyring.Open(path)
	}
	if err != nil {
		return nil, domain.Unavailable("key_unwritable", "the key cannot be made in %s; set GIFTY_KEY_FILE, or choose another folder with --data", path).Because(err)
	}
	return ring, nil
}

func (c Config) keyFile() string { return cmp.Or(c.KeyFile, c.path("key.json")) }

// openKeys has the keys of personal data ready.
func (a *app) openKeys(ctx context.Context) error {
	var made bool
	if err := a.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM subject_keys)`).Scan(&made); err != nil {
		return err
	}
	ring, err := a.config.keyring(made)
	if err == nil {
		a.keys, err = eventstore.OpenKeys(ctx, a.pool, ring)
	}
	return err
}
