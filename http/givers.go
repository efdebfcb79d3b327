package http

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"gifty/domain/account"
)

type anonymousGiver struct {
	GiverID   uuid.UUID `json:"giver_id"`
	Token     string    `json:"token" doc:"Send it as Authorization: Bearer …; browsers have it as a cookie."`
	ExpiresAt time.Time `json:"expires_at"`
}

type anonymousAnswer struct {
	Cookie http.Cookie `header:"Set-Cookie" doc:"The same token, for browsers."`
	Body   anonymousGiver
}

func registerGivers(a *api) {
	handle(a, huma.Operation{
		OperationID: "create-anonymous-giver", Method: http.MethodPost, Path: "/v1/givers/anonymous", Tags: []string{tagAccess}, Security: forAll(),
		Summary: "Become somebody without an account", DefaultStatus: http.StatusCreated, Errors: []int{http.StatusForbidden, http.StatusServiceUnavailable},
		Description: "What you make with this identity is yours, and only yours. Nothing is kept of you but what you do. Who has the token of such an identity already keeps it: the same identity is answered.",
	}, a.createAnonymousGiver)
}

func (a *api) createAnonymousGiver(ctx context.Context, _ *struct{}) (*anonymousAnswer, error) {
	giver := uuid.Must(uuid.NewV7())
	if known := callerFrom(ctx); known.Anonymous {
		giver = known.Giver
	}
	made := a.Authority.Anonymous(giver)
	return &anonymousAnswer{anonymousCookieOf(made), anonymousGiver(made)}, nil
}

func anonymousCookieOf(t account.AnonymousToken) http.Cookie {
	return cookie(anonymousCookie, t.Token, account.AnonymousLifetime)
}

// cookie is one that scripts don't see, that is not sent in clear, and that other sites' forms don't
// send. A lifetime below zero takes it away.
func cookie(name, value string, lifetime time.Duration) http.Cookie {
	seconds := int(lifetime.Seconds())
	if seconds == 0 {
		seconds = -1
	}
	return http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode,
	}
}
