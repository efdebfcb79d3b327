package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/projections/credential"
)

const (
	authSessions = 1000
	authRequests = 20_000
)

// benchAccounts measures what knowing who asks adds to a request: of a thousand people who are signed in,
// in random order, and of a credential that was not seen for a while, which is looked up.
func benchAccounts(ctx context.Context, env environment) error {
	url, drop, err := env.database(ctx)
	if err != nil {
		return err
	}
	defer drop()
	pool, err := newPool(ctx, url, 8)
	if err != nil {
		return err
	}
	defer pool.Close()
	authority := credential.NewAuthority(account.Signer{Key: make([]byte, 32)}, time.Now, pool)
	sessions := credential.Sessions{DB: pool, Forget: authority.Forget}
	secrets := []string{authority.Anonymous(domain.LocalGiver.Giver).Token}
	for range authSessions {
		s, err := sessions.Open(ctx, account.OpenSession{
			ID: uuid.New(), User: uuid.New(), Kind: account.ClientSession, Device: "bench", ExpiresAt: time.Now().Add(time.Hour),
		})
		if err != nil {
			return err
		}
		secrets = append(secrets, s.Access)
	}
	random := rand.New(rand.NewPCG(1, 0))
	measure := func(requests int, before func()) ([]time.Duration, error) {
		took := make([]time.Duration, 0, requests)
		for range requests {
			secret := secrets[random.IntN(len(secrets))]
			before()
			began := time.Now()
			if _, err := authority.Identify(ctx, secret); err != nil {
				return nil, err
			}
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		return took, nil
	}
	known, err := measure(authRequests, func() {})
	if err != nil {
		return err
	}
	looked, err := measure(authRequests/20, authority.Forget)
	if err != nil {
		return err
	}
	print("auth.overhead_ms", 1000*known[len(known)/2].Seconds(), "ms")
	print("auth.overhead_p99_ms", 1000*known[len(known)*99/100].Seconds(), "ms")
	print("auth.lookup_ms", 1000*looked[len(looked)/2].Seconds(), "ms")
	return nil
}
