package credential_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/domain/domaintest"
	"gifty/eventstore/pgtest"
	"gifty/projections/credential"
)

func TestServiceTokens(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	tokens := credential.ServiceTokens{DB: pool}
	authority := credential.NewAuthority(account.Signer{Key: []byte("k")}, func() time.Time { return domaintest.Day }, pool)
	tokens.Forget = authority.Forget
	want := func(secret, what string, scopes ...account.Scope) {
		t.Helper()
		got, err := authority.Identify(t.Context(), secret)
		switch {
		case len(scopes) == 0 && !errors.Is(err, account.ErrCredential):
			t.Errorf("%s: %+v %v", what, got, err)
		case len(scopes) > 0 && (err != nil || got.Service != domaintest.ID(1) || got.Giver != domain.LocalGiver.Giver || len(got.Scopes) != 1 || got.Scopes[0] != scopes[0]):
			t.Errorf("%s: %+v %v", what, got, err)
		}
	}
	add := func(id uint64, name string, expires time.Time) (string, error) {
		return tokens.Add(t.Context(), &account.ServiceToken{
			ID: domaintest.ID(id), Name: name, Scopes: []account.Scope{account.Admin}, Giver: domain.LocalGiver.Giver, ExpiresAt: expires,
		})
	}
	first, err := add(1, "one", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	want(first, "a new token", account.Admin)
	if _, err := add(2, "one", time.Time{}); !errors.Is(err, domain.Conflict("token_name_taken", "")) {
		t.Errorf("a name twice: %v", err)
	}
	second, err := tokens.Rotate(t.Context(), domaintest.ID(1), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	want(first, "the former secret", account.Admin)
	want(second, "the present secret", account.Admin)
	third, err := tokens.Rotate(t.Context(), domaintest.ID(1), time.Now().Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	want(first, "the secret before the former")
	want(second, "a former secret whose time is up")
	want(third, "the latest", account.Admin)
	if expired, err := add(3, "short", time.Now().Add(-time.Second)); err == nil {
		want(expired, "an expired token")
	}
	if err := tokens.Revoke(t.Context(), domaintest.ID(1)); err != nil {
		t.Fatal(err)
	}
	want(third, "a revoked token")
	if err := tokens.Revoke(t.Context(), uuid.New()); !errors.Is(err, account.ErrTokenNotFound) {
		t.Error(err)
	}
	for _, made := range []string{"", "x", "gifty_svc_", "gifty_ses_x", third + "x", "gifty_svc_' OR true --", strings.Repeat("gifty_svc_", 10_000)} {
		want(made, made[:min(len(made), 30)])
	}
	list, err := tokens.List(t.Context(), true)
	if err != nil || len(list) != 2 || list[0].LastUsedAt == nil || list[0].RevokedAt == nil || list[1].LastUsedAt != nil {
		t.Errorf("%+v %v", list, err)
	}
	var kept string
	if err := pool.QueryRow(t.Context(), `SELECT string_agg(t::text, ' ') FROM service_tokens t`).Scan(&kept); err != nil || strings.Contains(kept, third) || strings.Contains(kept, "gifty_svc_") {
		t.Errorf("%s %v", kept, err)
	}
}
