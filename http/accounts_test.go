package http_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"gifty/domain"
	"gifty/domain/account"
	api "gifty/http"
	"gifty/projections/credential"
)

// mails keeps what was sent.
type mails struct{ came chan account.Mail }

func (m *mails) Send(_ context.Context, mail account.Mail) error {
	m.came <- mail
	return nil
}

// accounts are the commands of the server's tests: real, but with passwords that are cheap to hash.
func (s *server) accounts(env domain.Environment) account.Commands {
	env.Now = func() time.Time { return time.Now().UTC() } // secrets expire by the database's clock
	forget := s.authority.real.Forget
	return account.Commands{
		Log: s.log, Env: env, Index: func(text string) string {
			sum := sha256.Sum256([]byte("test" + text))
			return hex.EncodeToString(sum[:])
		},
		ServiceTokens: credential.ServiceTokens{DB: s.pool, Forget: forget},
		Passwords:     credential.NewPasswords(s.pool, &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}),
		OneTime:       credential.OneTime{DB: s.pool}, Attempts: credential.Attempts{DB: s.pool},
		Sessions: credential.Sessions{DB: s.pool, Forget: forget}, Mailer: s.mails,
		Providers: []account.Provider{provider("google"), provider("yandex")}, Tokens: credential.OAuthTokens{DB: s.pool, Sealer: s.log.Types().Keys()},
	}
}

var code = regexp.MustCompile(`gifty_once_\S+`)

// mail is the next one that came, and the code in it.
func (s *server) mail() (account.Mail, string) {
	s.Helper()
	select {
	case m := <-s.mails.came:
		return m, code.FindString(m.Text)
	case <-time.After(time.Minute):
		s.Fatal("no mail came")
		return account.Mail{}, ""
	}
}

const rhyme = "four words that rhyme"

// asNobody is a request without any credential.
var asNobody = []string{giverHeader, "nobody"}

func (s *server) asks(username, email, password string) answer {
	s.Helper()
	return s.do("POST", "/v1/accounts", fmt.Sprintf(`{"username":%q,"email":%q,"password":%q}`, username, email, password), asNobody...)
}

// registers makes an account.
func (s *server) registers(username, email string) (id string) {
	s.Helper()
	s.asks(username, email, rhyme).want(202)
	_, token := s.mail()
	return s.do("POST", "/v1/accounts/confirm", fmt.Sprintf(`{"token":%q}`, token), asNobody...).want(201).object()["user_id"].(string)
}

func (s *server) signsIn(login, password string, headers ...string) answer {
	s.Helper()
	return s.do("POST", "/v1/sessions", fmt.Sprintf(`{"login":%q,"password":%q}`, login, password), append(asNobody, headers...)...)
}

// cookieOf is the session's cookie in an answer, as a browser sends it back.
func (a answer) cookieOf() []string {
	a.server.Helper()
	for _, line := range a.header.Values("Set-Cookie") {
		c, err := http.ParseSetCookie(line)
		if err != nil || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" {
			a.server.Fatalf("%s: %v", line, err)
		}
		if c.Name == "gifty_session" {
			return []string{"Cookie", c.Name + "=" + c.Value}
		}
	}
	a.server.Fatalf("no session: %v", a.header)
	return nil
}

func TestAnAccountFromBeginningToEnd(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.registers("Ann", "Ann@Example.org")
	in := s.signsIn("aNN", rhyme, "User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0").want(201)
	browser := in.cookieOf()
	me := s.do("GET", fmt.Sprintf("/v1/account?min_position=%d", s.head()), "", browser...).want(200).object()
	if me["id"] != id || me["username"] != "Ann" || me["email"] != "Ann@Example.org" || me["is_verified"] != true {
		t.Errorf("%v", me)
	}
	told := s.do("PATCH", "/v1/account/profile", `{"name":" Ann ","age":34,"interests":["tea"],"contacts":{"telegram":"@ann"}}`,
		append(browser, "Content-Type", "application/merge-patch+json")...).want(200).object()
	if told["name"] != "Ann" || told["gender"] != "undefined" {
		t.Errorf("%v", told)
	}
	if kept := s.do("GET", fmt.Sprintf("/v1/account/profile?min_position=%d", s.head()), "", browser...).want(200).object(); fmt.Sprint(kept["contacts"]) != "map[telegram:@ann]" || kept["age"] != 34.0 {
		t.Errorf("%v", kept)
	}
	for body, blamed := range map[string]string{`{"gender":"cat"}`: "body.gender", `{"contacts":[]}`: "body.contacts", `{"age":131}`: "body.age"} {
		if got := s.do("PATCH", "/v1/account/profile", body, append(browser, "Content-Type", "application/merge-patch+json")...).want(422); !strings.Contains(string(got.body), blamed) {
			t.Errorf("%s: %s", body, got.body)
		}
	}
	// What is made in a session is the user's.
	s.do("POST", "/v1/recipients", father, browser...).want(201)
	other := s.signsIn("ann@example.ORG", rhyme, "User-Agent", "curl/8").want(201).cookieOf()
	items := s.do("GET", "/v1/sessions", "", other...).want(200).object()["items"].([]any)
	if first, second := items[0].(map[string]any), items[1].(map[string]any); len(items) != 2 || first["device"] != "curl" || first["current"] != true || second["device"] != "Firefox on Linux" {
		t.Errorf("%v", items)
	}
	s.do("DELETE", "/v1/sessions/"+in.object()["session_id"].(string), "", other...).want(204)
	s.do("GET", "/v1/account", "", browser...).problem(401, "unauthenticated")
	s.do("DELETE", "/v1/sessions/"+in.object()["session_id"].(string), "", other...).problem(404, "session_not_found")
	s.do("DELETE", "/v1/sessions/current", "", other...).want(204)
	s.do("GET", "/v1/account", "", other...).problem(401, "unauthenticated")
}

