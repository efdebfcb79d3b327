package account

import (
	"time"

	"github.com/google/uuid"
)

// IdentityClaimed records that a name, an address or a provider's account is a user's. Its stream is
// named after a keyed hash of it, so that nobody else can have the same, and nobody can read it there.
type IdentityClaimed struct {
	Kind   IdentityKind `json:"kind"`
	UserID uuid.UUID    `json:"user_id"`
}

// IdentityReleased records that anybody may have it.
type IdentityReleased struct {
	UserID uuid.UUID `json:"user_id"`
}

// IdentityKind is what kind of thing stands for a user.
type IdentityKind string

// The kinds.
const (
	ByUsername IdentityKind = "username"
	ByEmail    IdentityKind = "email"
	ByProvider IdentityKind = "provider" // an account with one of those who sign people in for us
)

// UserRegistered records that somebody has an account.
type UserRegistered struct {
	UserID     uuid.UUID    `json:"user_id"`
	Username   string       `json:"username,omitempty" personal:"user_id"`
	Email      string       `json:"email,omitempty" personal:"user_id"`
	IsVerified bool         `json:"is_verified"` // the address is theirs
	Name       string       `json:"name,omitempty" personal:"user_id"`
	AvatarURL  string       `json:"avatar_url,omitempty" personal:"user_id"`
	Identities []Identified `json:"identities"` // the name's and the address's, for when they are given up
}

// Identified is an identity's kind with its keyed hash.
type Identified struct {
	Kind IdentityKind `json:"kind"`
	Hash string       `json:"hash"`
}

// UserRefreshed records what a provider told of a user lately; what is empty stays as it is.
type UserRefreshed struct {
	UserID    uuid.UUID `json:"user_id"`
	Email     string    `json:"email,omitempty" personal:"user_id"`
	Name      string    `json:"name,omitempty" personal:"user_id"`
	AvatarURL string    `json:"avatar_url,omitempty" personal:"user_id"`
}

// EmailChanged records that a user has another address, which they have proved to be theirs.
type EmailChanged struct {
	UserID   uuid.UUID  `json:"user_id"`
	Email    string     `json:"email" personal:"user_id"`
	Identity Identified `json:"identity"`
}

// PasswordSet records that the user's password is a new one.
type PasswordSet struct {
	UserID uuid.UUID      `json:"user_id"`
	Reason PasswordReason `json:"reason"`
}

// PasswordReason is why a password is new.
type PasswordReason string

// The reasons.
const (
	PasswordRegistered PasswordReason = "registered"
	PasswordChanged    PasswordReason = "changed" // by who knew the former one
	PasswordReset      PasswordReason = "reset"   // by who reads the address's mail
)

// ScopesGranted records what a user may do besides being a giver, in place of what was before.
type ScopesGranted struct {
	UserID uuid.UUID `json:"user_id"`
	Scopes []Scope   `json:"scopes"`
}

// ProfileChanged records what a user tells of themselves.
type ProfileChanged struct {
	UserID uuid.UUID `json:"user_id"`
	Profile
}

// LoginSessionOpened records that a user signed in.
type LoginSessionOpened struct {
	UserID    uuid.UUID   `json:"user_id"`
	SessionID uuid.UUID   `json:"session_id"`
	Kind      SessionKind `json:"kind"`
	By        string      `json:"by"` // password, or the provider's name
	Device    string      `json:"device,omitempty" personal:"user_id"`
	ExpiresAt time.Time   `json:"expires_at"`
}

// LoginSessionClosed records that a session is over before its time.
type LoginSessionClosed struct {
	UserID    uuid.UUID   `json:"user_id"`
	SessionID uuid.UUID   `json:"session_id"`
	Reason    CloseReason `json:"reason"`
}

// CloseReason is why a session is over.
type CloseReason string

// The reasons.
const (
	SignedOut     CloseReason = "signed_out"
	Revoked       CloseReason = "revoked" // from another session, or by the staff
	NewPassword   CloseReason = "new_password"
	TokenReused   CloseReason = "token_reused"    // somebody has a copy of a refresh token
	SignedInAgain CloseReason = "signed_in_again" // the same browser has another session now
)

// SessionKind is how a session proves to be one.
type SessionKind string

// The kinds.
const (
	BrowserSession SessionKind = "browser" // by a cookie
	ClientSession  SessionKind = "client"  // by short access tokens and a refresh token
)
