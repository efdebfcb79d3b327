package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gifty/projections/all/alltest"
)

// serves starts a server, lets something happen, and stops it.
func (p place) serves(t *testing.T, args ...string) program {
	t.Helper()
	run := p.begin(t, nil, append([]string{"serve", "--listen", "127.0.0.1:0", "--demo", "never"}, args...)...)
	run.until(t, func() bool { return servedAt.MatchString(run.out.String()) })
	run.signal(t, syscall.SIGTERM)
	return run
}

func TestTheFirstStartMakesATokenOnce(t *testing.T) {
	t.Parallel()
	p := at(t, alltest.Tables.URL(t))
	first := p.serves(t).done(t)
	token := p.adminToken(t)
	if !strings.Contains(first.out.String(), token) || strings.Contains(first.err.String(), token) {
		t.Errorf("%s%s", first.out, first.err)
	}
	for _, name := range []string{adminTokenFile, "secret"} {
		if info, err := os.Stat(filepath.Join(p.dir, ".gifty", name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
	if second := p.serves(t).done(t); strings.Contains(second.out.String(), "gifty_svc_") || p.adminToken(t) != token {
		t.Errorf("%s", second.out)
	}
	made := strings.TrimSpace(p.run(t, "token", "create", "crawler", "--scope", "crawler:ingest,worker:compute").out.String())
	list := p.run(t, "token", "list")
	list.says(t, "admin", "crawler:ingest,worker:compute")
	if !strings.HasPrefix(made, "gifty_svc_") || strings.Contains(list.out.String(), made) {
		t.Errorf("%s\n%s", made, list.out)
	}
	p.begin(t, nil, "token", "create", "crawler", "--scope", "admin").fails(t, 1, "there is a token of this name")
	p.begin(t, nil, "token", "create", "x", "--scope", "root").fails(t, 1, `there is no scope "root"; there are admin,`)
	if again := strings.TrimSpace(p.run(t, "token", "rotate", "crawler").out.String()); again == made {
		t.Error("the same secret again")
	}
	p.run(t, "token", "revoke", "crawler")
	p.begin(t, nil, "token", "revoke", "crawler").fails(t, 1, "there is no such token")
	p.run(t, "events", "--actor", "system").says(t, "account.service_token_issued.v1", "account.service_token_rotated.v1", "account.service_token_revoked.v1")
}

func TestProductionNeedsASecret(t *testing.T) {
	t.Parallel()
	url := alltest.Tables.URL(t)
	p := at(t, url, "GIFTY_ENV=production")
	p.begin(t, nil, "serve").fails(t, 1, "GIFTY_SECRET must be set")
	for _, weak := range []string{"secret", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "c2hvcnQ="} {
		at(t, url, "GIFTY_ENV=production", "GIFTY_SECRET="+weak).begin(t, nil, "serve").fails(t, 1, "is not 32 random bytes")
	}
	strong := at(t, url, "GIFTY_ENV=production", "GIFTY_SECRET=q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQAQIDBAUGBwg=")
	strong.serves(t).done(t).says(t, "gifty_svc_")
	if kept, err := os.ReadDir(filepath.Join(strong.dir, ".gifty")); err == nil {
		for _, f := range kept {
			if f.Name() == adminTokenFile || f.Name() == "secret" {
				t.Errorf("%s is kept in production", f.Name())
			}
		}
	}
}
