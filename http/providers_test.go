package http_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"gifty/domain/account"
	"gifty/projections/credential"
)

// provider signs in whoever comes with a code: the code is the id, and after a comma the refresh token.
type provider string

func (p provider) Name() string { return string(p) }

func (p provider) Address(_ context.Context, r account.ProviderRequest) (string, error) {
	return "https://" + string(p) + ".example/authorize?state=" + url.QueryEscape(r.State), nil
}

func (p provider) Exchange(_ context.Context, r account.ProviderRequest, code string, _ map[string]string) (account.ProviderAccount, error) {
	if code == "fails" || len(r.Verifier) != 86 || r.Nonce == "" {
		return account.ProviderAccount{}, account.ErrProvider
	}
	id, refresh, _ := strings.Cut(code, ",")
	return account.ProviderAccount{UserID: id, Email: "ann@example.org", Name: "Ann " + id, Access: "access of " + id, Refresh: refresh}, nil
}

// following sends a request without following where it leads.
func (s *server) following(method, path string, headers ...string) answer {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), method, s.url+path, nil)
	if err != nil {
		s.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer res.Body.Close()
	body := make([]byte, 1<<16)
	n, _ := res.Body.Read(body) // may be empty
	return answer{s, res.StatusCode, res.Header, body[:n], method + " " + path}
}

// way is a browser's way to a provider.
type wayOf struct{ state, cookie string }

func (s *server) begins(provider, returnTo string) wayOf {
	s.Helper()
	a := s.following("GET", "/v1/auth/"+provider+"/start?return_to="+url.QueryEscape(returnTo)).want(302)
	u, err := url.Parse(a.header.Get("Location"))
	if err != nil || u.Host != provider+".example" {
		s.Fatal(u, err)
	}
	return wayOf{u.Query().Get("state"), wayCookieOf(a)}
}

func wayCookieOf(a answer) string {
	c, err := http.ParseSetCookie(a.header.Get("Set-Cookie"))
	if err != nil || c.Name != "gifty_way" || !c.HttpOnly || !c.Secure {
		a.server.Fatal(c, err)
	}
	return c.Name + "=" + c.Value
}

func (s *server) ends(provider, code string, w wayOf, headers ...string) answer {
	s.Helper()
	return s.following("GET", fmt.Sprintf("/v1/auth/%s/callback?code=%s&state=%s&scope=email&authuser=0", provider, url.QueryEscape(code), w.state), append(headers, "Cookie", w.cookie)...)
}

// me is who has the cookie.
func (s *server) me(cookie ...string) map[string]any {
	s.Helper()
	return s.do("GET", fmt.Sprintf("/v1/account?min_position=%d", s.head()), "", cookie...).want(200).object()
}

