package credential

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/alexedwards/argon2id"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Passwords keeps hashes of passwords by argon2id.
type Passwords struct {
	db     *pgxpool.Pool
	params *argon2id.Params
	turns  chan struct{} // hashing takes memory and a CPU: so many at once

	nobodys func() (string, error) // the hash that those are compared with who have none
}

// Params is what guessing a password costs: 19 MiB and two passes, as OWASP's password storage cheat
// sheet asks for; 20 to 40 ms.
func Params() *argon2id.Params {
	return &argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

// NewPasswords keeps passwords by these parameters. Those kept by others are kept anew when they are
// checked next.
func NewPasswords(db *pgxpool.Pool, params *argon2id.Params) *Passwords {
	return &Passwords{
		db: db, params: params, turns: make(chan struct{}, runtime.GOMAXPROCS(0)),
		nobodys: sync.OnceValues(func() (string, error) { return argon2id.CreateHash("nobody has this password", params) }),
	}
}

// Hash makes what is kept of a password.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	if err := p.turn(ctx); err != nil {
		return "", err
	}
	defer p.done()
	return argon2id.CreateHash(password, p.params)
}

func (p *Passwords) turn(ctx context.Context) error {
	select {
	case p.turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *Passwords) done() { <-p.turns }

const keepPassword = `INSERT INTO passwords (user_id, hash) VALUES ($1, $2) ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, set_at = now()`

// Keep puts a hash in place of the user's former one.
func (p *Passwords) Keep(ctx context.Context, user uuid.UUID, hash string) error {
	_, err := p.db.Exec(ctx, keepPassword, user, hash)
	return err
}

// Check tells whether this is the user's password. It takes as long for a user who has none.
func (p *Passwords) Check(ctx context.Context, user uuid.UUID, password string) (bool, error) {
	var hash string
	err := p.db.QueryRow(ctx, `SELECT hash FROM passwords WHERE user_id = $1`, user).Scan(&hash)
	there := err == nil
	if errors.Is(err, pgx.ErrNoRows) {
		hash, err = p.nobodys()
	}
	if err != nil {
		return false, err
	}
	right, params, err := p.compare(ctx, password, hash)
	if err != nil {
		return false, fmt.Errorf("check a password: %w", err)
	}
	if right && there && *params != *p.params {
		return true, p.rehash(ctx, user, password, hash)
	}
	return right && there, nil
}

func (p *Passwords) compare(ctx context.Context, password, hash string) (bool, *argon2id.Params, error) {
	if err := p.turn(ctx); err != nil {
		return false, nil, err
	}
	defer p.done()
	return argon2id.CheckHash(password, hash)
}

// rehash keeps a password by the present parameters, unless it was changed meanwhile.
func (p *Passwords) rehash(ctx context.Context, user uuid.UUID, password, former string) error {
	hash, err := p.Hash(ctx, password)
	if err == nil {
		_, err = p.db.Exec(ctx, `UPDATE passwords SET hash = $3 WHERE user_id = $1 AND hash = $2`, user, former, hash)
	}
	return err
}
