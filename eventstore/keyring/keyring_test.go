package keyring_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gifty/domain"
	"gifty/eventstore/keyring"
)

var (
	secret = []byte("a subject's key")
	whose  = []byte("subject")
)

func wrap(t *testing.T, r *keyring.Ring) []byte {
	t.Helper()
	wrapped, err := r.Wrap(secret, whose)
	if err != nil || bytes.Contains(wrapped, secret) {
		t.Fatalf("%q %v", wrapped, err)
	}
	return wrapped
}

func wantOpen(t *testing.T, r *keyring.Ring, wrapped []byte) {
	t.Helper()
	if got, err := r.Unwrap(wrapped, whose); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("%q %v", got, err)
	}
}

func wantForeign(t *testing.T, r *keyring.Ring, wrapped, of []byte) {
	t.Helper()
	if got, err := r.Unwrap(wrapped, of); !errors.Is(err, keyring.ErrForeign) {
		t.Errorf("%q %v", got, err)
	}
}

func made(t *testing.T) (*keyring.Ring, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "folder", "key.json")
	r, err := keyring.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	return r, path
}

func TestAKeyOpensWhatItWrapped(t *testing.T) {
	t.Parallel()
	r, err := keyring.New()
	if err != nil {
		t.Fatal(err)
	}
	wrapped := wrap(t, r)
	wantOpen(t, r, wrapped)
	wantForeign(t, r, wrapped, []byte("another subject"))
	for i := range wrapped {
		damaged := slices.Clone(wrapped)
		damaged[i] ^= 1
		wantForeign(t, r, damaged, whose)
	}
	other, err := keyring.New()
	if err != nil {
		t.Fatal(err)
	}
	wantForeign(t, other, wrapped, whose)
	text, err := r.Text()
	if err != nil || strings.Contains(text, "\n") {
		t.Fatalf("%q %v", text, err)
	}
	same, err := keyring.Parse("\n" + text + "\n")
	if err != nil {
		t.Fatal(err)
	}
	wantOpen(t, same, wrapped)
}

func TestKeysAreRotatedAndRetired(t *testing.T) {
	t.Parallel()
	r, path := made(t)
	before := wrap(t, r)
	if err := r.Add(); err != nil {
		t.Fatal(err)
	}
	after := wrap(t, r)
	if len(r.Keys()) != 2 || r.IsPresent(before) || !r.IsPresent(after) || r.IsPresent(nil) {
		t.Errorf("%v", r.Keys())
	}
	wantOpen(t, r, before)
	wantOpen(t, r, after)
	if err := r.Retire(); err != nil {
		t.Fatal(err)
	}
	again, err := keyring.Open(path)
	if err != nil || len(again.Keys()) != 1 {
		t.Fatal(again, err)
	}
	for _, r := range []*keyring.Ring{r, again} {
		wantForeign(t, r, before, whose)
		wantOpen(t, r, after)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("files are left: %v %v", left, err)
	}
}

// A server goes on when another process has rotated the key in its file, and when the file is damaged.
func TestAFileThatChangesIsReadAgain(t *testing.T) {
	t.Parallel()
	running, path := made(t)
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rotating, err := keyring.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := rotating.Add(); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Second) // than what a file system tells apart
	touch := func() {
		later = later.Add(time.Second)
		if err := os.Chtimes(path, later, later); err != nil {
			t.Fatal(err)
		}
	}
	touch()
	wantOpen(t, running, wrap(t, rotating))
	if wrapped := wrap(t, running); !rotating.IsPresent(wrapped) {
		t.Error("the former key wraps still")
	}
	for _, damaged := range []string{"", "{", string(first[:len(first)/2])} {
		if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		touch()
		wantOpen(t, running, wrap(t, running))
	}
}

func TestKeysThatAreNone(t *testing.T) {
	t.Parallel()
	_, path := made(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	code := func(err error) string {
		var known *domain.Error
		errors.As(err, &known)
		if known == nil {
			return ""
		}
		return known.Code
	}
	if _, err := keyring.Create(path); code(err) != "key_exists" {
		t.Error(err)
	}
	if _, err := keyring.Open(path + "-there"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	for _, text := range []string{
		"", "secret", "{}", `{"primaryKeyId":1,"key":[]}`, string(whole[:len(whole)-10]), strings.Replace(string(whole), "ENABLED", "DISABLED", 1),
		strings.Replace(string(whole), "AesGcmKey", "AesSivKey", 1),
		// of 16 bytes
		`{"primaryKeyId":7,"key":[{"keyData":{"typeUrl":"type.googleapis.com/google.crypto.tink.AesGcmKey","value":"GhAAAQIDBAUGBwgJCgsMDQ4P","keyMaterialType":"SYMMETRIC"},"status":"ENABLED","keyId":7,"outputPrefixType":"TINK"}]}`,
	} {
		_, err := keyring.Parse(text)
		if code(err) != "key_weak" || len(text) > 10 && strings.Contains(err.Error(), text[:10]) {
			t.Errorf("%.40q: %v", text, err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := keyring.Open(path); code(err) != "key_weak" {
			t.Errorf("%.40q: %v", text, err)
		}
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Open(path); code(err) != "key_exposed" {
		t.Error(err)
	}
}

// Whatever stands in the environment: a ring that works, or an error that says what to do.
func FuzzParse(f *testing.F) {
	r, err := keyring.New()
	if err != nil {
		f.Fatal(err)
	}
	text, err := r.Text()
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{text, "", "{}", `{"primaryKeyId":1,"key":[{}]}`, text[:len(text)/2]} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := keyring.Parse(text)
		if err != nil {
			return
		}
		wrapped, err := r.Wrap(secret, whose)
		if err != nil {
			t.Fatal(err)
		}
		wantOpen(t, r, wrapped)
	})
}
