package oauth_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"gifty/domain/account"
	"gifty/http/client/oauth"
)

const (
	clientID = "our-client"
	secret   = "our-secret"
	goodCode = "code-1"
)

var request = account.ProviderRequest{State: "state-1", Verifier: strings.Repeat("v", 86), Nonce: "nonce-1"}

// server is a provider on this machine. What its handlers refuse is what the real one refuses.
type server struct {
	*testing.T
	*httptest.Server
	key    *rsa.PrivateKey
	claims func(map[string]any) // changes an ID token's claims
	broken map[string]http.HandlerFunc
}

func provider(t *testing.T) *server {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{T: t, key: key, claims: func(map[string]any) {}, broken: map[string]http.HandlerFunc{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", s.discovery)
	mux.HandleFunc("GET /keys", s.keys)
	for _, path := range []string{"POST /token", "POST /oauth2/auth"} {
		mux.HandleFunc(path, s.token)
	}
	mux.HandleFunc("GET /info", s.yandexProfile)
	mux.HandleFunc("POST /oauth2/user_info", s.vkProfile)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if broken := s.broken[r.URL.Path]; broken != nil {
			broken(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err)
	}
}

func (s *server) discovery(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]any{
		"issuer": s.URL, "authorization_endpoint": s.URL + "/authorize", "token_endpoint": s.URL + "/token", "jwks_uri": s.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"RS256"},
	})
}

func (s *server) keys(w http.ResponseWriter, _ *http.Request) {
	answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: s.key.Public(), KeyID: "1", Algorithm: "RS256", Use: "sig"}}})
}

func (s *server) token(w http.ResponseWriter, r *http.Request) {
	challenge := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	id, password, basic := r.BasicAuth()
	if !basic {
		id, password = r.FormValue("client_id"), r.FormValue("client_secret")
	}
	wants := sha256.Sum256([]byte(request.Verifier))
	if r.FormValue("code") != goodCode || challenge != wants || id != clientID || password != secret || r.FormValue("grant_type") != "authorization_code" ||
		r.FormValue("redirect_uri") != "https://gifty.example/callback" || strings.HasPrefix(r.URL.Path, "/oauth2") && r.FormValue("device_id") != "device-1" {
		w.WriteHeader(http.StatusBadRequest)
		answer(w, map[string]string{"error": "invalid_grant", "error_description": "the provider's secret words"})
		return
	}
	answer(w, map[string]any{
		"access_token": "access-1", "refresh_token": "refresh-1", "token_type": "bearer", "expires_in": 3600, "user_id": 77, "id_token": s.idToken(),
	})
}

func (s *server) idToken() string {
	s.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: s.key}, (&jose.SignerOptions{}).WithHeader("kid", "1"))
	if err != nil {
		s.Fatal(err)
	}
	claims := map[string]any{
		"iss": s.URL, "aud": clientID, "sub": "Sub-1", "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(), "nonce": request.Nonce,
		"email": "ann@example.org", "email_verified": true, "name": "Ann", "picture": "https://pictures.example/ann",
	}
	s.claims(claims)
	text, err := json.Marshal(claims)
	if err != nil {
		s.Fatal(err)
	}
	signed, err := signer.Sign(text)
	if err != nil {
		s.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		s.Fatal(err)
	}
	return token
}

func (s *server) yandexProfile(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "OAuth access-1" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	answer(w, map[string]any{"id": "1000", "emails": []string{"ann@yandex.example"}, "default_email": "other@yandex.example", "display_name": "ann", "real_name": "Анна", "default_avatar_id": "1/a"})
}

