package credential

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain/account"
)

// accessLifetime is how long a client's access token is good.
const accessLifetime = 15 * time.Minute

// Sessions keeps those of people who signed in.
type Sessions struct {
	DB     *pgxpool.Pool
	Forget func() // whatever is remembered of sessions, when one is over; nil: nothing is
}

// Session is one as its user sees it.
type Session struct {
	ID         uuid.UUID           `json:"session_id" db:"session_id"`
	Kind       account.SessionKind `json:"kind" enum:"browser,client"`
	Device     string              `json:"device" example:"Firefox on Linux"`
	OpenedAt   time.Time           `json:"opened_at"`
	LastSeenAt time.Time           `json:"last_seen_at" doc:"to the minute"`
	ExpiresAt  time.Time           `json:"expires_at"`
}

const (
	openSession = `WITH old AS (DELETE FROM login_sessions WHERE expires_at < now())
		INSERT INTO login_sessions (session_id, user_id, kind, device, scopes, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`
	addSecret = `INSERT INTO session_secrets (hash, session_id, kind, expires_at) VALUES ($1, $2, $3, $4)`
)

// Open makes a session's secrets.
func (s Sessions) Open(ctx context.Context, o account.OpenSession) (secrets account.SessionSecrets, err error) {
	err = pgx.BeginFunc(ctx, s.DB, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, openSession, o.ID, o.User, o.Kind, o.Device, append([]account.Scope{}, o.Scopes...), o.ExpiresAt); err != nil {
			return err
		}
		if o.Kind == account.BrowserSession {
			secrets.Cookie = newSecret(cookiePrefix)
			_, err := tx.Exec(ctx, addSecret, hashOf(secrets.Cookie), o.ID, "cookie", o.ExpiresAt)
			return err
		}
		secrets, err = addTokens(ctx, tx, o.ID, o.ExpiresAt)
		return err
	})
	return secrets, err
}

// addTokens makes a client's next pair. Neither outlives the session.
func addTokens(ctx context.Context, tx pgx.Tx, session uuid.UUID, ends time.Time) (account.SessionSecrets, error) {
	s := account.SessionSecrets{Access: newSecret(accessPrefix), Refresh: newSecret(refreshPrefix), AccessExpires: time.Now().Add(accessLifetime).UTC()}
	if s.AccessExpires.After(ends) {
		s.AccessExpires = ends
	}
	_, err := tx.Exec(ctx, addSecret, hashOf(s.Access), session, "access", s.AccessExpires)
	if err == nil {
		_, err = tx.Exec(ctx, addSecret, hashOf(s.Refresh), session, "refresh", ends)
	}
	return s, err
}

const (
	lockRefresh = `SELECT s.session_id, s.user_id, s.expires_at, t.used_at IS NOT NULL
		FROM session_secrets t JOIN login_sessions s USING (session_id)
		WHERE t.hash = $1 AND t.kind = 'refresh' AND s.expires_at > now() FOR UPDATE OF t`
	useRefresh = `WITH gone AS (DELETE FROM session_secrets WHERE session_id = $2 AND kind = 'access')
		UPDATE session_secrets SET used_at = now() WHERE hash = $1`
)

// Refresh gives new secrets for a refresh token; the access token of before is worthless, too. Used
// ones stay until the session ends, to be known again.
func (s Sessions) Refresh(ctx context.Context, refresh string) (session, user uuid.UUID, secrets account.SessionSecrets, err error) {
	err = pgx.BeginFunc(ctx, s.DB, func(tx pgx.Tx) error {
		var ends time.Time
		var used bool
		err := tx.QueryRow(ctx, lockRefresh, hashOf(refresh)).Scan(&session, &user, &ends, &used)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return account.ErrCredential
		case err != nil:
			return err
		case used:
			return account.ErrReused
		}
		if _, err := tx.Exec(ctx, useRefresh, hashOf(refresh), session); err != nil {
			return err
		}
		secrets, err = addTokens(ctx, tx, session, ends)
		return err
	})
	if s.Forget != nil {
		s.Forget()
	}
	return session, user, secrets, err
}

// Close makes a session's secrets worthless.
func (s Sessions) Close(ctx context.Context, session uuid.UUID) error {
	_, err := s.DB.Exec(ctx, `DELETE FROM login_sessions WHERE session_id = $1`, session)
	if s.Forget != nil {
		s.Forget()
	}
	return err
}

// Grant puts scopes in place of those that the user's sessions have.
func (s Sessions) Grant(ctx context.Context, user uuid.UUID, scopes []account.Scope) error {
	_, err := s.DB.Exec(ctx, `UPDATE login_sessions SET scopes = $2 WHERE user_id = $1`, user, append([]account.Scope{}, scopes...))
	if s.Forget != nil {
		s.Forget()
	}
	return err
}

const listSessions = `SELECT session_id, kind, device, opened_at, last_seen_at, expires_at
	FROM login_sessions WHERE user_id = $1 AND expires_at > now() ORDER BY opened_at DESC, session_id DESC`

// List reads a user's sessions, the latest first.
func (s Sessions) List(ctx context.Context, user uuid.UUID) ([]Session, error) {
	rows, err := s.DB.Query(ctx, listSessions, user)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Session])
}

const findSession = `WITH found AS (
		SELECT s.session_id, s.user_id, s.last_seen_at, s.scopes
		FROM session_secrets t JOIN login_sessions s USING (session_id)
		WHERE t.hash = $1 AND t.kind = $2 AND t.expires_at > now() AND s.expires_at > now()
	), seen AS (
		UPDATE login_sessions s SET last_seen_at = now() FROM found f
		WHERE s.session_id = f.session_id AND f.last_seen_at < now() - interval '1 minute'
	)
	SELECT session_id, user_id, scopes FROM found`

// find is who a secret of this kind stands for.
func (s Sessions) find(ctx context.Context, kind, secret string) (account.Identity, error) {
	var i account.Identity
	err := s.DB.QueryRow(ctx, findSession, hashOf(secret), kind).Scan(&i.Session, &i.Giver, &i.Scopes)
	if errors.Is(err, pgx.ErrNoRows) {
		err = account.ErrCredential
	}
	return i, err
}
