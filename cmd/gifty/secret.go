package main

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gifty/domain"
)

// Access is what credentials stand on.
type Access struct {
	Environment string `name:"env" env:"GIFTY_ENV" enum:"development,production" default:"development" help:"production makes up no secret and keeps none beside the data: what is missing is refused (${default})."`
	Secret      string `env:"GIFTY_SECRET" secret:"" placeholder:"BASE64" help:"Signs anonymous identities: 32 random bytes in base64, such as openssl rand -base64 32 makes, the same for every process. In development one is made and kept beside the data."`
}

func (a Access) production() bool { return a.Environment == "production" }

// secretLen is what a secret has in bytes.
const secretLen = 32

var (
	errSecretMissing = domain.Invalid("secret_missing", "in production GIFTY_SECRET must be set, to 32 random bytes in base64; openssl rand -base64 32 makes such")
	errSecretWeak    = domain.Invalid("secret_weak", "GIFTY_SECRET is not 32 random bytes in base64; openssl rand -base64 32 makes such")
)

// secret is the one that was configured. In development it is made at first, and kept in the file secret.
func (c Config) secret() ([]byte, error) {
	switch {
	case c.Access.Secret != "":
		return parseSecret(c.Access.Secret)
	case c.production():
		return nil, errSecretMissing
	}
	path := c.path("secret")
	kept, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		kept, err = makeSecret(path)
	}
	if err != nil {
		return nil, domain.Unavailable("secret_unreadable", "the secret in %s can be neither read nor made; set GIFTY_SECRET, or choose another folder with --data", path).Because(err)
	}
	return parseSecret(string(kept))
}

// makeSecret leaves a new secret in the file, or, of two processes that do at once, the other's.
func makeSecret(path string) ([]byte, error) {
	random := make([]byte, secretLen)
	rand.Read(random) // never fails
	text := []byte(base64.StdEncoding.EncodeToString(random) + "\n")
	if err := writePrivately(path, text); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// writePrivately makes a file that its owner alone may read. What is there stays.
func writePrivately(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	whole, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(whole.Name()) //nolint:errcheck // there is another name for it by then, or it is of no use
	_, err = whole.Write(content)
	if err = errors.Join(err, whole.Close()); err != nil {
		return err
	}
	if err := os.Link(whole.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// parseSecret refuses what can't be random: of 32 random bytes, fewer than 16 different ones are never seen.
func parseSecret(text string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	different := map[byte]bool{}
	for _, b := range raw {
		different[b] = true
	}
	if err != nil || len(raw) < secretLen || len(different) < secretLen/2 {
		return nil, errSecretWeak
	}
	return raw, nil
}

// derived is a key of the secret for one purpose: who learns it learns no other.
func derived(secret []byte, purpose string) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "gifty "+purpose, secretLen)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	return key, nil
}
