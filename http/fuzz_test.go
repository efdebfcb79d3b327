package http_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"gifty/domain/account"
	api "gifty/http"
	"gifty/projections"
)

// Whatever a server is put together from that knows nobody.
type (
	noEngine    struct{ api.Engine }
	noDatabase  struct{ projections.Querier }
	noReactions struct{ api.Reactions }
	noPrivacy   struct{ api.Privacy }
	noTokens    struct{ account.OneTime }
)

func (noTokens) Take(context.Context, string, string) ([]byte, error) {
	return nil, account.ErrOneTime
}

// strangers knows anonymous givers by their signature, and nobody else.
type strangers struct{ authority }

func (s strangers) Identify(_ context.Context, secret string) (account.Identity, error) {
	return s.Verify(secret, today)
}

// gates is a server at which nobody is signed in or on the way to it.
func gates(f *testing.F) http.Handler {
	f.Helper()
	h, err := api.New(api.Config{
		Engine: noEngine{}, Search: searcher(nil), DB: noDatabase{}, Reactions: noReactions{}, Privacy: noPrivacy{},
		Authority: strangers{authority{Signer: signer}},
		Accounts:  account.Commands{OneTime: noTokens{}, Providers: []account.Provider{provider("google")}}, Timeout: time.Second,
	})
	if err != nil {
		f.Fatal(err)
	}
	return h
}

// Whatever stands in Authorization and Cookie, nobody gets in by it, and nothing breaks.
func FuzzCredentialsOfRequests(f *testing.F) {
	h := gates(f)
	for _, seed := range [][2]string{
		{"", ""}, {"Bearer x", ""}, {"bearer  gifty_svc_x", "gifty_session=gifty_ses_x"}, {"Basic YTpi", "gifty_anonymous=gifty_anon_x; gifty_session=\"a"},
		{"Bearer gifty_ses_x", "gifty_session=gifty_anon_e30"}, {"Bearer\x00", "=;=;;"}, {"Bearer \xff", "gifty_session=\xff"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, authorization, cookie string) {
		for _, path := range []string{"/v1/account", "/v1/projections"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Header["Authorization"], r.Header["Cookie"] = []string{authorization}, []string{cookie}
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code != http.StatusUnauthorized {
				t.Errorf("%q %q: %d %s", authorization, cookie, w.Code, w.Body)
			}
		}
	})
}

// However a browser comes back from a provider whom it was not sent to, it is refused, and led nowhere.
func FuzzCallbacks(f *testing.F) {
	h := gates(f)
	for _, seed := range [][3]string{
		{"google", "code=1&state=2", "gifty_way=x"}, {"google", "error=access_denied", ""}, {"nobody", "code=1&state=2", "gifty_way=x"},
		{"google", "code=1&code=2&state=%00&device_id=%ff", "gifty_way=\""}, {"..", "state=https://evil.example", "gifty_way"}, {"google", "%zz;&&=", ";"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, name, query, cookie string) {
		r := httptest.NewRequest(http.MethodGet, "/v1/auth/"+url.PathEscape(name)+"/callback", nil)
		r.URL.RawQuery, r.Header["Cookie"] = query, []string{cookie}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		to := w.Header().Get("Location")
		if w.Code < 300 || w.Code >= 500 || w.Code < 400 && to != r.URL.Path && to != "/v1/auth/callback" || len(w.Result().Cookies()) > 0 {
			t.Errorf("%q %q %q: %d to %q %s", name, query, cookie, w.Code, to, w.Body)
		}
	})
}
