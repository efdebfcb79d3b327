package main

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/http/client/oauth"
)

// SignIn is who signs people in for us.
type SignIn struct {
	URL     string `env:"GIFTY_URL" placeholder:"URL" help:"The address under which browsers reach this server, such as https://gifty.example; providers send them back there. http://localhost:8080 when empty."`
	Home    string `env:"GIFTY_HOME" placeholder:"URL" help:"The pages that people use, where they go after signing in; GIFTY_URL when empty."`
	Clients pairs  `name:"oauth-clients" env:"GIFTY_OAUTH_CLIENTS" placeholder:"NAME=ID,…" help:"Client ids that we are registered by: google=…, yandex=…, vk=…, or any other name that has an issuer."`
	Secrets keys   `name:"oauth-secrets" env:"GIFTY_OAUTH_SECRETS" secret:"" placeholder:"NAME=SECRET,…" help:"Their secrets."`
	Issuers urls   `name:"oauth-issuers" env:"GIFTY_OAUTH_ISSUERS" placeholder:"NAME=URL,…" help:"Issuers of OpenID Connect, by name."`
}

// knownProviders are the providers whose protocol needs no issuer.
func knownProviders() []string { return []string{"google", "yandex", "vk"} }

// signers are those that have a client.
func (s SignIn) signers() ([]account.Provider, error) {
	base, err := own(s.URL, "http://localhost:8080")
	if err != nil {
		return nil, err
	}
	if s.Clients.malformed || s.Secrets.malformed || s.Issuers.malformed {
		return nil, domain.Invalid("oauth_invalid", "GIFTY_OAUTH_CLIENTS, GIFTY_OAUTH_SECRETS and GIFTY_OAUTH_ISSUERS are of the form NAME=VALUE,NAME=VALUE")
	}
	var all []account.Provider
	for _, name := range slices.Sorted(maps.Keys(s.Clients.of)) {
		issuer := s.Issuers.of[name]
		if !slices.Contains(knownProviders(), name) && issuer == "" {
			return nil, domain.Invalid("provider_unknown", "the provider %q in GIFTY_OAUTH_CLIENTS is not known; name its issuer in GIFTY_OAUTH_ISSUERS", name)
		}
		all = append(all, oauth.New(oauth.Config{
			Name: name, ID: s.Clients.of[name], Secret: s.Secrets.of[name], Issuer: issuer, Redirect: base.JoinPath("v1/auth", name, "callback").String(),
		}))
	}
	return all, nil
}

// home is where people go after signing in; nil: this server.
func (s SignIn) home() (*url.URL, error) {
	if s.Home == "" && s.URL == "" {
		return nil, nil
	}
	return own(s.Home, s.URL)
}

// own is one of our addresses.
func own(address, otherwise string) (*url.URL, error) {
	if address == "" {
		address = otherwise
	}
	u, err := url.Parse(strings.TrimSuffix(address, "/"))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, domain.Invalid("url_invalid", "GIFTY_URL and GIFTY_HOME must be such as https://gifty.example, not %q", address)
	}
	return u, nil
}
