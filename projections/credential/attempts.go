package credential

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	"gifty/domain/account"
)

// Attempts counts what failed, for all processes together.
type Attempts struct {
	DB *pgxpool.Pool
}

const readAttempts = `SELECT extract(epoch FROM expires_at - now()) FROM attempts WHERE key = $1 AND failures >= $2 AND expires_at > now()`

// Allow is an error of kind limited when there were too many failures under a key lately.
func (a Attempts) Allow(ctx context.Context, keys ...account.AttemptKey) error {
	for _, k := range keys {
		var seconds float64
		err := a.DB.QueryRow(ctx, readAttempts, k.Hash, k.Most).Scan(&seconds)
		switch {
		case err == nil:
			return &domain.Error{
				Kind: domain.KindLimited, Code: "too_many_attempts", Message: "this failed too often; wait before you try again",
				RetryAfter: time.Duration(seconds * float64(time.Second)),
			}
		case !errors.Is(err, pgx.ErrNoRows):
			return err
		}
	}
	return nil
}

const failAttempt = `WITH old AS (DELETE FROM attempts WHERE expires_at < now() - interval '1 day')
	INSERT INTO attempts AS a (key, failures, expires_at) VALUES ($1, 1, now() + $2)
	ON CONFLICT (key) DO UPDATE SET
		failures = CASE WHEN a.expires_at > now() THEN a.failures + 1 ELSE 1 END,
		expires_at = CASE WHEN a.expires_at > now() THEN a.expires_at ELSE excluded.expires_at END`

// Fail counts one under each key. A window begins with the first failure in it.
func (a Attempts) Fail(ctx context.Context, keys ...account.AttemptKey) error {
	for _, k := range keys {
		if _, err := a.DB.Exec(ctx, failAttempt, k.Hash, k.Within); err != nil {
			return err
		}
	}
	return nil
}

// Clear forgets the failures under a key.
func (a Attempts) Clear(ctx context.Context, key account.AttemptKey) error {
	_, err := a.DB.Exec(ctx, `DELETE FROM attempts WHERE key = $1`, key.Hash)
	return err
}
