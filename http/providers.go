package http

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/account"
	accounts "gifty/projections/account"
)

// wayCookie is what a browser has while it is at a provider: nobody else's can end what it began.
const (
	wayCookie   = "gifty_way"
	wayLifetime = 10 * time.Minute
)

type providerList struct {
	Body struct {
		Items []string `json:"items" doc:"Names, for start-oauth." example:"[\"google\"]"`
	} `nameHint:"Providers"`
}

type redirect struct {
	Status   int
	Location string        `header:"Location"`
	Cookies  []http.Cookie `header:"Set-Cookie"`
}

type linkedAccounts struct {
	Body struct {
		Items []accounts.OAuthAccount `json:"items" doc:"The first linked first."`
	} `nameHint:"LinkedAccounts"`
}

type linkAnswer struct {
	Cookies []http.Cookie `header:"Set-Cookie"`
	Body    struct {
		URL string `json:"url" doc:"Where the browser goes next."`
	} `nameHint:"LinkStart"`
}

func registerProviders(a *api) {
	tags := []string{tagAccess}
	handle(a, huma.Operation{
		OperationID: "list-providers", Method: http.MethodGet, Path: "/v1/auth/providers", Tags: tags, Security: forAll(),
		Summary: "List who signs people in for us",
	}, func(context.Context, *struct{}) (*providerList, error) {
		out := &providerList{}
		out.Body.Items = []string{}
		for _, p := range a.Accounts.Providers {
			out.Body.Items = append(out.Body.Items, p.Name())
		}
		return out, nil
	})
	handle(a, huma.Operation{
		OperationID: "start-oauth", Method: http.MethodGet, Path: "/v1/auth/{provider}/start", Tags: tags, Security: forAll(),
		Summary: "Sign in by a provider, in a browser", DefaultStatus: http.StatusFound, Errors: readErrors(http.StatusNotFound),
	}, a.startOAuth)
	handle(a, huma.Operation{
		OperationID: "finish-oauth", Method: http.MethodGet, Path: "/v1/auth/{provider}/callback", Tags: tags, Security: forAll(),
		Summary: "Come back from a provider", DefaultStatus: http.StatusFound, Errors: readErrors(http.StatusNotFound, http.StatusConflict),
		Description:        "Providers send browsers here. What was made anonymously becomes the account's.",
		SkipValidateParams: true, // providers add what they like
	}, a.finishOAuth)
	handle(a, huma.Operation{
		OperationID: "list-linked-accounts", Method: http.MethodGet, Path: "/v1/account/providers", Tags: tags, Security: forUsers(),
		Summary: "List the providers' accounts by which you sign in", Errors: readErrors(),
	}, a.listLinked)
	handle(a, huma.Operation{
		OperationID: "link-account", Method: http.MethodPost, Path: "/v1/account/providers/{provider}", Tags: tags, Security: forUsers(),
		Summary: "Sign in by a provider's account, too", Errors: commandErrors(http.StatusNotFound),
		Description: "Answers where the browser goes; when it comes back the account is linked.",
	}, a.linkAccount)
	handle(a, huma.Operation{
		OperationID: "unlink-account", Method: http.MethodDelete, Path: "/v1/account/providers/{id}", Tags: tags, Security: forUsers(),
		Summary: "Sign in by a provider's account no more", DefaultStatus: http.StatusNoContent, Errors: commandErrors(http.StatusNotFound),
		Description: "The last way to sign in stays.",
	}, func(ctx context.Context, in *struct {
		ID uuid.UUID `path:"id"`
	}) (*struct{}, error) {
		return nil, a.Accounts.Unlink(ctx, giver(ctx), in.ID)
	})
}

func (a *api) startOAuth(ctx context.Context, in *struct {
	Provider string `path:"provider" maxLength:"50"`
	ReturnTo string `query:"return_to" maxLength:"2000" doc:"Where to go then: a path of ours. Anything else is /."`
}) (*redirect, error) {
	to, cookies, err := a.wayTo(ctx, in.Provider, in.ReturnTo, uuid.Nil)
	return &redirect{http.StatusFound, to, cookies}, err
}

