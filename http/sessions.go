package http

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/uuid"

	"gifty/domain/account"
	"gifty/projections/credential"
)

type signInInput struct {
	Body struct {
		Login    string `json:"login" minLength:"1" maxLength:"254" doc:"Username or e-mail address, in any case." example:"ann"`
		Password string `json:"password" minLength:"1" maxLength:"400"`
		Tokens   bool   `json:"tokens,omitempty" doc:"Answer with tokens, for programs; absent, browsers get a cookie."`
	} `nameHint:"SignIn"`

	device string
}

// signedIn is a session that has begun.
type signedIn struct {
	UserID       uuid.UUID  `json:"user_id"`
	SessionID    uuid.UUID  `json:"session_id"`
	ExpiresAt    *time.Time `json:"expires_at,omitempty" doc:"Of the session."`
	AccessToken  string     `json:"access_token,omitempty" doc:"Send it as Authorization: Bearer …"`
	AccessUntil  *time.Time `json:"access_expires_at,omitempty"`
	RefreshToken string     `json:"refresh_token,omitempty" doc:"For refresh-session, once."`
}

type signInAnswer struct {
	Cookies []http.Cookie `header:"Set-Cookie" doc:"The session, for browsers."`
	Body    signedIn
}

type sessionList struct {
	Body struct {
		Items []listedSession `json:"items" doc:"The latest first."`
	} `nameHint:"Sessions"`
}

type listedSession struct {
	credential.Session
	Current bool `json:"current" doc:"The one that asks."`
}

func registerSessions(a *api) {
	tags := []string{tagAccess}
	handle(a, huma.Operation{
		OperationID: "sign-in", Method: http.MethodPost, Path: "/v1/sessions", Tags: tags, Security: forAll(),
		Summary: "Sign in with a password", DefaultStatus: http.StatusCreated, Errors: commandErrors(http.StatusTooManyRequests),
		Description: "What you made anonymously before becomes the account's: send your anonymous cookie or token along.",
		RequestBody: example(map[string]any{"login": "ann", "password": "four words that rhyme"}),
	}, a.signIn)
	handle(a, huma.Operation{
		OperationID: "refresh-session", Method: http.MethodPost, Path: "/v1/sessions/refresh", Tags: tags, Security: forAll(),
		Summary: "Get the next tokens for a refresh token", Errors: commandErrors(),
		Description: "Each refresh token is good once. One that comes a second time ends its session, as somebody has a copy.",
		RequestBody: example(map[string]any{"refresh_token": "gifty_ref_…"}),
	}, a.refreshSession)
	handle(a, huma.Operation{
		OperationID: "list-sessions", Method: http.MethodGet, Path: "/v1/sessions", Tags: tags, Security: forUsers(),
		Summary: "List where you are signed in", Errors: readErrors(),
	}, a.listSessions)
	handle(a, huma.Operation{
		OperationID: "sign-out", Method: http.MethodDelete, Path: "/v1/sessions/current", Tags: tags, Security: forUsers(),
		Summary: "End this session", DefaultStatus: http.StatusNoContent, Errors: commandErrors(http.StatusNotFound),
	}, a.signOut)
	handle(a, huma.Operation{
		OperationID: "end-session", Method: http.MethodDelete, Path: "/v1/sessions/{id}", Tags: tags, Security: forUsers(),
		Summary: "End one of your sessions", DefaultStatus: http.StatusNoContent, Errors: commandErrors(http.StatusNotFound),
	}, a.endSession)
	handle(a, huma.Operation{
		OperationID: "end-other-sessions", Method: http.MethodDelete, Path: "/v1/sessions", Tags: tags, Security: forUsers(),
		Summary: "End all your sessions but this one", DefaultStatus: http.StatusNoContent, Errors: commandErrors(),
	}, func(ctx context.Context, _ *struct{}) (*struct{}, error) {
		return nil, a.Accounts.CloseSessions(ctx, giver(ctx), callerFrom(ctx).Session, account.Revoked)
	})
}

