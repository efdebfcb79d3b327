package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gifty/eventstore/pgtest"
	"gifty/projections/all/alltest"
)

func TestProductionNeedsAKey(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	production := []string{"GIFTY_ENV=production"}
	at(t, url, append(slices.Clone(production), "GIFTY_KEY=")...).begin(t, nil, "verify").fails(t, 1, "GIFTY_KEY_FILE (or GIFTY_KEY) must be set")
	for _, weak := range []string{"secret", "{}", `{"primaryKeyId":1,"key":[]}`, shortKey} {
		run := at(t, url, append(slices.Clone(production), "GIFTY_KEY="+weak)...).begin(t, nil, "verify")
		run.fails(t, 1, "none of this program's")
		if strings.Contains(run.err.String(), weak) {
			t.Errorf("the key is repeated: %s", run.err)
		}
	}
	exposed := at(t, url, append(slices.Clone(production), "GIFTY_KEY=", "GIFTY_KEY_FILE=key")...)
	exposed.begin(t, nil, "verify").fails(t, 1, "there is no key file")
	if err := os.WriteFile(filepath.Join(exposed.dir, "key"), []byte(sharedKey()), 0o644); err != nil {
		t.Fatal(err)
	}
	exposed.begin(t, nil, "verify").fails(t, 1, "chmod 600")
}

// shortKey is a keyset as Tink writes it, of a key with 16 bytes.
const shortKey = `{"primaryKeyId":7,"key":[{"keyData":{"typeUrl":"type.googleapis.com/google.crypto.tink.AesGcmKey","value":"GhAAAQIDBAUGBwgJCgsMDQ4P","keyMaterialType":"SYMMETRIC"},"status":"ENABLED","keyId":7,"outputPrefixType":"TINK"}]}`

func TestKeysAreRotated(t *testing.T) {
	t.Parallel()
	p := at(t, alltest.Tables.URL(t), "GIFTY_KEY=", "GIFTY_LLM=none")
	p.run(t, "import", "--no-embed", p.write(t, "feed.jsonl", products(1, 3)))
	path := filepath.Join(p.dir, ".gifty", "key.json")
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key file is %v, %v", info.Mode(), err)
	}
	p.run(t, "keys", "list").says(t, "key.json", "0 former ones", "0 of these wrapped by a former one")
	p.run(t, "keys", "rotate").says(t, "keep a copy of", "has wrapped ")
	p.run(t, "keys", "list").says(t, "1 former ones", "0 of these wrapped by a former one")
	p.run(t, "keys", "retire").says(t, "alone is left")
	second, err := os.ReadFile(path)
	if err != nil || string(second) == string(first) {
		t.Errorf("the key is the same: %v", err)
	}
	p.run(t, "search", "tea")
	if err := os.WriteFile(path, first, 0o600); err != nil {
		t.Fatal(err)
	}
	p.begin(t, nil, "search", "tea").fails(t, 1, "does not open this database's personal data")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	p.begin(t, nil, "search", "tea").fails(t, 1, "bring the key back there")

	// From the environment: the new one is printed, to be set everywhere.
	fresh := at(t, alltest.Tables.URL(t))
	rotated := strings.TrimSpace(fresh.run(t, "keys", "rotate").out.String())
	fresh.env = append(fresh.env, "GIFTY_KEY="+rotated)
	fresh.run(t, "keys", "rotate").says(t, "has wrapped 1 keys")
	if listed := fresh.run(t, "config").out.String(); !strings.Contains(listed, "GIFTY_KEY") || strings.Contains(listed, rotated) {
		t.Errorf("gifty config lists %s", listed)
	}
}
