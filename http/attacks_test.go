package http_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	api "gifty/http"
)

// What attackers try that no other test is about, and what comes of it.
func TestAttacks(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.registers("ann", "ann@example.org")
	browser := s.signsIn("ann", rhyme).want(201).cookieOf()
	made := s.do("POST", "/v1/recipients", father, browser...).want(201)
	who := made.object()["recipient_id"].(string)
	merge := []string{"Content-Type", "application/merge-patch+json"}
	foreign := append([]string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, browser...)
	for name, c := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
	}{
		"a form of another site":               {"POST", "/v1/recipients", father, foreign, 403},
		"another site deletes":                 {"DELETE", "/v1/recipients/" + who, "", foreign, 403},
		"another site signs out":               {"DELETE", "/v1/sessions/current", "", foreign, 403},
		"another site signs in":                {"POST", "/v1/sessions", `{"login":"ann","password":"x"}`, foreign, 403},
		"another site links":                   {"POST", "/v1/account/providers/google", "", foreign, 403},
		"a body that a form can send":          {"POST", "/v1/recipients", father, append([]string{"Content-Type", "text/plain"}, browser...), 415},
		"scopes by the profile":                {"PATCH", "/v1/account/profile", `{"scopes":["admin"]}`, append(merge, browser...), 422},
		"another's profile":                    {"PATCH", "/v1/account/profile", `{"user_id":"` + id + `"}`, append(merge, browser...), 422},
		"an owner in a new recipient":          {"POST", "/v1/recipients", `{"name":"x","user_id":"` + id + `"}`, browser, 422},
		"verified by oneself":                  {"POST", "/v1/accounts", `{"username":"eve","email":"eve@example.org","password":"` + rhyme + `","is_verified":true}`, nil, 422},
		"scopes with the account":              {"POST", "/v1/accounts", `{"username":"eve","email":"eve@example.org","password":"` + rhyme + `","scopes":["admin"]}`, nil, 422},
		"SQL for a name":                       {"POST", "/v1/sessions", `{"login":"' OR 1=1 --","password":"x"}`, asNobody, 401},
		"SQL for a token":                      {"GET", "/v1/account", "", []string{"Authorization", "Bearer gifty_svc_' OR true --"}, 401},
		"SQL for a cursor":                     {"GET", "/v1/recipients?cursor=" + url.QueryEscape("' OR true --"), "", browser, 422},
		"SQL for a table":                      {"POST", "/v1/projections/x;DROP%20TABLE%20events/rollback", "", nil, 404},
		"a template for a name":                {"POST", "/v1/recipients", `{"name":"{{.Secret}}<script>${7*7}"}`, browser, 201},
		"a session for a token":                {"GET", "/v1/account", "", []string{"Authorization", "Bearer " + strings.TrimPrefix(browser[1], "gifty_session=")}, 401},
		"a password for a token":               {"GET", "/v1/account", "", []string{"Authorization", "Basic YW5uOmZvdXI="}, 401},
		"two tokens":                           {"GET", "/v1/account", "", []string{"Authorization", "Bearer a Bearer b"}, 401},
		"a code of one purpose for another":    {"POST", "/v1/accounts/confirm", `{"token":"` + s.resetCode("ann@example.org") + `"}`, asNobody, 422},
		"a path out of the documentation":      {"GET", "/docs/../../etc/passwd", "", nil, 404},
		"a host of another name, by rebinding": {"GET", "/v1/recipients", "", append([]string{"Host", "evil.example"}, browser...), 421},
	} {
		if a := s.do(c.method, c.path, c.body, c.headers...); a.status != c.status {
			t.Errorf("%s: %d, want %d: %.300s", name, a.status, c.status, a.body)
		}
	}
	s.do("GET", "/v1/recipients/"+who+"?"+made.since(), "", browser...).want(200) // is there still
	pages := s.do("GET", "/docs", "").want(200).header
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := pages.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// resetCode is the code for a new password.
func (s *server) resetCode(email string) string {
	s.Helper()
	s.do("POST", "/v1/accounts/reset", fmt.Sprintf(`{"email":%q}`, email), asNobody...).want(202)
	_, token := s.mail()
	return token
}

func TestCallersAreLimited(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *api.Config) { c.Rate, c.Proxies = 5, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	get := func(from string, headers ...string) answer {
		return s.do("GET", "/v1/categories", "", append(headers, "X-Forwarded-For", from)...)
	}
	for range 5 {
		get("192.0.2.1", asNobody...).want(200)
	}
	a := get("192.0.2.1", asNobody...)
	if a.problem(429, "too_many_requests"); a.header.Get("Retry-After") == "" {
		t.Error("until when?")
	}
	get("198.51.100.7, 192.0.2.1", asNobody...).want(429) // what a client says of itself is not believed
	get("192.0.2.2", asNobody...).want(200)
	get("2001:db8::1", asNobody...).want(200)
	for i := range 5 { // of a household's network, whatever the address
		get(fmt.Sprintf("2001:db8::%d", i+2), asNobody...)
	}
	get("2001:db8::1:1", asNobody...).want(429)
	for range 5 {
		get("192.0.2.3").want(200)
	}
	get("192.0.2.4").want(429)                               // the same token from elsewhere
	for i, path := range []string{"/console/", "/metrics"} { // who guesses tokens there
		from := fmt.Sprintf("192.0.2.%d", 10+i)
		for range 5 {
			if a := s.do("GET", path, "", append(asNobody, "X-Forwarded-For", from)...); a.status == 429 {
				t.Errorf("%s: %s", path, a.body)
			}
		}
		s.do("GET", path, "", append(asNobody, "X-Forwarded-For", from)...).problem(429, "too_many_requests")
	}
	for range 10 {
		s.do("GET", "/v1/categories", "").want(200) // from this machine
	}
}

func TestStreamsAreLimited(t *testing.T) {
	t.Parallel()
	s := start(t)
	for range 20 {
		req, err := http.NewRequestWithContext(t.Context(), "GET", s.url+"/v1/events?follow=true", nil)
		if err != nil {
			t.Fatal(err)
		}
		authorize(req)
		res, err := http.DefaultClient.Do(req)
		if err != nil || res.StatusCode != 200 {
			t.Fatal(res, err)
		}
		defer res.Body.Close()
	}
	s.do("GET", "/v1/events?follow=true", "").problem(429, "too_many_streams")
	for _, path := range []string{"/console/events/follow", "/console/events/export?format=csv", "/console/jobs/1/events"} {
		if a := s.do("GET", path, ""); a.status < 400 { // what the page says depends on its being bundled
			t.Errorf("%s: %d", path, a.status)
		}
	}
	visitor := s.do("POST", "/v1/givers/anonymous", "", giverHeader, "nobody").want(201).object()["token"].(string)
	began := s.do("POST", "/v1/discoveries", `{"quiz":{"interests":["tea"]}}`, "Authorization", "Bearer "+visitor).want(202)
	d := dialogue{server: s, place: began.header.Get("Location")}
	s.do("GET", d.place+"?"+began.since(), "", "Authorization", "Bearer "+visitor).want(200)
	for range 21 { // of whoever visits from this machine
		d.followAs(visitor)
	}
}
