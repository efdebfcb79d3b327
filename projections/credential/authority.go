package credential

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/golang-lru/v2/expirable"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain/account"
)

// Remembering who a secret stands for saves most requests a question to the database. A credential
// that another process revoked is taken for so long at most; who listens on Channel forgets at once, as
// this process does.
const (
	rememberFor   = 5 * time.Second
	rememberCount = 10_000
)

// Channel is the NOTIFY channel on which the database tells that a credential has changed or is gone.
const Channel = "gifty_credentials"

// Authority knows who credentials stand for.
type Authority struct {
	signer   account.Signer
	now      func() time.Time
	services ServiceTokens
	sessions Sessions
	known    *expirable.LRU[string, account.Identity] // by hash
	forgot   atomic.Int64                             // how often
}

// NewAuthority makes one that takes the anonymous identities that signer signed.
func NewAuthority(signer account.Signer, now func() time.Time, db *pgxpool.Pool) *Authority {
	return &Authority{
		signer: signer, now: now, services: ServiceTokens{DB: db}, sessions: Sessions{DB: db},
		known: expirable.NewLRU[string, account.Identity](rememberCount, nil, rememberFor),
	}
}

// Forget makes every credential be looked up anew.
func (a *Authority) Forget() {
	a.forgot.Add(1)
	a.known.Purge()
}

// Identify is who a secret stands for, or account.ErrCredential.
func (a *Authority) Identify(ctx context.Context, secret string) (account.Identity, error) {
	if account.IsAnonymous(secret) {
		return a.signer.Verify(secret, a.now())
	}
	find := a.finder(secret)
	if find == nil {
		return account.Identity{}, account.ErrCredential
	}
	hash := string(hashOf(secret))
	if i, ok := a.known.Get(hash); ok {
		return i, nil
	}
	forgot := a.forgot.Load()
	i, err := find(ctx, secret)
	if err != nil {
		return i, err
	}
	a.known.Add(hash, i)
	if a.forgot.Load() != forgot {
		a.known.Remove(hash) // it may have changed since it was read
	}
	return i, nil
}

// finder is who keeps this kind of secret; nil: nobody.
func (a *Authority) finder(secret string) func(context.Context, string) (account.Identity, error) {
	switch {
	case strings.HasPrefix(secret, servicePrefix):
		return a.services.find
	case strings.HasPrefix(secret, cookiePrefix):
		return a.session("cookie")
	case strings.HasPrefix(secret, accessPrefix):
		return a.session("access")
	}
	return nil
}

func (a *Authority) session(kind string) func(context.Context, string) (account.Identity, error) {
	return func(ctx context.Context, secret string) (account.Identity, error) {
		return a.sessions.find(ctx, kind, secret)
	}
}

// Anonymous makes the token of an anonymous giver.
func (a *Authority) Anonymous(giver uuid.UUID) account.AnonymousToken {
	now := a.now()
	return account.AnonymousToken{GiverID: giver, Token: a.signer.Sign(giver, now), ExpiresAt: now.Add(account.AnonymousLifetime)}
}
