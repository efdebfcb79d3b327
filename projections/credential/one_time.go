package credential

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain/account"
)

// OneTime keeps what is to be proved by a token that was sent by mail. A token's content is sealed by a
// key that is derived from the token, of which only a hash is kept: the table by itself tells nothing.
type OneTime struct {
	DB *pgxpool.Pool
}

const oneTimePrefix = "gifty_once_"

const putOneTime = `WITH old AS (DELETE FROM one_time_tokens WHERE expires_at < now())
	INSERT INTO one_time_tokens (hash, purpose, sealed, expires_at) VALUES ($1, $2, $3, now() + $4)`

// Put makes the token.
func (o OneTime) Put(ctx context.Context, purpose string, content []byte, valid time.Duration) (string, error) {
	token := newSecret(oneTimePrefix)
	seal, err := sealer(token)
	if err != nil {
		return "", err
	}
	_, err = o.DB.Exec(ctx, putOneTime, hashOf(token), purpose, seal.Seal(nil, make([]byte, seal.NonceSize()), content, []byte(purpose)), valid)
	return token, err
}

// Look reads what a token holds, or account.ErrOneTime.
func (o OneTime) Look(ctx context.Context, purpose, token string) ([]byte, error) {
	return o.read(ctx, `SELECT sealed FROM one_time_tokens WHERE hash = $1 AND purpose = $2 AND expires_at > now()`, purpose, token)
}

// Take is Look, and makes the token worthless.
func (o OneTime) Take(ctx context.Context, purpose, token string) ([]byte, error) {
	return o.read(ctx, `DELETE FROM one_time_tokens WHERE hash = $1 AND purpose = $2 AND expires_at > now() RETURNING sealed`, purpose, token)
}

func (o OneTime) read(ctx context.Context, sql, purpose, token string) ([]byte, error) {
	var sealed []byte
	err := o.DB.QueryRow(ctx, sql, hashOf(token), purpose).Scan(&sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, account.ErrOneTime
	}
	if err != nil {
		return nil, err
	}
	seal, err := sealer(token)
	if err != nil {
		return nil, err
	}
	content, err := seal.Open(nil, make([]byte, seal.NonceSize()), sealed, []byte(purpose))
	if err != nil {
		return nil, fmt.Errorf("open what a token holds: %w", err)
	}
	return content, nil
}

// sealer is AES-256-GCM by a key of the token's own. It seals one thing only, so the nonce may be zero.
func sealer(token string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(token), nil, "gifty one-time token", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
