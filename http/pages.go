package http

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"net/http"
	"path"
	"sync"
	"time"

	"gifty/domain/account"
	"gifty/http/console"
)

// docs is a page that shows /openapi.json and lets one try it. It loads nothing from elsewhere.
//
//go:embed docs
var docs embed.FS

// pagePolicy lets our pages run our scripts and styles, and nothing else.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// pages adds what is not part of the described API.
func (a *api) pages() error {
	// Most processes are never asked, and writing the description takes a tenth of their start.
	description := sync.OnceValues(a.describe)
	a.plain("GET /openapi.json", "openapi", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := description()
		if err != nil {
			problemOf(err).write(w, r)
			return
		}
		unchanging("application/openapi+json", text).ServeHTTP(w, r)
	}))
	for _, file := range []struct{ route, name, media string }{
		{"GET /docs", "index.html", "text/html; charset=utf-8"},
		{"GET /docs/docs.js", "docs.js", "text/javascript; charset=utf-8"},
		{"GET /docs/docs.css", "docs.css", "text/css; charset=utf-8"},
	} {
		content, err := docs.ReadFile(path.Join("docs", file.name))
		if err != nil {
			return err
		}
		a.plain(file.route, "docs", unchanging(file.media, content))
	}
	pages, err := a.console()
	if err != nil {
		return err
	}
	a.plain(console.Path+"/", "console", a.counted(pages))
	a.plain("GET "+console.Path, "console", pages)
	a.plain("GET /{$}", "home", http.RedirectHandler("/docs", http.StatusFound))
	a.plain("GET /healthz", "healthz", http.HandlerFunc(a.alive))
	a.plain("GET /readyz", "readyz", http.HandlerFunc(a.ready))
	a.plain("GET /metrics", "metrics", a.counted(a.only(forStaff(account.MetricsRead, account.AnalystRead), scrape(a.Metrics))))
	return nil
}

// plain adds a route that is no operation of the described API.
func (a *api) plain(route, name string, h http.Handler) {
	a.mux.HandleFunc(route, func(w http.ResponseWriter, r *http.Request) {
		exchangeFrom(r.Context()).operation = name
		h.ServeHTTP(w, r)
	})
}

// counted has requests that are no operation's count for the address they come from, so that nobody guesses
// tokens there either.
func (a *api) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		address := exchangeFrom(r.Context()).address
		if err := a.limits.allow(w, r, address, caller{}.key(address)); err != nil {
			problemOf(err).write(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// unchanging answers with what never changes while the program runs; browsers ask whether it is still
// the same.
func unchanging(media string, content []byte) http.Handler {
	sum := sha256.Sum256(content)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", media)
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", tag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	})
}
