package console

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"gifty/domain"
)

// page is a page under way: for whom it is, and what it will be.
type page struct {
	*words
	Theme string // auto, light, dark
	URL   *url.URL
	head  domain.Position // the log's, when the page was asked for

	assets   assets
	version  string
	alone    bool // without the menu
	hasToken bool // signed in with a token, which can be forgotten again
	part     bool // only a part of the page is wanted, by htmx

	title   string
	goTo    string // another page is the answer
	status  int
	content templ.Component
}

// show sets what the page will be.
func (p *page) show(title string, content templ.Component) error {
	p.title, p.content = title, content
	return nil
}

// policy lets the pages run our scripts and styles, and draw images that scripts make; nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; img-src 'self' data: blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// serve makes a handler of a function that fills a page.
func (c *console) serve(fill func(*http.Request, *page) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p := c.begin(r)
		ctx, err := c.who(r)
		if err != nil {
			c.askWho(r, p, err)
			c.send(w, r, p)
			return
		}
		r = r.WithContext(ctx)
		if err = c.look(ctx, p); err == nil {
			err = fill(r, p)
		}
		if err != nil {
			c.refuse(ctx, p, err)
		}
		c.send(w, r, p)
	}
}

func (c *console) begin(r *http.Request) *page {
	return &page{
		words: c.speak(r), Theme: theme(r), URL: r.URL, assets: c.assets, version: c.Version, status: http.StatusOK,
		hasToken: tokenOf(r) != "", part: r.Header.Get("HX-Request") == "true" && r.Header.Get("HX-Boosted") == "",
	}
}

// look reads what every page shows.
func (c *console) look(ctx context.Context, p *page) (err error) {
	p.head, err = c.Engine.Head(ctx)
	return err
}

// refuse makes the page tell of an error.
func (c *console) refuse(ctx context.Context, p *page, err error) {
	failed := c.Fail(ctx, err)
	p.status = failed.Status
	p.title, p.content = p.T("failure.title"), failure(p, failed)
}

func (c *console) nothing(*http.Request, *page) error {
	return domain.NotFound("page_not_found", "there is no such page in the console")
}

// send writes the page, or the part of it that htmx asks for.
func (c *console) send(w http.ResponseWriter, r *http.Request, p *page) {
	if p.goTo != "" {
		http.Redirect(w, r, p.goTo, http.StatusSeeOther)
		return
	}
	if p.status == http.StatusNoContent {
		w.WriteHeader(p.status)
		return
	}
	whole := p.content
	switch {
	case !c.assets.bundled():
		whole, p.status = unbundled(p), http.StatusServiceUnavailable
	case p.alone:
		whole = entrance(p)
	case !p.part:
		whole = layout(p)
	}
	var b bytes.Buffer
	if err := whole.Render(r.Context(), &b); err != nil {
		failed := c.Fail(r.Context(), err)
		http.Error(w, failed.RequestID, failed.Status)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "HX-Request, Cookie, Accept-Language")
	w.WriteHeader(p.status)
	_, _ = w.Write(b.Bytes()) // who has left does not get it
}

// here tells whether a link of the menu leads to the section that the page is in.
func (p *page) here(path string) bool {
	if path == Path+"/" {
		return p.URL.Path == path
	}
	return strings.HasPrefix(p.URL.Path, path)
}

// with is the page's address with other values of its query; an empty value takes one away.
func (p *page) with(pairs ...string) templ.SafeURL {
	q := p.URL.Query()
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Del(pairs[i])
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return address(p.URL.Path, q)
}

func address(path string, q url.Values) templ.SafeURL {
	if len(q) == 0 {
		return templ.SafeURL(path)
	}
	return templ.SafeURL(path + "?" + q.Encode())
}
