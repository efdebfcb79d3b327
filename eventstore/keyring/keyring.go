// Package keyring holds the key that wraps all others: a Tink keyset of AES-256-GCM keys, of which one
// wraps and all unwrap. It comes from a file, or from the environment. Who has it and a copy of the
// database can read what people told; who has lost it can't, whatever copies there are.
package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"gifty/domain"
)

// Ring wraps and unwraps keys. One that comes from a file reads it again when another process has
// rotated it. Safe for concurrent use.
type Ring struct {
	path string // empty: from the environment

	mu     sync.RWMutex
	handle *keyset.Handle
	aead   tink.AEAD
	read   time.Time // the file's modification time
}

var errWeak = domain.Invalid("key_weak", "the key is none of this program's: a Tink keyset of enabled AES-256-GCM keys, as `gifty keys new` makes it")

// Parse reads a keyset as Text writes it.
func Parse(text string) (*Ring, error) {
	r := &Ring{}
	return r, r.use([]byte(strings.TrimSpace(text)))
}

// New makes a ring with one new key.
func New() (*Ring, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	r := &Ring{}
	return r, r.take(handle)
}

// Open reads the ring in a file that nobody else may read.
func Open(path string) (*Ring, error) {
	r := &Ring{path: path}
	return r, r.reload()
}

// Create makes a ring and its file, which must not be there yet.
func Create(path string) (*Ring, error) {
	r, err := New()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	// A link is made by one only of several processes that begin at once.
	if err := save(r.handle, path, os.Link); errors.Is(err, fs.ErrExist) {
		return nil, domain.Conflict("key_exists", "there is a key in %s already", path).Because(err)
	} else if err != nil {
		return nil, err
	}
	return Open(path)
}

func (r *Ring) reload() error {
	info, err := os.Stat(r.path)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return domain.Invalid("key_exposed", "others may read the key file %s; chmod 600 it", r.path)
	}
	text, err := os.ReadFile(r.path)
	if err != nil {
		return err
	}
	if err := r.use(bytes.TrimSpace(text)); err != nil {
		return fmt.Errorf("%s: %w", r.path, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read = info.ModTime()
	return nil
}

func (r *Ring) use(text []byte) error {
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(text)))
	if err != nil {
		return errWeak // the cause could quote the key
	}
	return r.take(handle)
}

const gcm = "type.googleapis.com/google.crypto.tink.AesGcmKey"

func (r *Ring) take(handle *keyset.Handle) error {
	for _, k := range handle.KeysetInfo().GetKeyInfo() {
		if k.GetTypeUrl() != gcm {
			return errWeak
		}
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return errWeak
	}
	// The shortest key that AES-GCM has is of 16 bytes, and so would pass for one.
	if !strong(handle) {
		return errWeak
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.handle, r.aead = handle, primitive
	return nil
}

// Wrap encrypts a key by the ring's present one. of says what the key is for, and is needed to unwrap it.
func (r *Ring) Wrap(key, of []byte) ([]byte, error) {
	r.refresh()
	return r.primitive().Encrypt(key, of)
}

// ErrForeign says that a key was wrapped by a key which is not in the ring.
var ErrForeign = domain.Unavailable("key_foreign", "the key in use does not open this database's personal data; start with the key that it was made with (GIFTY_KEY_FILE or GIFTY_KEY)")

// Unwrap decrypts a wrapped key.
func (r *Ring) Unwrap(wrapped, of []byte) ([]byte, error) {
	key, err := r.primitive().Decrypt(wrapped, of)
	if err != nil && r.refresh() {
		key, err = r.primitive().Decrypt(wrapped, of)
	}
	if err != nil {
		return nil, ErrForeign
	}
	return key, nil
}

func (r *Ring) primitive() tink.AEAD {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.aead
}

// refresh reads the file again if it was written since, and tells whether it was. What can't be read
// now leaves the ring as it was: what it holds goes on to work.
func (r *Ring) refresh() bool {
	if r.path == "" {
		return false
	}
	info, err := os.Stat(r.path)
	r.mu.RLock()
	same := err != nil || info.ModTime().Equal(r.read)
	r.mu.RUnlock()
	return !same && r.reload() == nil
}