// Nobody learns from any answer whether there is an account.
func TestAccountsAreNotTold(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.registers("ann", "ann@example.org")
	free, taken := s.asks("bob", "bob@example.org", rhyme).want(202), s.asks("carl", "ANN@example.org", rhyme).want(202)
	if string(free.body) != string(taken.body) {
		t.Errorf("%s\n%s", free.body, taken.body)
	}
	for range 2 {
		if m, token := s.mail(); (strings.ToLower(m.To) == "ann@example.org") != (token == "") {
			t.Errorf("%+v", m)
		}
	}
	s.asks("carl", "carl@example.org", rhyme).want(202) // the name was not kept for who could not have it
	s.mail()
	for _, wrong := range []answer{s.signsIn("ann", "not this one"), s.signsIn("nobody", rhyme), s.signsIn("bob", rhyme)} {
		wrong.problem(401, "sign_in_failed")
	}
	for _, address := range []string{"nobody@example.org", "ann@example.org"} {
		s.do("POST", "/v1/accounts/reset", fmt.Sprintf(`{"email":%q}`, address), asNobody...).want(202)
	}
	if m, _ := s.mail(); m.To != "ann@example.org" {
		t.Errorf("%+v", m)
	}
	s.asks("ANN", "other@example.org", rhyme).problem(409, "username_taken")
}

// leaked are passwords that are known to have leaked.
type leaked []string

func (l leaked) IsBreached(_ context.Context, password string) (bool, error) {
	return slices.Contains(l, password), nil
}

// Nobody can take a password that has leaked, wherever one is set.
func TestLeakedPasswordsAreRefused(t *testing.T) {
	t.Parallel()
	const known = "somebody lost this one"
	s := start(t, func(c *api.Config) { c.Accounts.Breached = leaked{known} })
	s.asks("ann", "ann@example.org", known).problem(422, "password_leaked")
	s.asks("ann", "ann@example.org", "michelle1987").problem(422, "password_weak")
	s.registers("ann", "ann@example.org")
	s.do("POST", "/v1/accounts/reset/confirm", fmt.Sprintf(`{"token":%q,"password":%q}`, s.resetCode("ann@example.org"), known), asNobody...).problem(422, "password_leaked")
	browser := s.signsIn("ann", rhyme).want(201).cookieOf()
	s.do("PUT", "/v1/account/password", fmt.Sprintf(`{"current":%q,"password":%q}`, rhyme, known), browser...).problem(422, "password_leaked")
}

func TestPasswordsAreResetByMail(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.registers("ann", "ann@example.org")
	browser := s.signsIn("ann", rhyme).want(201).cookieOf()
	s.do("POST", "/v1/accounts/reset", `{"email":"ann@example.org"}`, asNobody...).want(202)
	_, token := s.mail()
	reset := func(token, password string) answer {
		return s.do("POST", "/v1/accounts/reset/confirm", fmt.Sprintf(`{"token":%q,"password":%q}`, token, password), asNobody...)
	}
	reset("gifty_once_made_up", "another five words no rhyme").problem(422, "token_invalid")
	reset(token, "short").problem(422, "password_short")
	reset(token, "another five words no rhyme").want(204)
	reset(token, "and yet another password").problem(422, "token_invalid")
	s.do("GET", "/v1/account", "", browser...).problem(401, "unauthenticated")
	s.signsIn("ann", rhyme).problem(401, "sign_in_failed")
	now := s.signsIn("ann", "another five words no rhyme").want(201).cookieOf()
	change := func(current, password string) answer {
		return s.do("PUT", "/v1/account/password", fmt.Sprintf(`{"current":%q,"password":%q}`, current, password), now...)
	}
	change(rhyme, "something else entirely").problem(403, "password_wrong")
	change("another five words no rhyme", "something else entirely").want(204)
	s.me(now...)
}

