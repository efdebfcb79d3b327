package credential_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"gifty/domain/account"
	"gifty/domain/domaintest"
	"gifty/eventstore/pgtest"
	"gifty/projections/credential"
)

// Of two who come with the same refresh token at once, one goes on and the other is known for a copy.
func TestARefreshTokenIsGoodForOneOfMany(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	sessions := credential.Sessions{DB: pool}
	first, err := sessions.Open(t.Context(), account.OpenSession{
		ID: domaintest.ID(1), User: domaintest.ID(2), Kind: account.ClientSession, Device: "curl", ExpiresAt: time.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	const callers = 8
	var each [callers]error
	var next [callers]account.SessionSecrets
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			session, user, secrets, err := sessions.Refresh(t.Context(), first.Refresh)
			if session != domaintest.ID(1) || user != domaintest.ID(2) {
				t.Errorf("%s %s %v", session, user, err)
			}
			each[i], next[i] = err, secrets
		})
	}
	all.Wait()
	won := -1
	for i, err := range each {
		switch {
		case err == nil && won >= 0:
			t.Error("two go on")
		case err == nil:
			won = i
		case !errors.Is(err, account.ErrReused):
			t.Error(err)
		}
	}
	if won < 0 {
		t.Fatal("nobody goes on")
	}
	authority := credential.NewAuthority(account.Signer{Key: []byte("k")}, time.Now, pool)
	if _, err := authority.Identify(t.Context(), first.Access); !errors.Is(err, account.ErrCredential) {
		t.Errorf("the access token of before: %v", err)
	}
	if who, err := authority.Identify(t.Context(), next[won].Access); err != nil || who.Giver != domaintest.ID(2) || who.Session != domaintest.ID(1) {
		t.Errorf("%+v %v", who, err)
	}
	authority.Forget()
	if err := sessions.Close(t.Context(), domaintest.ID(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := authority.Identify(t.Context(), next[won].Access); !errors.Is(err, account.ErrCredential) {
		t.Errorf("of a session that is over: %v", err)
	}
	if _, _, _, err := sessions.Refresh(t.Context(), next[won].Refresh); !errors.Is(err, account.ErrCredential) {
		t.Error(err)
	}
}

// Whatever is sent for a credential, only what was given out stands for somebody.
func FuzzIdentify(f *testing.F) {
	pool := pgtest.New(f)
	signer := account.Signer{Key: []byte("a key of thirty-two bytes, or so")}
	tokens := credential.ServiceTokens{DB: pool}
	secret, err := tokens.Add(f.Context(), &account.ServiceToken{ID: domaintest.ID(1), Name: "one", Scopes: []account.Scope{account.Admin}})
	if err != nil {
		f.Fatal(err)
	}
	given := map[string]bool{secret: true}
	for _, seed := range []string{
		secret, secret + " ", secret[:len(secret)-1], "", "gifty_svc_", "gifty_ses_x", "gifty_acc_\x00", "gifty_ref_' OR true --", "gifty_anon_e30.e30", "\xff",
	} {
		f.Add(seed)
	}
	authority := credential.NewAuthority(signer, func() time.Time { return domaintest.Day }, pool)
	f.Fuzz(func(t *testing.T, sent string) {
		who, err := authority.Identify(t.Context(), sent)
		if (err == nil) != given[sent] || err != nil && (!errors.Is(err, account.ErrCredential) || who.Scopes != nil) {
			t.Errorf("%q: %+v %v", sent, who, err)
		}
	})
}
