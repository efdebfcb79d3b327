package account

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Passwords keeps hashes of passwords.
type Passwords interface {
	// Hash makes what is kept of a password.
	Hash(ctx context.Context, password string) (string, error)
	// Keep puts a hash in place of the user's former one.
	Keep(ctx context.Context, user uuid.UUID, hash string) error
	// Check tells whether this is the user's password. It takes as long for a user who has none, or
	// does not exist.
	Check(ctx context.Context, user uuid.UUID, password string) (bool, error)
}

// Breached knows passwords that have leaked somewhere.
type Breached interface {
	// IsBreached tells whether this one has. An error of kind unavailable says that it can't be told.
	IsBreached(ctx context.Context, password string) (bool, error)
}

// OneTime keeps what is to be proved by a token that was sent by mail, once. What it holds can't be
// read without the token.
type OneTime interface {
	// Put makes the token.
	Put(ctx context.Context, purpose string, content []byte, valid time.Duration) (token string, err error)
	// Look reads what a token holds, or ErrOneTime.
	Look(ctx context.Context, purpose, token string) ([]byte, error)
	// Take is Look, and makes the token worthless: of two who take it at once one gets ErrOneTime.
	Take(ctx context.Context, purpose, token string) ([]byte, error)
}

// Sessions keeps the secrets of sessions, as hashes, and when each was used.
type Sessions interface {
	// Open makes a session's secrets.
	Open(ctx context.Context, s OpenSession) (SessionSecrets, error)
	// Refresh gives new secrets for a refresh token, which is worthless then. One that was used before
	// is ErrReused, with the session.
	Refresh(ctx context.Context, refresh string) (session, user uuid.UUID, secrets SessionSecrets, err error)
	// Close makes a session's secrets worthless.
	Close(ctx context.Context, session uuid.UUID) error
	// Grant puts scopes in place of those that the user's sessions have.
	Grant(ctx context.Context, user uuid.UUID, scopes []Scope) error
}

// OpenSession is a session that begins.
type OpenSession struct {
	ID, User  uuid.UUID
	Kind      SessionKind
	Device    string // such as "Firefox on Linux"
	Scopes    []Scope
	ExpiresAt time.Time
}

// SessionSecrets prove a session. Nobody can be told them a second time.
type SessionSecrets struct {
	Cookie        string    // of a browser's session
	Access        string    // of a client's
	AccessExpires time.Time // minutes from now
	Refresh       string    // for the next access token
}

// Attempts counts what failed, so that guessing takes too long. Keys are hashes of whatever is counted by.
type Attempts interface {
	// Allow is an error of kind limited when there were too many failures under a key lately.
	Allow(ctx context.Context, keys ...AttemptKey) error
	// Fail counts one under each key.
	Fail(ctx context.Context, keys ...AttemptKey) error
	// Clear forgets the failures under a key.
	Clear(ctx context.Context, key AttemptKey) error
}

// AttemptKey is by what failures are counted, and how many are too many in how long.
type AttemptKey struct {
	Hash   string
	Most   int
	Within time.Duration
}

// Mailer sends mail.
type Mailer interface {
	Send(ctx context.Context, m Mail) error
}

// Mail is a message to a person.
type Mail struct {
	To, Subject, Text string
}

// Provider signs people in for us.
type Provider interface {
	Name() string // in addresses: google
	// Address is where a browser goes to be signed in, and comes back from with the state and a code.
	Address(ctx context.Context, r ProviderRequest) (string, error)
	// Exchange gets for the code who signed in. ErrProvider and its like tell nothing of what the
	// provider said.
	Exchange(ctx context.Context, r ProviderRequest, code string, more map[string]string) (ProviderAccount, error)
}

// ProviderRequest is one way to a provider and back.
type ProviderRequest struct {
	State    string
	Verifier string // PKCE, RFC 7636
	Nonce    string // OpenID Connect's
}

// ProviderAccount is who a provider says that somebody is.
type ProviderAccount struct {
	UserID     string // the provider's id; never empty
	Email      string
	IsVerified bool // the provider knows that the address is theirs
	Name       string
	AvatarURL  string
	Access     string // tokens
	Refresh    string // may be empty: the one of before stays
	ExpiresAt  time.Time
}

// ProviderTokens keeps the tokens that providers gave, sealed.
type ProviderTokens interface {
	// Keep puts tokens in place of the account's former ones. An empty refresh token leaves the former.
	Keep(ctx context.Context, user, account uuid.UUID, access, refresh string) error
	// Drop forgets them.
	Drop(ctx context.Context, account uuid.UUID) error
}

// Claims makes what an anonymous giver has that of the acting giver.
type Claims interface {
	Claim(ctx context.Context, from uuid.UUID) error
}
