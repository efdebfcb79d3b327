package account

import (
	"slices"

	"github.com/google/uuid"

	"gifty/domain"
)

// Identity is who a credential stands for.
type Identity struct {
	Giver     uuid.UUID // whose things may be seen and changed; uuid.Nil: nobody's
	Anonymous bool      // the giver has no account
	Service   uuid.UUID // the service token; uuid.Nil: it is none
	Session   uuid.UUID // the session of a person who signed in; uuid.Nil: it is none
	Scopes    []Scope
}

// Roles that operations ask for besides scopes.
const (
	RoleGiver = "giver" // anybody who has things of their own, anonymous or not
	RoleUser  = "user"  // somebody with an account
)

// Has tells whether the identity has a role or a scope.
func (i Identity) Has(role string) bool {
	switch role {
	case RoleGiver:
		return i.Giver != uuid.Nil
	case RoleUser:
		return i.Session != uuid.Nil && i.Giver != uuid.Nil && !i.Anonymous
	}
	return Includes(i.Scopes, Scope(role))
}

// Principal is who acts in an operation that asked for these roles: the giver where it is about their
// own things, else the service.
func (i Identity) Principal(roles []string) domain.Principal {
	ofGivers := len(roles) == 0 || slices.Contains(roles, RoleGiver) || slices.Contains(roles, RoleUser)
	if i.Service != uuid.Nil && (!ofGivers || i.Giver == uuid.Nil) {
		return domain.Principal{Service: i.Service, Role: domain.RoleService}
	}
	return domain.Principal{Giver: i.Giver, Role: domain.RoleGiver}
}

// CookiePrefix begins the secret of a browser's session, which is good as a cookie alone.
const CookiePrefix = "gifty_ses_"

// ErrCredential answers for a token, cookie or password that is nobody's, not yet or no more. Which of
// these is nobody's business.
var ErrCredential = &domain.Error{
	Kind: domain.KindUnauthenticated, Code: "credential_invalid", Message: "this credential is not valid, or not any more; sign in again, or ask for a new token",
}
