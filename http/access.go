package http

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/account"
)

// Who may call an operation stands in its Security, as OpenAPI writes it: several ways, each naming a
// scheme and the roles or scopes that it takes. What is described is what is enforced, by admit and
// nowhere else; an operation that names no way admits nobody.

// The schemes, by which credentials arrive.
const (
	bySession   = "session"   // the cookie of somebody who signed in
	byAnonymous = "anonymous" // the cookie of somebody who did not
	byBearer    = "bearer"    // a token in the header Authorization
)

// The cookies.
const (
	sessionCookie   = "gifty_session"
	anonymousCookie = "gifty_anonymous"
)

type ways = []map[string][]string

// forAll admits everybody.
func forAll() ways { return ways{{}} }

// forGivers admits whoever has things of their own, with an account or without.
func forGivers() ways {
	role := []string{account.RoleGiver}
	return ways{{bySession: role}, {byAnonymous: role}, {byBearer: role}}
}

// forStaff admits programs and people that have one of the scopes.
func forStaff(scopes ...account.Scope) ways {
	var all ways
	for _, scope := range scopes {
		all = append(all, map[string][]string{byBearer: {string(scope)}}, map[string][]string{bySession: {string(scope)}})
	}
	return all
}

func securitySchemes() map[string]*huma.SecurityScheme {
	return map[string]*huma.SecurityScheme{
		bySession:   {Type: "apiKey", In: "cookie", Name: sessionCookie, Description: "Set by signing in."},
		byAnonymous: {Type: "apiKey", In: "cookie", Name: anonymousCookie, Description: "Set by create-anonymous-giver, for who has not signed in."},
		byBearer: {Type: "http", Scheme: "bearer", Description: "A service token (gifty token create), an access token of somebody who signed in, or the token that create-anonymous-giver answers with. " +
			"giver stands for any that has things of its own; what has a colon is a scope, and admin includes all scopes."},
	}
}

// Authority knows who credentials stand for.
type Authority interface {
	// Identify is who a secret stands for, or account.ErrCredential.
	Identify(ctx context.Context, secret string) (account.Identity, error)
	// Anonymous makes the token of an anonymous giver.
	Anonymous(giver uuid.UUID) account.AnonymousToken
}

// caller is who asks, and by which scheme; the zero caller is nobody.
type caller struct {
	account.Identity
	scheme string
}

type callerKey struct{}

// callerFrom is who asks, as begin found out.
func callerFrom(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

var errSignIn = &domain.Error{
	Kind: domain.KindUnauthenticated, Code: "unauthenticated",
	Message: "say who you are: send a token (Authorization: Bearer …), sign in, or get an anonymous identity by POST /v1/givers/anonymous",
}

// identify finds out who asks. A token that is nobody's is an error; a cookie that is nobody's is as
// good as none, as browsers keep sending those.
func (a *api) identify(r *http.Request) (caller, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		token, ok := bearer(header)
		if !ok || strings.HasPrefix(token, account.CookiePrefix) {
			return caller{}, account.ErrCredential
		}
		i, err := a.Authority.Identify(r.Context(), token)
		return caller{i, byBearer}, err
	}
	for _, c := range []struct{ name, scheme string }{{sessionCookie, bySession}, {anonymousCookie, byAnonymous}} {
		cookie, err := r.Cookie(c.name)
		if err != nil || account.IsAnonymous(cookie.Value) != (c.scheme == byAnonymous) || c.scheme == bySession && !strings.HasPrefix(cookie.Value, account.CookiePrefix) {
			continue
		}
		i, err := a.Authority.Identify(r.Context(), cookie.Value)
		switch {
		case err == nil && (c.scheme == byAnonymous || i.Session != uuid.Nil):
			return caller{i, c.scheme}, nil
		case err != nil && !isCredential(err):
			return caller{}, err
		}
	}
	return caller{}, nil
}

// anonymous is the anonymous giver who asks, whether or not they have signed in besides.
func (a *api) anonymous(r *http.Request, who caller) uuid.UUID {
	if who.Anonymous {
		return who.Giver
	}
	cookie, err := r.Cookie(anonymousCookie)
	if err != nil || !account.IsAnonymous(cookie.Value) {
		return uuid.Nil
	}
	i, err := a.Authority.Identify(r.Context(), cookie.Value)
	if err != nil {
		return uuid.Nil
	}
	return i.Giver
}

func isCredential(err error) bool {
	return errors.Is(err, account.ErrCredential)
}

// bearer is the token in an Authorization header.
func bearer(header string) (token string, ok bool) {
	scheme, token, ok := strings.Cut(header, " ")
	token = strings.TrimSpace(token)
	return token, ok && strings.EqualFold(scheme, "Bearer") && token != ""
}

// admit decides whether a caller may use an operation, and who acts in it.
func admit(c caller, security ways) (domain.Principal, error) {
	var lacking []string
	for _, way := range security {
		if len(way) == 0 {
			return c.Principal(nil), nil
		}
		for scheme, roles := range way {
			if scheme != c.scheme {
				continue
			}
			if !slices.ContainsFunc(roles, func(role string) bool { return !c.Has(role) }) {
				return c.Principal(roles), nil
			}
			lacking = roles
		}
	}
	if c.scheme == "" {
		return domain.Principal{}, errSignIn
	}
	return domain.Principal{}, errForbidden(lacking)
}

func errForbidden(lacking []string) error {
	switch {
	case slices.Contains(lacking, account.RoleUser):
		return domain.Forbidden("account_needed", "this needs an account; sign in")
	case slices.Contains(lacking, account.RoleGiver):
		return domain.Forbidden("giver_needed", "this is about a giver's own things, and this token has none; sign in, or take another token")
	case len(lacking) > 0:
		return domain.Forbidden("scope_needed", "this needs the scope %s", strings.Join(lacking, " and "))
	}
	return domain.Forbidden("credential_unfit", "this can't be done with such a credential")
}

// personal refuses to show personal fields to who asks for them without the scope, which is needed
// besides that of the operation.
func personal(ctx context.Context, asked bool) error {
	if asked && !callerFrom(ctx).Has(string(account.AnalystPersonal)) {
		return errForbidden([]string{string(account.AnalystPersonal)})
	}
	return nil
}

// only admits to a route that is no operation those that the ways name.
func (a *api) only(security ways, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := a.identify(r)
		if err == nil {
			_, err = admit(who, security)
		}
		if err != nil {
			problemOf(err).write(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refusals are the statuses that an operation answers to who may not call it.
func refusals(security ways) []int {
	if slices.ContainsFunc(security, func(way map[string][]string) bool { return len(way) == 0 }) {
		return []int{http.StatusUnauthorized} // a token that is nobody's
	}
	return []int{http.StatusUnauthorized, http.StatusForbidden}
}