func TestSigningInByAProvider(t *testing.T) {
	t.Parallel()
	s := start(t)
	in := s.ends("google", "1,refresh-1", s.begins("google", "/gifts?for=dad#top")).want(302)
	if to := in.header.Get("Location"); to != "/gifts?for=dad#top" {
		t.Errorf("goes to %s", to)
	}
	browser := in.cookieOf()
	me := s.me(browser...)
	if me["email"] != "ann@example.org" || me["name"] != "Ann 1" || me["is_verified"] != false {
		t.Errorf("%v", me)
	}
	again := s.ends("google", "1", s.begins("google", "https://evil.example/")).want(302) // no refresh token this time
	if again.header.Get("Location") != "/" {
		t.Errorf("goes to %s", again.header.Get("Location"))
	}
	user := uuid.MustParse(me["id"].(string))
	if now := s.me(again.cookieOf()...); now["id"] != me["id"] {
		t.Errorf("%v is another than %v", now, me)
	}
	linked := s.do("GET", fmt.Sprintf("/v1/account/providers?min_position=%d", s.head()), "", browser...).want(200).object()["items"].([]any)
	first := linked[0].(map[string]any)
	access, refresh, err := credential.OAuthTokens{DB: s.pool, Sealer: s.log.Types().Keys()}.Read(t.Context(), user, uuid.MustParse(first["id"].(string)))
	if err != nil || access != "access of 1" || refresh != "refresh-1" {
		t.Errorf("%s %s %v", access, refresh, err)
	}
	// The same address at another provider is nobody's proof.
	if other := s.me(s.ends("yandex", "1", s.begins("yandex", "/")).want(302).cookieOf()...); other["id"] == me["id"] {
		t.Error("two providers' accounts were made one")
	}
	s.do("DELETE", "/v1/account/providers/"+first["id"].(string), "", browser...).problem(409, "last_credential")
	s.do("DELETE", "/v1/account/providers/"+uuid.NewString(), "", browser...).problem(404, "linked_account_not_found")
	// A second one is linked by who is signed in, and then the first may go.
	s.do("POST", "/v1/account/providers/yandex", "", asNobody...).problem(401, "unauthenticated")
	began := s.do("POST", "/v1/account/providers/yandex?return_to=/me", "", browser...).want(200)
	u, err := url.Parse(began.object()["url"].(string))
	if err != nil {
		t.Fatal(err)
	}
	s.ends("yandex", "1", wayOf{u.Query().Get("state"), wayCookieOf(began)}).problem(409, "provider_account_taken")
	began = s.do("POST", "/v1/account/providers/yandex?return_to=/me", "", browser...).want(200)
	if u, err = url.Parse(began.object()["url"].(string)); err != nil {
		t.Fatal(err)
	}
	if back := s.ends("yandex", "2", wayOf{u.Query().Get("state"), wayCookieOf(began)}).want(302); back.header.Get("Location") != "/me" {
		t.Errorf("%v", back.header)
	}
	s.do("DELETE", "/v1/account/providers/"+first["id"].(string), "", browser...).want(204)
	if by := s.me(s.ends("yandex", "2", s.begins("yandex", "/")).want(302).cookieOf()...); by["id"] != me["id"] {
		t.Error("the linked account is another user's")
	}
	// What was unlinked is anybody's again.
	if by := s.me(s.ends("google", "1", s.begins("google", "/")).want(302).cookieOf()...); by["id"] == me["id"] {
		t.Error("an unlinked account signs in still")
	}
}

func TestWaysThatAreNotGoneAsTheyBegan(t *testing.T) {
	t.Parallel()
	s := start(t)
	used := s.begins("google", "/")
	s.ends("google", "1", used).want(302)
	s.ends("google", "1", used).problem(422, "state_invalid") // replayed
	w := s.begins("google", "/")
	s.ends("yandex", "1", w).problem(422, "state_invalid") // at another provider, and gone now
	s.ends("google", "1", w).problem(422, "state_invalid")
	theirs := s.begins("google", "/")
	s.ends("google", "1", wayOf{theirs.state, s.begins("google", "/").cookie}).problem(422, "state_invalid") // in another browser
	s.ends("google", "1", wayOf{s.begins("google", "/").state, ""}).problem(422, "provider_refused")
	s.ends("google", "1", wayOf{"gifty_once_madeup", s.begins("google", "/").cookie}).problem(422, "state_invalid")
	s.ends("google", "", s.begins("google", "/")).problem(422, "provider_refused")
	s.ends("google", ",r", s.begins("google", "/")).problem(503, "provider_failed") // an empty id
	s.ends("google", "fails", s.begins("google", "/")).problem(503, "provider_failed")
	s.ends("google", strings.Repeat("x", 5000), s.begins("google", "/")).want(422)
	s.following("GET", "/v1/auth/google/callback?error=access_denied&error_description=%3Cscript%3E").problem(422, "provider_refused")
	s.following("GET", "/v1/auth/nobody/start").problem(404, "provider_unknown")
	if _, err := s.pool.Exec(t.Context(), `UPDATE one_time_tokens SET expires_at = now() - interval '1 second'`); err != nil {
		t.Fatal(err)
	}
	late := s.begins("google", "/")
	if _, err := s.pool.Exec(t.Context(), `UPDATE one_time_tokens SET expires_at = now() - interval '1 second'`); err != nil {
		t.Fatal(err)
	}
	s.ends("google", "1", late).problem(422, "state_invalid")
}
