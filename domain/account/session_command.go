package account

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
)

// How long sessions last, and how often may be guessed.
const (
	SessionLifetime = 30 * 24 * time.Hour
	guessesAccount  = 10 // in guessWindow
	guessesAddress  = 60
	guessWindow     = 15 * time.Minute
)

func (c Commands) byAccount(name string) AttemptKey {
	return AttemptKey{c.Index("attempts by account\x00" + fold(name)), guessesAccount, guessWindow}
}

func (c Commands) byAddress(address string) AttemptKey {
	return AttemptKey{c.Index("attempts by address\x00" + address), guessesAddress, guessWindow}
}

// SignIn asks for a session.
type SignIn struct {
	Login    string // username or e-mail address
	Password string
	Address  string // where the request came from, for counting
	Kind     SessionKind
	Device   string
	From     uuid.UUID // the anonymous giver who signs in; uuid.Nil: none
	Replaces uuid.UUID // the session that the same browser had
}

// SignedIn is a session that has begun.
type SignedIn struct {
	User, Session uuid.UUID
	ExpiresAt     time.Time
	SessionSecrets
}

// ErrSignIn answers whatever is wrong, so that nobody learns whether there is such an account.
var ErrSignIn = &domain.Error{
	Kind: domain.KindUnauthenticated, Code: "sign_in_failed", Message: "there is no account with this name and password; an account begins only when its address is confirmed",
}

// SignIn opens a session for who knows the password. It takes as long whatever is wrong.
func (c Commands) SignIn(ctx context.Context, cmd SignIn) (SignedIn, error) {
	account, address := c.byAccount(cmd.Login), c.byAddress(cmd.Address)
	if err := c.Attempts.Allow(ctx, account, address); err != nil {
		return SignedIn{}, err
	}
	id, err := c.named(ctx, cmd.Login)
	if err != nil {
		return SignedIn{}, err
	}
	right, err := c.Passwords.Check(ctx, id, cmd.Password)
	if err != nil {
		return SignedIn{}, err
	}
	_, err = c.user(ctx, id)
	switch {
	case err != nil && !errors.Is(err, ErrUserNotFound):
		return SignedIn{}, err
	case err != nil || !right:
		if err := c.Attempts.Fail(ctx, account, address); err != nil {
			return SignedIn{}, err
		}
		return SignedIn{}, ErrSignIn
	}
	if err := c.Attempts.Clear(ctx, account); err != nil {
		return SignedIn{}, err
	}
	return c.open(ctx, id, "password", cmd)
}

// named is who has the username or the address; uuid.Nil: nobody.
func (c Commands) named(ctx context.Context, login string) (uuid.UUID, error) {
	byName, err := c.owner(ctx, c.identified(ByUsername, login))
	if err != nil {
		return uuid.Nil, err
	}
	byMail, err := c.owner(ctx, c.identified(ByEmail, login))
	if byName != uuid.Nil {
		return byName, err
	}
	return byMail, err
}

// open begins a session. It never goes on with one that the browser had: whoever knew that one's cookie
// would be in this one, too.
func (c Commands) open(ctx context.Context, id uuid.UUID, by string, cmd SignIn) (SignedIn, error) {
	ctx = domain.WithPrincipal(ctx, domain.Principal{Giver: id, Role: domain.RoleGiver})
	opened := SignedIn{User: id, Session: c.Env.NewID(), ExpiresAt: c.Env.Now().Add(SessionLifetime)}
	var scopes []Scope
	err := c.edit(ctx, id, func(u *User) error {
		scopes = u.Scopes
		domain.Record(u, LoginSessionOpened{
			UserID: id, SessionID: opened.Session, Kind: cmd.Kind, By: by, Device: cmd.Device, ExpiresAt: opened.ExpiresAt,
		})
		return nil
	})
	if err != nil {
		return SignedIn{}, err
	}
	opened.SessionSecrets, err = c.Sessions.Open(ctx, OpenSession{opened.Session, id, cmd.Kind, cmd.Device, scopes, opened.ExpiresAt})
	if err != nil {
		return SignedIn{}, err
	}
	if cmd.Replaces != uuid.Nil {
		err = c.CloseSession(ctx, id, cmd.Replaces, SignedInAgain)
		if errors.Is(err, ErrSessionNotFound) { // another user's, or over
			err = c.Sessions.Close(ctx, cmd.Replaces)
		}
	}
	if err == nil && cmd.From != uuid.Nil && c.Claims != nil {
		err = c.Claims.Claim(ctx, cmd.From)
	}
	return opened, err
}

// ErrReused says that a refresh token was used a second time: somebody has a copy.
var ErrReused = &domain.Error{
	Kind: domain.KindUnauthenticated, Code: "refresh_token_reused", Message: "this refresh token was used before, so its session was ended; sign in again",
}

// Refresh gives new tokens for a refresh token. When that was used before, the session is over: there
// is no telling which of the two was the thief.
func (c Commands) Refresh(ctx context.Context, refresh string) (SignedIn, error) {
	session, user, secrets, err := c.Sessions.Refresh(ctx, refresh)
	if errors.Is(err, ErrReused) {
		ctx = domain.WithPrincipal(ctx, domain.Principal{Giver: user, Role: domain.RoleGiver})
		if closing := c.CloseSession(ctx, user, session, TokenReused); closing != nil && !errors.Is(closing, ErrSessionNotFound) {
			return SignedIn{}, closing
		}
	}
	return SignedIn{User: user, Session: session, SessionSecrets: secrets}, err
}

// ErrSessionNotFound answers for a session that is another's, is over, or never was.
var ErrSessionNotFound = domain.NotFound("session_not_found", "you have no such session")

// CloseSession ends one session of a user.
func (c Commands) CloseSession(ctx context.Context, user, session uuid.UUID, reason CloseReason) error {
	return c.edit(ctx, user, func(u *User) error {
		if _, open := u.Sessions[session]; !open {
			return ErrSessionNotFound
		}
		if err := c.Sessions.Close(ctx, session); err != nil { // first: better over and untold than told and going on
			return err
		}
		domain.Record(u, LoginSessionClosed{UserID: user, SessionID: session, Reason: reason})
		return nil
	})
}

// CloseSessions ends every session of a user but one.
func (c Commands) CloseSessions(ctx context.Context, user, keep uuid.UUID, reason CloseReason) error {
	return c.edit(ctx, user, func(u *User) error {
		for session := range u.Sessions {
			if session == keep {
				continue
			}
			if err := c.Sessions.Close(ctx, session); err != nil {
				return err
			}
			domain.Record(u, LoginSessionClosed{UserID: user, SessionID: session, Reason: reason})
		}
		return nil
	})
}
