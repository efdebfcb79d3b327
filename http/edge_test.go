package http_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"gifty/domain"
	api "gifty/http"
	"gifty/projections"
	products "gifty/projections/catalogue"
)

func TestUnknownAddresses(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.do("GET", "/v1/nothing", "").problem(404, "route_not_found")
	s.do("GET", "/v2", "").problem(404, "route_not_found")
	a := s.do("PUT", "/v1/recipients", "{}")
	a.problem(405, "method_not_allowed")
	if allow := a.header.Get("Allow"); allow != "GET, HEAD, POST" {
		t.Errorf("Allow: %s", allow)
	}
	if a := s.do("HEAD", "/v1/recipients", "").want(200); len(a.body) != 0 {
		t.Errorf("HEAD answered %s", a.body)
	}
}

func TestRequestIDs(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := uuid.NewString()
	if got := s.do("POST", "/v1/recipients", father, "X-Request-Id", id).want(201).header.Get("X-Request-Id"); got != id {
		t.Errorf("answered %q", got)
	}
	for e, err := range s.log.Read(t.Context(), logAll) {
		if err != nil || e.CorrelationID.String() != id || e.Actor != domain.LocalGiver.Actor() {
			t.Errorf("%+v %v", e.Origin, err)
		}
	}
	for _, bad := range []string{"", "with space", strings.Repeat("x", 129), "ключ"} {
		if got := s.do("GET", "/v1/recipients", "", "X-Request-Id", bad).header.Get("X-Request-Id"); uuid.Validate(got) != nil {
			t.Errorf("%q: answered %q", bad, got)
		}
	}
	if got := s.do("GET", "/v1/recipients", "", "X-Request-Id", "abc-1").header.Get("X-Request-Id"); got != "abc-1" {
		t.Errorf("answered %q", got)
	}
}

func TestOtherSitesPages(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *api.Config) { c.Hosts = []string{"gifts.example"} })
	s.do("POST", "/v1/recipients", "{}", "Origin", "https://evil.example").problem(403, "cross_origin")
	s.do("POST", "/v1/recipients", "{}", "Sec-Fetch-Site", "cross-site").problem(403, "cross_origin")
	s.do("POST", "/v1/recipients", "{}", "Origin", s.url).want(201)
	for host, status := range map[string]int{
		"evil.example": 421, "evil.example:8080": 421, "localhost": 200, "LOCALHOST:1": 200, "gifty.localhost": 200, "127.0.0.1": 200, "[::1]:80": 200, "gifts.example": 200,
	} {
		if a := s.do("GET", "/v1/recipients", "", "Host", host); a.status != status {
			t.Errorf("%s: %d, want %d", host, a.status, status)
		}
	}
	h := s.do("GET", "/v1/recipients", "").header
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "X-Frame-Options": "DENY", "Access-Control-Allow-Origin": "",
	} {
		if h.Get(name) != want {
			t.Errorf("%s: %q", name, h.Get(name))
		}
	}
}

// searcher fails in a way of its own.
type searcher func() (products.SearchResult, error)

func (f searcher) Search(context.Context, products.SearchRequest) (products.SearchResult, error) {
	return f()
}

// log collects a logger's lines.
type log struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(b)
}

func (l *log) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.String()
}

func (l *log) lines(t *testing.T) (lines []map[string]any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range bytes.Lines(l.Bytes()) {
		var o map[string]any
		if err := json.Unmarshal(line, &o); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, o)
	}
	return lines
}

// What goes wrong inside is logged and not shown.
func TestDefectsStayInside(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]searcher{
		"an error": func() (products.SearchResult, error) { return products.SearchResult{}, errors.New("the secret is out") },
		"a panic":  func() (products.SearchResult, error) { panic("the secret is out") },
		"a wrapped error": func() (products.SearchResult, error) {
			return products.SearchResult{}, fmt.Errorf("while: %w", &domain.Error{Kind: "odd", Code: "x", Message: "the secret is out"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var logged log
			s := start(t, func(c *api.Config) {
				c.Search, c.Logger = fails, slog.New(slog.NewJSONHandler(&logged, nil))
			})
			a := s.do("GET", "/v1/products/search?q=x", "")
			a.problem(500, "internal")
			if strings.Contains(string(a.body), "secret") || strings.Contains(string(a.body), "detail") {
				t.Errorf("%s", a.body)
			}
			lines := logged.lines(t)
			if len(lines) != 2 || !strings.Contains(fmt.Sprint(lines[0]), "secret") || lines[0]["request_id"] != a.header.Get("X-Request-Id") ||
				lines[1]["status"] != 500.0 || lines[1]["path"] != "/v1/products/search" || lines[1]["code"] != "internal" {
				t.Errorf("%v", lines)
			}
			s.do("GET", "/v1/recipients", "").want(200)
		})
	}
}