func TestAnAccountMovesToAnotherAddress(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.registers("ann", "ann@example.org")
	s.registers("bob", "bob@example.org")
	ann, bob := s.signsIn("ann", rhyme).want(201).cookieOf(), s.signsIn("bob", rhyme).want(201).cookieOf()
	move := func(email, password string) answer {
		return s.do("POST", "/v1/account/email", fmt.Sprintf(`{"email":%q,"current":%q}`, email, password), ann...)
	}
	confirm := func(token string, who []string) answer {
		return s.do("POST", "/v1/account/email/confirm", fmt.Sprintf(`{"token":%q}`, token), who...)
	}
	move("ann@example.com", "not this one").problem(403, "password_wrong")
	move("Ann@Example.org", rhyme).problem(422, "email_same")
	move("ann@example", rhyme).problem(422, "email_invalid")
	move("BOB@example.org", rhyme).want(202) // is another's: only its owner is told
	if m, token := s.mail(); m.To != "BOB@example.org" || token != "" {
		t.Errorf("%+v", m)
	}
	reset := s.resetCode("ann@example.org")
	move("ann@example.com", rhyme).want(202)
	m, token := s.mail()
	if warned, none := s.mail(); m.To != "ann@example.com" || warned.To != "ann@example.org" || none != "" {
		t.Errorf("%+v %+v", m, warned)
	}
	confirm(token, asNobody).want(401)
	confirm(token, bob).problem(422, "token_invalid") // it is not his
	confirm(token, ann).want(204)
	confirm(token, ann).problem(422, "token_invalid")
	if me := s.me(ann...); me["email"] != "ann@example.com" || me["is_verified"] != true {
		t.Errorf("%v", me)
	}
	s.signsIn("ann@example.com", rhyme).want(201)
	s.signsIn("ann@example.org", rhyme).problem(401, "sign_in_failed")
	// Who reads the former address's mail can do nothing with it any more.
	s.do("POST", "/v1/accounts/reset/confirm", fmt.Sprintf(`{"token":%q,"password":"another five words no rhyme"}`, reset), asNobody...).problem(422, "token_invalid")
	s.registers("carl", "ann@example.org")
}

func TestWeakPasswordsAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, weak := range []string{
		"short", "aaaaaaaaaaaa", "password123", "P@ssw0rd2026!", "qwertyuiop[]", "1234567890", "abcdefghijkl", "Annabelle1990", "йцукенгшщзх",
		"iloveyou!!!!", strings.Repeat("long ", 50),
	} {
		if a := s.asks("annabelle", "a@example.org", weak); a.status != 422 || !strings.Contains(string(a.body), `"code":"password_`) {
			t.Errorf("%s: %d %s", weak, a.status, a.body)
		}
	}
	for _, c := range []struct{ username, email, code string }{
		{"a", "a@example.org", "request_invalid"}, {"ann@example.org", "a@example.org", "username_invalid"},
		{"ann", "nothing", "email_invalid"}, {"ann", "a@b", "email_invalid"}, {"ann", "a b@example.org", "email_invalid"},
		{"ann", "a@example.org>\r\nBcc: b@example.org", "email_invalid"},
	} {
		s.do("POST", "/v1/accounts", fmt.Sprintf(`{"username":%q,"email":%q,"password":%q}`, c.username, c.email, rhyme), asNobody...).problem(422, c.code)
	}
}

func TestGuessingTakesTooLong(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.registers("ann", "ann@example.org")
	for range 10 {
		s.signsIn("ann", "not this one").problem(401, "sign_in_failed")
		s.signsIn("nobody", "not this one").problem(401, "sign_in_failed")
	}
	for _, login := range []string{"ann", "ANN", "nobody"} {
		a := s.signsIn(login, rhyme)
		if a.problem(429, "too_many_attempts"); a.header.Get("Retry-After") == "" {
			t.Error("until when?")
		}
	}
	for range 3 {
		s.do("POST", "/v1/accounts/reset", `{"email":"x@example.org"}`, asNobody...).want(202)
	}
	for range 2 {
		s.do("POST", "/v1/accounts/reset", `{"email":"X@example.org"}`, asNobody...).want(202)
	}
	s.do("POST", "/v1/accounts/reset", `{"email":"x@example.org"}`, asNobody...).problem(429, "too_many_attempts")
}

func TestRefreshTokensAreGoodOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.registers("ann", "ann@example.org")
	in := s.do("POST", "/v1/sessions", `{"login":"ann","password":"`+rhyme+`","tokens":true}`, asNobody...).want(201).object()
	bearer := func(o map[string]any) []string {
		return []string{"Authorization", "Bearer " + o["access_token"].(string)}
	}
	refresh := func(token any) answer {
		return s.do("POST", "/v1/sessions/refresh", fmt.Sprintf(`{"refresh_token":%q}`, token), asNobody...)
	}
	s.me(bearer(in)...)
	next := refresh(in["refresh_token"]).want(200).object()
	s.do("GET", "/v1/account", "", bearer(in)...).problem(401, "credential_invalid")
	s.me(bearer(next)...)
	refresh(next["access_token"]).problem(401, "credential_invalid")
	refresh(in["refresh_token"]).problem(401, "refresh_token_reused") // somebody has a copy: nobody goes on
	s.do("GET", "/v1/account", "", bearer(next)...).problem(401, "credential_invalid")
	refresh(next["refresh_token"]).problem(401, "credential_invalid")
	// A refresh token is no access token, nor a cookie.
	s.do("GET", "/v1/account", "", "Authorization", "Bearer "+next["refresh_token"].(string)).problem(401, "credential_invalid")
}

// A session that somebody planted in a browser is not the one that signing in begins.
func TestSignInBeginsAnotherSession(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.registers("ann", "ann@example.org")
	s.registers("eve", "eve@example.org")
	planted := s.signsIn("eve", rhyme).want(201).cookieOf()
	hers := s.signsIn("ann", rhyme, planted...).want(201).cookieOf()
	if hers[1] == planted[1] {
		t.Error("the same session")
	}
	s.do("GET", "/v1/account", "", planted...).problem(401, "unauthenticated")
	s.me(hers...)
}

func TestScopesOfPeople(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.registers("ann", "ann@example.org")
	browser := s.signsIn("ann", rhyme).want(201).cookieOf()
	s.do("GET", "/v1/projections", "", browser...).problem(403, "scope_needed")
	grant := `{"scopes":["analyst:read"]}`
	s.do("PUT", "/v1/users/"+id+"/scopes", grant, browser...).problem(403, "scope_needed")
	s.do("PUT", "/v1/users/"+id+"/scopes", grant, "Authorization", "Bearer scope:admin:accounts").problem(403, "scope_needed") // not theirs to give
	s.do("PUT", "/v1/users/"+id+"/scopes", grant).want(204)
	s.do("GET", "/v1/projections", "", browser...).want(200)
	s.do("PUT", "/v1/users/"+id+"/scopes", `{"scopes":[]}`).want(204)
	s.do("GET", "/v1/projections", "", browser...).problem(403, "scope_needed")
}

// Nothing that proves who somebody is stands in the database as it is.
func TestSecretsAreKeptAsHashes(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.asks("ottilie", "ottilie@example.org", "a password of hers").want(202)
	_, pending := s.mail()
	var kept string
	if err := s.pool.QueryRow(t.Context(), `SELECT string_agg(encode(sealed, 'escape') || hash::text, ' ') FROM one_time_tokens`).Scan(&kept); err != nil || strings.Contains(kept, "ottilie") {
		t.Errorf("%v %s", err, kept)
	}
	s.do("POST", "/v1/accounts/confirm", fmt.Sprintf(`{"token":%q}`, pending), asNobody...).want(201)
	cookie := s.signsIn("ottilie", "a password of hers").want(201).cookieOf()[1]
	in := s.do("POST", "/v1/sessions", `{"login":"ottilie","password":"a password of hers","tokens":true}`, asNobody...).want(201).object()
	for _, table := range []string{"events", "commands", "passwords", "one_time_tokens", "login_sessions", "session_secrets", "attempts"} {
		if err := s.pool.QueryRow(t.Context(), `SELECT coalesce(string_agg(t::text, ' '), '') FROM `+table+` t`).Scan(&kept); err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"a password of hers", pending, strings.TrimPrefix(cookie, "gifty_session="), in["access_token"].(string), in["refresh_token"].(string)} {
			if strings.Contains(kept, secret) {
				t.Errorf("%s holds %s", table, secret)
			}
		}
	}
}