func (s *server) vkProfile(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("access_token") != "access-1" || r.FormValue("client_id") != clientID {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	answer(w, map[string]any{"user": map[string]any{"user_id": "77", "first_name": "Анна", "last_name": "К.", "email": "ann@vk.example", "avatar": "https://vk.example/a"}})
}

func (s *server) as(name string) account.Provider {
	c := oauth.Config{Name: name, ID: clientID, Secret: secret, Base: s.URL, Redirect: "https://gifty.example/callback"}
	if name != "yandex" && name != "vk" {
		c.Issuer = s.URL
	}
	return oauth.New(c)
}

func (s *server) exchange(name, code string) (account.ProviderAccount, error) {
	return s.as(name).Exchange(s.Context(), request, code, map[string]string{"device_id": "device-1"})
}

func TestProvidersSayWhoSomebodyIs(t *testing.T) {
	t.Parallel()
	s := provider(t)
	for name, want := range map[string]account.ProviderAccount{
		"google": {UserID: "Sub-1", Email: "ann@example.org", IsVerified: true, Name: "Ann", AvatarURL: "https://pictures.example/ann"},
		"work":   {UserID: "Sub-1", Email: "ann@example.org", IsVerified: true, Name: "Ann", AvatarURL: "https://pictures.example/ann"},
		"yandex": {UserID: "1000", Email: "ann@yandex.example", IsVerified: true, Name: "Анна", AvatarURL: "https://avatars.yandex.net/get-yapic/1%2Fa/islands-200"},
		"vk":     {UserID: "77", Email: "ann@vk.example", Name: "Анна К.", AvatarURL: "https://vk.example/a"},
	} {
		address, err := s.as(name).Address(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(address)
		challenge := sha256.Sum256([]byte(request.Verifier))
		if q := u.Query(); err != nil || u.Path != "/authorize" || q.Get("state") != request.State || q.Get("code_challenge_method") != "S256" ||
			q.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(challenge[:]) || q.Get("client_id") != clientID || q.Get("response_type") != "code" ||
			strings.Contains(address, request.Verifier) || strings.Contains(address, secret) {
			t.Errorf("%s: %s", name, address)
		}
		got, err := s.exchange(name, goodCode)
		if err != nil || got.Access != "access-1" || got.Refresh != "refresh-1" || time.Until(got.ExpiresAt) < 50*time.Minute {
			t.Errorf("%s: %+v %v", name, got, err)
		}
		got.Access, got.Refresh, got.ExpiresAt = "", "", time.Time{}
		if got != want {
			t.Errorf("%s: %+v\nwant %+v", name, got, want)
		}
	}
}

// Whatever goes wrong at a provider, the answer to a person is the same, and repeats nothing of it.
func TestProvidersThatFail(t *testing.T) {
	t.Parallel()
	says := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	claim := func(name string, value any) func(map[string]any) { return func(c map[string]any) { c[name] = value } }
	for what, c := range map[string]struct {
		of, code, path string
		broken         http.HandlerFunc
		claims         func(map[string]any)
	}{
		"a wrong code":                    {of: "google", code: "other"},
		"a wrong code at yandex":          {of: "yandex", code: "other"},
		"a wrong code at vk":              {of: "vk", code: "other"},
		"no discovery":                    {of: "google", path: "/.well-known/openid-configuration", broken: says(500, "")},
		"another's discovery":             {of: "google", path: "/.well-known/openid-configuration", broken: says(200, `{"issuer":"https://evil.example"}`)},
		"no keys":                         {of: "google", path: "/keys", broken: says(500, "")},
		"no ID token":                     {of: "google", path: "/token", broken: says(200, `{"access_token":"a","token_type":"bearer"}`)},
		"an unsigned ID token":            {of: "google", path: "/token", broken: says(200, `{"access_token":"a","token_type":"bearer","id_token":"eyJhbGciOiJub25lIn0.e30."}`)},
		"an ID token for another":         {of: "google", claims: claim("aud", "another-client")},
		"an ID token of another":          {of: "google", claims: claim("iss", "https://evil.example")},
		"an ID token of before":           {of: "google", claims: claim("exp", 1)},
		"an ID token for another request": {of: "google", claims: claim("nonce", "another")},
		"a token that is no JSON":         {of: "yandex", path: "/token", broken: says(200, "<html>")},
		"a profile that is refused":       {of: "yandex", path: "/info", broken: says(403, "the provider's secret words")},
		"a profile that is no JSON":       {of: "yandex", path: "/info", broken: says(200, "<html>")},
		"a profile elsewhere": {of: "yandex", path: "/info", broken: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}},
		"a profile without end":            {of: "vk", path: "/oauth2/user_info", broken: says(200, `{"user":{"first_name":"`+strings.Repeat("x", 2<<20))},
		"a token from a server that fails": {of: "vk", path: "/oauth2/auth", broken: says(503, "")},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := provider(t)
			if s.broken[c.path] = c.broken; c.claims != nil {
				s.claims = c.claims
			}
			code := c.code
			if code == "" {
				code = goodCode
			}
			got, err := s.exchange(c.of, code)
			if !errors.Is(err, account.ErrProvider) || got != (account.ProviderAccount{}) || strings.Contains(err.Error(), "secret words") || strings.Contains(err.Error(), "access-1") {
				t.Errorf("%+v %v", got, err)
			}
		})
	}
	s := provider(t)
	away, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.as("yandex").Exchange(away, request, goodCode, nil); !errors.Is(err, account.ErrProvider) {
		t.Error(err)
	}
}
