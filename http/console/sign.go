package console

import (
	"context"
	"net/http"
	"strings"
)

// tokenCookie keeps the token that somebody signed in with. Scripts can't read it, and no other site
// can make a browser send it.
const tokenCookie = "gifty_console"

func tokenOf(r *http.Request) string {
	if c, err := r.Cookie(tokenCookie); err == nil {
		return c.Value
	}
	return ""
}

// who lets in who may look. What the browser has from signing in elsewhere counts before a token.
func (c *console) who(r *http.Request) (context.Context, error) {
	ctx, err := c.Who(r, "")
	if token := tokenOf(r); err != nil && token != "" {
		return c.Who(r, token)
	}
	return ctx, err
}

// askWho makes the page ask for a token. A try that failed is told so.
func (c *console) askWho(r *http.Request, p *page, err error) {
	failed := c.Fail(r.Context(), err)
	if failed.Status >= http.StatusInternalServerError {
		p.title, p.content = p.T("failure.title"), failure(p, failed)
	} else {
		p.title, p.content = p.T("sign.title"), signing(p, p.URL.RequestURI(), tokenOf(r) != "" || r.Method == http.MethodPost)
	}
	p.status, p.alone = failed.Status, true
}

func (c *console) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<12)
	token := strings.TrimSpace(r.PostFormValue("token"))
	if _, err := c.Who(r, token); err != nil {
		p := c.begin(r)
		c.askWho(r, p, err)
		c.send(w, r, p)
		return
	}
	if token != "" {
		http.SetCookie(w, c.keep(r, token, 0))
	}
	http.Redirect(w, r, backTo(r), http.StatusSeeOther)
}

func (c *console) signOut(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, c.keep(r, "", -1))
	http.Redirect(w, r, Path+"/", http.StatusSeeOther)
}

// keep is the cookie of a token, until the browser is closed. A proxy that speaks TLS says so.
func (c *console) keep(r *http.Request, token string, age int) *http.Cookie {
	return &http.Cookie{
		Name: tokenCookie, Value: token, Path: Path, MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https",
	}
}

// backTo is the page that a form was sent from, if it says one of ours.
func backTo(r *http.Request) string {
	back := r.PostFormValue("back")
	if !strings.HasPrefix(back, Path+"/") || strings.HasPrefix(back, Path+"/sign-") {
		return Path + "/"
	}
	return back
}
