package credential

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Sealer encrypts what is a person's own.
type Sealer interface {
	Seal(ctx context.Context, subject uuid.UUID, purpose string, text []byte) ([]byte, error)
	Open(ctx context.Context, subject uuid.UUID, purpose string, sealed []byte) ([]byte, error)
}

// OAuthTokens keeps the tokens that providers gave, sealed.
type OAuthTokens struct {
	DB     *pgxpool.Pool
	Sealer Sealer
}

// What seals are for.
const (
	accessToken  = "oauth access token"
	refreshToken = "oauth refresh token"
)

const keepTokens = `INSERT INTO oauth_tokens AS t (account_id, user_id, access, refresh) VALUES ($1, $2, $3, $4)
	ON CONFLICT (account_id) DO UPDATE SET access = excluded.access, refresh = coalesce(excluded.refresh, t.refresh), updated_at = now()`

// Keep puts tokens in place of the account's former ones. An empty refresh token leaves the former.
func (o OAuthTokens) Keep(ctx context.Context, user, account uuid.UUID, access, refresh string) error {
	sealed, err := o.Sealer.Seal(ctx, user, accessToken, []byte(access))
	if err != nil {
		return err
	}
	var next []byte
	if refresh != "" {
		if next, err = o.Sealer.Seal(ctx, user, refreshToken, []byte(refresh)); err != nil {
			return err
		}
	}
	_, err = o.DB.Exec(ctx, keepTokens, account, user, sealed, next)
	return err
}

// Read opens an account's tokens; a refresh token that was never given is empty.
func (o OAuthTokens) Read(ctx context.Context, user, account uuid.UUID) (access, refresh string, err error) {
	var sealed, next []byte
	err = o.DB.QueryRow(ctx, `SELECT access, refresh FROM oauth_tokens WHERE account_id = $1 AND user_id = $2`, account, user).Scan(&sealed, &next)
	if err != nil {
		return "", "", err
	}
	text, err := o.Sealer.Open(ctx, user, accessToken, sealed)
	if err != nil || next == nil {
		return string(text), "", err
	}
	more, err := o.Sealer.Open(ctx, user, refreshToken, next)
	return string(text), string(more), err
}

// Drop forgets them.
func (o OAuthTokens) Drop(ctx context.Context, account uuid.UUID) error {
	_, err := o.DB.Exec(ctx, `DELETE FROM oauth_tokens WHERE account_id = $1`, account)
	return err
}
