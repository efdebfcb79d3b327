package keyring

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// keyBytes is the length of an AES-256 key.
const keyBytes = 32

// strong tells whether every key of a keyset is of 256 bits and in use.
func strong(handle *keyset.Handle) bool {
	for i := range handle.Len() {
		entry, err := handle.Entry(i)
		if err != nil || entry.KeyStatus() != keyset.Enabled {
			return false
		}
		parameters, ok := entry.Key().Parameters().(*aesgcm.Parameters)
		if !ok || parameters.KeySizeInBytes() != keyBytes {
			return false
		}
	}
	return handle.Len() > 0
}

// Text is the ring as one line that Parse reads. It is the secret itself.
func (r *Ring) Text() (string, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return textOf(r.handle)
}

func textOf(handle *keyset.Handle) (string, error) {
	var out bytes.Buffer
	err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&out))
	return string(bytes.TrimSpace(out.Bytes())), err
}

// Path is the ring's file; empty when it comes from the environment.
func (r *Ring) Path() string { return r.path }

// Keys are the ids of the ring's keys, the one that wraps first.
func (r *Ring) Keys() (ids []uint32) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	info := r.handle.KeysetInfo()
	ids = append(ids, info.GetPrimaryKeyId())
	for _, k := range info.GetKeyInfo() {
		if !slices.Contains(ids, k.GetKeyId()) {
			ids = append(ids, k.GetKeyId())
		}
	}
	return ids
}

// IsPresent tells whether the key that wraps now has wrapped this.
func (r *Ring) IsPresent(wrapped []byte) bool {
	// https://developers.google.com/tink/wire-format: a byte 1, then the key's id.
	return len(wrapped) > 5 && wrapped[0] == 1 && binary.BigEndian.Uint32(wrapped[1:]) == r.Keys()[0]
}

// Add makes a new key the one that wraps. Those before go on to unwrap.
func (r *Ring) Add() error {
	return r.change(func(m *keyset.Manager) error {
		id, err := m.Add(aead.AES256GCMKeyTemplate())
		if err != nil {
			return err
		}
		return m.SetPrimary(id)
	})
}

// Retire removes all keys but the one that wraps: what they have wrapped is lost.
func (r *Ring) Retire() error {
	old := r.Keys()[1:]
	return r.change(func(m *keyset.Manager) error {
		for _, id := range old {
			if err := m.Delete(id); err != nil {
				return err
			}
		}
		return nil
	})
}

// change makes another ring of this one. It is in its file before it is used.
func (r *Ring) change(how func(*keyset.Manager) error) error {
	r.mu.RLock()
	m := keyset.NewManagerFromHandle(r.handle)
	r.mu.RUnlock()
	if err := how(m); err != nil {
		return err
	}
	handle, err := m.Handle()
	if err == nil && r.path != "" {
		err = save(handle, r.path, os.Rename)
	}
	if err == nil {
		err = r.take(handle)
	}
	return err
}

// save writes the file whole or not at all, and has it on the disk when it returns: a key that was
// used and is lost with the power would take all that it wrapped along. put moves it into its place.
func save(handle *keyset.Handle, path string, put func(from, to string) error) error {
	text, err := textOf(handle)
	if err != nil {
		return err
	}
	folder := filepath.Dir(path)
	f, err := os.CreateTemp(folder, ".key-*") // for its owner alone
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // it is of no use any more, or has another name
	defer f.Close()
	if _, err = f.WriteString(text + "\n"); err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = put(f.Name(), path)
	}
	if err != nil {
		return err
	}
	if d, err := os.Open(folder); err == nil {
		_ = d.Sync() // not every file system can
		d.Close()
	}
	return nil
}
