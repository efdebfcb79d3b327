package oauth

import (
	"context"
	"crypto/subtle"
	"errors"
	"sync"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"gifty/domain/account"
)

// issuer is one of OpenID Connect. It is looked up when it is needed first, so that the server starts
// while it is away.
type issuer struct {
	Config

	mu    sync.Mutex
	found *oidc.Provider
}

// Name tells providers apart.
func (i *issuer) Name() string { return i.Config.Name }

func (i *issuer) discover(ctx context.Context) (*oidc.Provider, oauth2.Config, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.found == nil {
		// The provider keeps the context for fetching keys later.
		found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), i.Client), i.Issuer)
		if err != nil {
			return nil, oauth2.Config{}, failed("look up the issuer", err)
		}
		i.found = found
	}
	return i.found, oauth2.Config{
		ClientID: i.ID, ClientSecret: i.Secret, Endpoint: i.found.Endpoint(), RedirectURL: i.Redirect,
		Scopes: []string{oidc.ScopeOpenID, "email", "profile"},
	}, nil
}

// Address is where the browser goes. Google gives a refresh token for offline access that was consented to.
func (i *issuer) Address(ctx context.Context, r account.ProviderRequest) (string, error) {
	_, o, err := i.discover(ctx)
	if err != nil {
		return "", err
	}
	return i.address(o, r, oidc.Nonce(r.Nonce), oauth2.AccessTypeOffline, oauth2.SetAuthURLParam("prompt", "consent")), nil
}

// Exchange gets and verifies the ID token: its signature, issuer, audience, age and nonce.
func (i *issuer) Exchange(ctx context.Context, r account.ProviderRequest, code string, _ map[string]string) (who account.ProviderAccount, err error) {
	provider, o, err := i.discover(ctx)
	if err != nil {
		return who, err
	}
	token, err := i.exchange(ctx, o, r, code)
	if err != nil {
		return who, err
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return who, failed("read the ID token", errors.New("there is none"))
	}
	id, err := provider.Verifier(&oidc.Config{ClientID: i.ID}).Verify(oidc.ClientContext(ctx, i.Client), raw)
	if err != nil {
		return who, failed("verify the ID token", err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(r.Nonce)) != 1 {
		return who, failed("verify the ID token", errors.New("it is for another request"))
	}
	var claims struct {
		Email    string `json:"email"`
		Verified bool   `json:"email_verified"`
		Name     string `json:"name"`
		Picture  string `json:"picture"`
	}
	if err := id.Claims(&claims); err != nil {
		return who, failed("read the ID token", err)
	}
	return account.ProviderAccount{
		UserID: id.Subject, Email: claims.Email, IsVerified: claims.Verified, Name: claims.Name, AvatarURL: claims.Picture,
		Access: token.AccessToken, Refresh: token.RefreshToken, ExpiresAt: token.Expiry,
	}, nil
}