func (a *api) linkAccount(ctx context.Context, in *struct {
	Provider string `path:"provider" maxLength:"50"`
	ReturnTo string `query:"return_to" maxLength:"2000" doc:"Where to go then: a path of ours. Anything else is /."`
}) (*linkAnswer, error) {
	to, cookies, err := a.wayTo(ctx, in.Provider, in.ReturnTo, giver(ctx))
	out := &linkAnswer{Cookies: cookies}
	out.Body.URL = to
	return out, err
}

// wayTo begins a way to a provider and back.
func (a *api) wayTo(ctx context.Context, provider, returnTo string, link uuid.UUID) (string, []http.Cookie, error) {
	browser := randomText(32)
	to, err := a.Accounts.StartOAuth(ctx, account.StartOAuth{
		Provider: provider, ReturnTo: account.ReturnTo(returnTo, a.Home), Browser: browser, Verifier: randomText(64), Nonce: randomText(32), Link: link,
	})
	return to, []http.Cookie{cookie(wayCookie, browser, wayLifetime)}, err
}

// randomText is so many random bytes as URLs hold them.
func randomText(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

type callbackInput struct {
	Provider string `path:"provider"`
	Code     string `query:"code" doc:"From the provider."`
	State    string `query:"state" doc:"From start-oauth."`
	DeviceID string `query:"device_id" doc:"VK ID's."`
	Error    string `query:"error" doc:"In place of a code: why there is none."`

	browser, device string
}

const maxParameter = 4000 // characters, of what a provider sends along

// Resolve takes from the request what no parameter holds, and refuses what no provider sends.
func (in *callbackInput) Resolve(ctx huma.Context) []error {
	r, _ := humago.Unwrap(ctx)
	in.device = deviceOf(r.UserAgent())
	if c, err := r.Cookie(wayCookie); err == nil {
		in.browser = c.Value
	}
	for _, value := range []string{in.Code, in.State, in.DeviceID, in.Error} {
		if len(value) > maxParameter {
			return []error{&huma.ErrorDetail{Location: "query", Message: "is too long"}}
		}
	}
	return nil
}

var errDenied = domain.Invalid("provider_refused", "the provider did not sign you in; begin again if you want to")

func (a *api) finishOAuth(ctx context.Context, in *callbackInput) (*redirect, error) {
	if in.Error != "" || in.Code == "" || in.State == "" || in.browser == "" {
		return nil, errDenied
	}
	s, returnTo, err := a.Accounts.FinishOAuth(ctx, account.FinishOAuth{
		Provider: in.Provider, State: in.State, Code: in.Code, More: map[string]string{"device_id": in.DeviceID}, Browser: in.browser,
		SignIn: account.SignIn{Device: in.device, Replaces: callerFrom(ctx).Session, From: exchangeFrom(ctx).anonymous},
	})
	if err != nil {
		return nil, err
	}
	cookies := append(sessionAnswer(s).Cookies, cookie(wayCookie, "", 0))
	return &redirect{http.StatusFound, a.home(returnTo), cookies}, nil
}

// home is an address of the pages that people use: those of this server, where there are no others.
func (a *api) home(path string) string {
	if a.Home == nil {
		return path
	}
	to, err := url.Parse(path)
	if err != nil {
		return a.Home.String()
	}
	to.Scheme, to.Host = a.Home.Scheme, a.Home.Host
	return to.String()
}

func (a *api) listLinked(ctx context.Context, in *ReadInput) (*linkedAccounts, error) {
	if err := a.wait(ctx, in.MinPosition, accounts.OAuthAccounts.Name); err != nil {
		return nil, err
	}
	out := &linkedAccounts{}
	var err error
	out.Body.Items, err = accounts.ListOAuthAccounts(ctx, a.DB, giver(ctx))
	return out, err
}
