// Package oauth speaks to those who sign people in for us: Google and any other issuer of OpenID
// Connect, Yandex, and VK ID.
package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"gifty/domain/account"
)

// Config is a client that we are registered as with a provider.
type Config struct {
	Name     string // google, yandex, vk, or any other, which needs an issuer
	ID       string // the client's
	Secret   string // the client's; empty: it has none
	Issuer   string // of OpenID Connect; empty: the provider's own
	Base     string // in place of the address of Yandex or VK ID, as in tests
	Redirect string // where the provider sends browsers back to
	Client   *http.Client
}

// patience is how long a provider may take for one answer.
const patience = 15 * time.Second

// maxAnswer bounds a provider's answer, in bytes.
const maxAnswer = 1 << 20

// New makes the provider.
func New(c Config) account.Provider {
	if c.Client == nil {
		c.Client = &http.Client{}
	}
	client := *c.Client
	client.Timeout = patience
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // secrets go where they were sent
	c.Client = &client
	switch {
	case c.Name == "yandex":
		return yandex{c}
	case c.Name == "vk":
		return vk{c}
	case c.Name == "google" && c.Issuer == "":
		c.Issuer = "https://accounts.google.com"
	}
	return &issuer{Config: c}
}

// failed is account.ErrProvider with what is logged of it. What a provider says may hold secrets, so only
// its error codes go on.
func failed(doing string, err error) error {
	var said *oauth2.RetrieveError
	if errors.As(err, &said) {
		err = fmt.Errorf("status %d, error %q", said.Response.StatusCode, said.ErrorCode)
	}
	return account.ErrProvider.Because(fmt.Errorf("%s: %w", doing, err))
}

// address is the usual one, of RFC 6749 with RFC 7636.
func (c Config) address(o oauth2.Config, r account.ProviderRequest, more ...oauth2.AuthCodeOption) string {
	return o.AuthCodeURL(r.State, append(more, oauth2.S256ChallengeOption(r.Verifier))...)
}

// exchange gets a token for a code.
func (c Config) exchange(ctx context.Context, o oauth2.Config, r account.ProviderRequest, code string, more ...oauth2.AuthCodeOption) (*oauth2.Token, error) {
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, oauth2.HTTPClient, c.Client), patience)
	defer cancel()
	token, err := o.Exchange(ctx, code, append(more, oauth2.VerifierOption(r.Verifier))...)
	if err != nil {
		return nil, failed("exchange the code", err)
	}
	return token, nil
}

// get asks for JSON.
func (c Config) get(req *http.Request, into any) error {
	res, err := c.Client.Do(req)
	if err != nil {
		return failed("ask for the profile", errors.New("no answer")) // the error holds the address, and that may hold a token
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return failed("ask for the profile", fmt.Errorf("status %d", res.StatusCode))
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(into); err != nil {
		return failed("read the profile", errors.New("it is not the JSON that was expected"))
	}
	return nil
}
