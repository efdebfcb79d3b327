package account

import (
	"time"

	"github.com/google/uuid"
)

// OAuthAccountLinked records that a user signs in by a provider's account, too. Its tokens are kept
// elsewhere, sealed.
type OAuthAccountLinked struct {
	UserID         uuid.UUID  `json:"user_id"`
	AccountID      uuid.UUID  `json:"account_id"`
	Provider       string     `json:"provider"`
	ProviderUserID string     `json:"provider_user_id" personal:"user_id"`
	Email          string     `json:"email,omitempty" personal:"user_id"`
	ExpiresAt      *time.Time `json:"expires_at,omitempty"` // of the access token
	Identity       Identified `json:"identity"`
}

// OAuthTokensRotated records that the provider gave new tokens.
type OAuthTokensRotated struct {
	UserID    uuid.UUID  `json:"user_id"`
	AccountID uuid.UUID  `json:"account_id"`
	Email     string     `json:"email,omitempty" personal:"user_id"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
}

// OAuthAccountUnlinked records that the provider's account is the user's no more.
type OAuthAccountUnlinked struct {
	UserID    uuid.UUID `json:"user_id"`
	AccountID uuid.UUID `json:"account_id"`
}
