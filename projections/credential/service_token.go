package credential

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	"gifty/domain/account"
)

// ServiceToken is one as operators see it: never its secret.
type ServiceToken struct {
	ID         uuid.UUID       `json:"token_id" db:"token_id"`
	Name       string          `json:"name"`
	Scopes     []account.Scope `json:"scopes"`
	CreatedAt  time.Time       `json:"created_at"`
	RotatedAt  *time.Time      `json:"rotated_at"`
	ExpiresAt  *time.Time      `json:"expires_at"`
	RevokedAt  *time.Time      `json:"revoked_at"`
	LastUsedAt *time.Time      `json:"last_used_at" doc:"to the minute"`
}

// ServiceTokens keeps those of programs.
type ServiceTokens struct {
	DB     *pgxpool.Pool
	Forget func() // whatever is remembered of tokens, when one has changed; nil: nothing is
}

const addServiceToken = `INSERT INTO service_tokens (token_id, name, scopes, giver_id, hash, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`

// Add makes the secret of a new token.
func (s ServiceTokens) Add(ctx context.Context, t *account.ServiceToken) (string, error) {
	secret := newSecret(servicePrefix)
	_, err := s.DB.Exec(ctx, addServiceToken, t.ID, t.Name, t.Scopes, orNull(t.Giver), hashOf(secret), orNull(t.ExpiresAt))
	var said *pgconn.PgError
	if errors.As(err, &said) && said.Code == pgerrcode.UniqueViolation {
		err = domain.Conflict("token_name_taken", "there is a token of this name; revoke it, rotate it, or choose another name").Because(err)
	}
	return secret, err
}

const rotateServiceToken = `UPDATE service_tokens SET old_hash = hash, old_until = $2, hash = $3, rotated_at = now()
	WHERE token_id = $1 AND revoked_at IS NULL`

// Rotate makes another secret; the former one is taken until then.
func (s ServiceTokens) Rotate(ctx context.Context, id uuid.UUID, oldUntil time.Time) (string, error) {
	secret := newSecret(servicePrefix)
	return secret, s.change(ctx, rotateServiceToken, id, oldUntil, hashOf(secret))
}

const revokeServiceToken = `UPDATE service_tokens SET revoked_at = now() WHERE token_id = $1 AND revoked_at IS NULL`

// Revoke makes a token worthless.
func (s ServiceTokens) Revoke(ctx context.Context, id uuid.UUID) error {
	return s.change(ctx, revokeServiceToken, id)
}

func (s ServiceTokens) change(ctx context.Context, sql string, args ...any) error {
	tag, err := s.DB.Exec(ctx, sql, args...)
	if err == nil && tag.RowsAffected() == 0 {
		err = account.ErrTokenNotFound
	}
	if s.Forget != nil {
		s.Forget()
	}
	return err
}

const listServiceTokens = `SELECT token_id, name, scopes, created_at, rotated_at, expires_at, revoked_at, last_used_at
	FROM service_tokens WHERE $1 OR revoked_at IS NULL ORDER BY created_at, token_id`

// List reads them, the oldest first; with all also those that were revoked.
func (s ServiceTokens) List(ctx context.Context, all bool) ([]ServiceToken, error) {
	rows, err := s.DB.Query(ctx, listServiceTokens, all)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[ServiceToken])
}

const findServiceToken = `WITH found AS (
		SELECT token_id, scopes, giver_id, last_used_at FROM service_tokens
		WHERE (hash = $1 OR old_hash = $1 AND old_until > now()) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
	), used AS (
		UPDATE service_tokens t SET last_used_at = now() FROM found f
		WHERE t.token_id = f.token_id AND (f.last_used_at IS NULL OR f.last_used_at < now() - interval '1 minute')
	)
	SELECT token_id, scopes, giver_id FROM found`

// find is who a secret stands for.
func (s ServiceTokens) find(ctx context.Context, secret string) (account.Identity, error) {
	var i account.Identity
	var giver *uuid.UUID
	err := s.DB.QueryRow(ctx, findServiceToken, hashOf(secret)).Scan(&i.Service, &i.Scopes, &giver)
	if errors.Is(err, pgx.ErrNoRows) {
		err = account.ErrCredential
	}
	if giver != nil {
		i.Giver = *giver
	}
	return i, err
}

// orNull is nil for the zero value.
func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