// Resolve notes what the request tells of the device.
func (in *signInInput) Resolve(ctx huma.Context) []error {
	r, _ := humago.Unwrap(ctx)
	in.device = deviceOf(r.UserAgent())
	return nil
}

func (a *api) signIn(ctx context.Context, in *signInInput) (*signInAnswer, error) {
	cmd := account.SignIn{
		Login: in.Body.Login, Password: in.Body.Password, Address: exchangeFrom(ctx).address, Kind: account.BrowserSession, Device: in.device,
		Replaces: callerFrom(ctx).Session, From: exchangeFrom(ctx).anonymous,
	}
	if in.Body.Tokens {
		cmd.Kind = account.ClientSession
	}
	s, err := a.Accounts.SignIn(ctx, cmd)
	if err != nil {
		return nil, err
	}
	return sessionAnswer(s), nil
}

func sessionAnswer(s account.SignedIn) *signInAnswer {
	out := &signInAnswer{Body: signedIn{
		UserID: s.User, SessionID: s.Session, AccessToken: s.Access, RefreshToken: s.Refresh,
	}}
	if !s.ExpiresAt.IsZero() {
		out.Body.ExpiresAt = &s.ExpiresAt
	}
	if s.Access != "" {
		out.Body.AccessUntil = &s.AccessExpires
	}
	if s.Cookie != "" {
		out.Cookies = []http.Cookie{cookie(sessionCookie, s.Cookie, account.SessionLifetime), cookie(anonymousCookie, "", 0)}
	}
	return out
}

func (a *api) refreshSession(ctx context.Context, in *struct {
	Body struct {
		RefreshToken string `json:"refresh_token" maxLength:"200"`
	} `nameHint:"Refresh"`
}) (*signInAnswer, error) {
	s, err := a.Accounts.Refresh(ctx, in.Body.RefreshToken)
	if err != nil {
		return nil, err
	}
	return sessionAnswer(s), nil
}

func (a *api) listSessions(ctx context.Context, _ *struct{}) (*sessionList, error) {
	all, err := a.Sessions.List(ctx, giver(ctx))
	if err != nil {
		return nil, err
	}
	out := &sessionList{}
	out.Body.Items = make([]listedSession, len(all))
	for i, s := range all {
		out.Body.Items[i] = listedSession{s, s.ID == callerFrom(ctx).Session}
	}
	return out, nil
}

func (a *api) signOut(ctx context.Context, _ *struct{}) (*struct {
	Cookies []http.Cookie `header:"Set-Cookie"`
}, error) {
	err := a.Accounts.CloseSession(ctx, giver(ctx), callerFrom(ctx).Session, account.SignedOut)
	if err != nil {
		return nil, err
	}
	return &struct {
		Cookies []http.Cookie `header:"Set-Cookie"`
	}{[]http.Cookie{cookie(sessionCookie, "", 0)}}, nil
}

func (a *api) endSession(ctx context.Context, in *struct {
	ID uuid.UUID `path:"id"`
}) (*struct{}, error) {
	return nil, a.Accounts.CloseSession(ctx, giver(ctx), in.ID, account.Revoked)
}

// deviceOf is a user agent in three words: which browser on which system. The header itself could tell
// one person from all others, so it is not kept.
func deviceOf(agent string) string {
	first := func(names ...string) string {
		for _, name := range names {
			look, shown, renamed := strings.Cut(name, "=")
			if strings.Contains(agent, look) {
				if renamed {
					return shown
				}
				return look
			}
		}
		return ""
	}
	browser := first("Edg=Edge", "OPR=Opera", "YaBrowser=Yandex Browser", "Firefox", "Chrome", "Safari", "curl", "Go-http-client=a program", "python=a program")
	system := first("Android", "iPhone", "iPad", "Windows", "Mac OS=macOS", "CrOS=ChromeOS", "Linux")
	switch {
	case browser == "" && system == "":
		return "unknown"
	case system == "":
		return browser
	case browser == "":
		return system
	}
	return browser + " on " + system
}
