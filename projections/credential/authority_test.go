package credential_test

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/domain/domaintest"
	"gifty/eventstore"
	"gifty/eventstore/pgtest"
	"gifty/projections/credential"
)

// A process that remembers who secrets stand for hears whatever another one does to them.
func TestOtherProcessesHearOfChangedCredentials(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	authority := credential.NewAuthority(account.Signer{Key: []byte("k")}, func() time.Time { return domaintest.Day }, pool)
	heard := make(chan struct{}, 100)
	signal := eventstore.NewSignal(pool, slog.New(slog.DiscardHandler))
	signal.Heard = map[string]func(){credential.Channel: func() {
		authority.Forget()
		heard <- struct{}{}
	}}
	go signal.Run(t.Context())
	<-heard // of what came before it listened

	tokens, sessions := credential.ServiceTokens{DB: pool}, credential.Sessions{DB: pool} // of another process
	user := domaintest.ID(9)
	token := func() (uuid.UUID, string) {
		id := uuid.New()
		secret, err := tokens.Add(t.Context(), &account.ServiceToken{ID: id, Name: id.String(), Scopes: []account.Scope{account.Admin}, Giver: domain.LocalGiver.Giver})
		if err != nil {
			t.Fatal(err)
		}
		return id, secret
	}
	session := func(kind account.SessionKind) (uuid.UUID, account.SessionSecrets) {
		id := uuid.New()
		secrets, err := sessions.Open(t.Context(), account.OpenSession{ID: id, User: user, Kind: kind, Device: "a test", ExpiresAt: time.Now().Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		return id, secrets
	}
	revoked, ofService := token()
	closed, browser := session(account.BrowserSession)
	_, client := session(account.ClientSession)
	_, granted := session(account.BrowserSession)
	for _, c := range []struct {
		what, secret string
		change       func() error
		stays        bool
	}{
		{"a token is revoked", ofService, func() error { return tokens.Revoke(t.Context(), revoked) }, false},
		{"a session is closed", browser.Cookie, func() error { return sessions.Close(t.Context(), closed) }, false},
		{"a client takes other tokens", client.Access, func() error { _, _, _, err := sessions.Refresh(t.Context(), client.Refresh); return err }, false},
		{"scopes are granted", granted.Cookie, func() error { return sessions.Grant(t.Context(), user, []account.Scope{account.AnalystRead}) }, true},
	} {
		if _, err := authority.Identify(t.Context(), c.secret); err != nil {
			t.Fatalf("before %s: %v", c.what, err)
		}
		if err := c.change(); err != nil {
			t.Fatal(err)
		}
		<-heard
		i, err := authority.Identify(t.Context(), c.secret)
		if c.stays && (err != nil || len(i.Scopes) != 1) || !c.stays && !errors.Is(err, account.ErrCredential) {
			t.Errorf("after %s: %+v %v", c.what, i, err)
		}
	}
}
