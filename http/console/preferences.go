package console

import (
	"net/http"
	"slices"
	"time"

	"golang.org/x/text/language"
)

// Cookies that keep what somebody has chosen.
const (
	themeCookie    = "gifty_console_theme"
	languageCookie = "gifty_console_language"
)

func themes() []string { return []string{"auto", "light", "dark"} }

func theme(r *http.Request) string {
	if c, err := r.Cookie(themeCookie); err == nil && slices.Contains(themes(), c.Value) {
		return c.Value
	}
	return "auto"
}

// speak is the language that somebody has chosen, or else that their browser asks for.
func (c *console) speak(r *http.Request) *words {
	if chosen, err := r.Cookie(languageCookie); err == nil && c.words[chosen.Value] != nil {
		return c.words[chosen.Value]
	}
	matcher := language.NewMatcher([]language.Tag{language.Russian, language.English}) // the first is for all others
	_, i := language.MatchStrings(matcher, r.Header.Get("Accept-Language"))
	return c.words[languages()[i]]
}

// yearAhead is how long a choice is kept.
const yearAhead = 365 * 24 * time.Hour

// prefer keeps a choice and goes back to where it was made.
func (c *console) prefer(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<12)
	for name, known := range map[string][]string{themeCookie: themes(), languageCookie: languages()} {
		field := map[string]string{themeCookie: "theme", languageCookie: "language"}[name]
		if value := r.PostFormValue(field); slices.Contains(known, value) {
			http.SetCookie(w, &http.Cookie{
				Name: name, Value: value, Path: Path, MaxAge: int(yearAhead.Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode,
			})
		}
	}
	http.Redirect(w, r, backTo(r), http.StatusSeeOther)
}
