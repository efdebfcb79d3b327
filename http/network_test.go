package http_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	api "gifty/http"
)

// Who sends a body drop by drop does not hold a connection for ever.
func TestSlowBodiesAreCutOff(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *api.Config) { c.Timeout = 50 * time.Millisecond })
	for ask, status := range map[string]int{
		"POST /v1/sessions":                    http.StatusRequestTimeout,
		"GET /docs":                            http.StatusOK, // nobody has asked for a body
		"POST /v1/givers/anonymous":            http.StatusCreated,
		"POST /v1/products/import?source=shop": http.StatusUnauthorized,
		"POST /nothing/there":                  http.StatusNotFound,
		"DELETE /v1/sessions":                  http.StatusUnauthorized,
	} {
		if got, err := s.sendsHalf(ask); err != nil || got != status {
			t.Errorf("%s: %d %v", ask, got, err)
		}
	}
}

// sendsHalf sends the beginning of a request, and gives the answer's status.
func (s *server) sendsHalf(ask string) (status int, err error) {
	s.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		return 0, err
	}
	defer c.Close() //nolint:errcheck // whoever hangs up first
	fmt.Fprintf(c, "%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{", ask)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}

// What an address in a feed, a profile or a page's text names is never asked for: the server sends no request to
// where somebody wants it to, be it this machine, its network, or what a public name leads to.
func TestAddressesOfOthersAreNotAskedFor(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	within := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer within.Close()
	s := start(t)
	rss := `<?xml version="1.0"?><!DOCTYPE rss SYSTEM "` + within.URL + `/dtd" [<!ENTITY file SYSTEM "` + within.URL + `/entity"><!ENTITY passwd SYSTEM "file:///etc/passwd">]>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><item><g:id>1</g:id><title>Cup &file; &passwd;</title><link>` + within.URL + `/product</link>
<g:image_link>` + within.URL + `/image</g:image_link><g:price>5.00 EUR</g:price></item></channel></rss>`
	if got := summary(s.do("POST", "/v1/products/import?source=rss", rss, "Content-Type", "application/rss+xml").want(200)); got.New != 1 {
		t.Errorf("%+v", got)
	}
	for _, address := range []string{within.URL, "http://169.254.169.254/latest/meta-data/", "http://[::1]:1/", "file:///etc/passwd"} {
		s.do("POST", "/v1/products/import?source=jsonl", `{"id":"1","title":"Cup","product_url":"https://shop.example/1","image_url":"`+address+`/image"}`, "Content-Type", jsonl).want(200)
		s.do("POST", "/v1/products/import?source=x&url="+address, "", "Content-Type", jsonl).want(422)
	}
	s.registers("ann", "ann@example.org")
	browser := s.signsIn("ann", rhyme).want(201).cookieOf()
	s.do("PATCH", "/v1/account/profile", `{"contacts":{"web":"`+within.URL+`/me"}}`, append(browser, "Content-Type", "application/merge-patch+json")...).want(200)
	s.do("POST", "/v1/recipients", `{"name":"`+within.URL+`"}`, browser...).want(201)
	found := s.do("GET", fmt.Sprintf("/v1/products?min_position=%d", s.head()), "").want(200)
	if strings.Contains(string(found.body), "root:") {
		t.Errorf("a file was read: %s", found.body)
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("%d requests were sent to an address that somebody named", n)
	}
}

func TestTheServerSpeaksTLS(t *testing.T) {
	t.Parallel()
	template := httptest.NewTLSServer(http.NotFoundHandler()) // for its certificate, and who trusts that
	defer template.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.TLS != nil) })
	go func() {
		_ = api.Serve(t.Context(), l, handler, slog.New(slog.DiscardHandler), time.Minute, template.TLS.Certificates...)
	}()
	client := template.Client()
	ask := func(scheme, header string) (int, error) {
		req, err := http.NewRequestWithContext(t.Context(), "GET", scheme+"://"+l.Addr().String(), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Long", header)
		res, err := client.Do(req)
		if err != nil {
			return 0, err
		}
		defer res.Body.Close()
		return res.StatusCode, nil
	}
	if status, err := ask("https", ""); status != 200 {
		t.Error(status, err)
	}
	if status, _ := ask("https", strings.Repeat("x", 80<<10)); status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a header of 80 KiB: %d", status)
	}
	if status, _ := ask("http", ""); status == 200 {
		t.Error("it answers in clear")
	}
	old := template.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	if c, err := tls.Dial("tcp", l.Addr().String(), old); err == nil {
		t.Error("it speaks TLS 1.1", c.Close())
	}
}