func TestErrorsOfEveryKind(t *testing.T) {
	t.Parallel()
	var fails error
	s := start(t, func(c *api.Config) {
		c.Search = searcher(func() (products.SearchResult, error) { return products.SearchResult{}, fails })
	})
	for _, c := range []struct {
		err        error
		status     int
		code       string
		retryAfter string
	}{
		{domain.Invalid("bad", "no"), 422, "bad", ""},
		{&domain.Error{Kind: domain.KindUnauthenticated, Code: "who"}, 401, "who", ""},
		{domain.Forbidden("not_you", "no"), 403, "not_you", ""},
		{domain.NotFound("gone", "no"), 404, "gone", ""},
		{domain.Conflict("taken", "no"), 409, "taken", ""},
		{fmt.Errorf("wrapped: %w", domain.ErrVersion), 412, "version_mismatch", ""},
		{&domain.Error{Kind: domain.KindLimited, Code: "slow", RetryAfter: 61e9}, 429, "slow", "61"},
		{domain.Unavailable("away", "no"), 503, "away", "1"},
		{&domain.Error{Kind: domain.KindUnavailable, Code: "away", RetryAfter: 1500e6}, 503, "away", "2"},
		{context.DeadlineExceeded, 503, "timeout", "1"},
		{errors.New("x"), 500, "internal", ""},
	} {
		fails = c.err
		a := s.do("GET", "/v1/products/search?q=x", "")
		a.problem(c.status, c.code)
		if got := a.header.Get("Retry-After"); got != c.retryAfter {
			t.Errorf("%v: Retry-After %q, want %q", c.err, got, c.retryAfter)
		}
	}
}

// status is an engine that says what it is told to.
type status struct {
	api.Engine
	tables []projections.Status
	err    error
}

func (s *status) Status(context.Context) ([]projections.Status, error) { return s.tables, s.err }

func TestHealth(t *testing.T) {
	t.Parallel()
	s := start(t)
	if o := s.do("GET", "/healthz", "").want(200).object(); o["version"] != "test" {
		t.Errorf("%v", o)
	}
	s.do("GET", "/readyz", "").want(200)
	var list struct{ Items []projections.Status }
	s.do("GET", "/v1/projections", "").want(200).into(&list)
	if len(list.Items) != len(readTables()) {
		t.Errorf("%v", list)
	}
}

func TestNotReady(t *testing.T) {
	t.Parallel()
	var engine status
	var broken error
	s := start(t, func(c *api.Config) {
		c.Engine, c.Ready = &engine, func(context.Context) error { return broken }
	})
	for _, c := range []struct {
		ready  error
		status status
		reason string // "" when ready
	}{
		{ready: errors.New("secret"), reason: "the server cannot work just now"},
		{ready: domain.Unavailable("x", "the schema is old"), reason: "the schema is old"},
		{ready: domain.Unavailable("x", "away").Because(errors.New("secret")), reason: "away"},
		{status: status{err: errors.New("secret")}, reason: "the database does not answer"},
		{status: status{tables: []projections.Status{{Table: "t", Active: true, Known: true, State: "empty"}}}, reason: "for the first time: t"},
		{status: status{tables: []projections.Status{{State: "stopped"}, {Active: true, State: "live", LagSeconds: 1}}}},
	} {
		engine, broken = c.status, c.ready
		a := s.do("GET", "/readyz", "")
		if c.reason == "" {
			a.want(200)
			continue
		}
		a.problem(503, "not_ready")
		if !strings.Contains(string(a.body), c.reason) || strings.Contains(string(a.body), "secret") || a.header.Get("Retry-After") == "" {
			t.Errorf("want %q: %s", c.reason, a.body)
		}
		s.do("GET", "/healthz", "").want(200)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.do("GET", "/v1/recipients", "").want(200)
	s.do("GET", "/v1/recipients/x", "").want(422)
	s.do("GET", "/nothing", "").want(404)
	text := string(s.do("GET", "/metrics", "").want(200).body)
	for _, want := range []string{
		`gifty_http_requests_total{operation="list-recipients",status="200"} 1`,
		`gifty_http_requests_total{operation="get-recipient",status="422"} 1`,
		`gifty_http_requests_total{operation="none",status="404"} 1`,
		`gifty_http_request_seconds_count{operation="list-recipients"} 1`,
		`gifty_http_requests_in_flight 1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	s := start(t)
	var description struct{ OpenAPI string }
	if s.do("GET", "/openapi.json", "").want(200).into(&description); description.OpenAPI != "3.1.0" {
		t.Errorf("%v", description)
	}
	home := s.do("GET", "/", "").want(200) // redirected
	page := s.do("GET", "/docs", "").want(200)
	if string(home.body) != string(page.body) || !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") {
		t.Errorf("%v", page.header)
	}
	for _, file := range []string{"/docs", "/docs/docs.js", "/docs/docs.css"} {
		a := s.do("GET", file, "").want(200)
		if strings.Contains(string(a.body), "https://") || strings.Contains(string(a.body), "http://") {
			t.Errorf("%s points outside", file)
		}
		if !strings.Contains(a.header.Get("Content-Security-Policy"), "script-src 'self'") {
			t.Errorf("%s: %v", file, a.header)
		}
		s.do("GET", file, "", "If-None-Match", a.header.Get("ETag")).want(http.StatusNotModified)
	}
}
