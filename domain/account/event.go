package account

import (
	"time"

	"github.com/google/uuid"

	"gifty/domain"
)

// ServiceTokenIssued records that a program may do what the scopes say.
type ServiceTokenIssued struct {
	TokenID   uuid.UUID  `json:"token_id"`
	Name      string     `json:"name"`
	Scopes    []Scope    `json:"scopes"`
	GiverID   *uuid.UUID `json:"giver_id,omitempty"` // whose things it may see and change, if anybody's
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
}

// ServiceTokenRotated records that the token has another secret.
type ServiceTokenRotated struct {
	TokenID  uuid.UUID `json:"token_id"`
	OldUntil time.Time `json:"old_until"` // until when the former secret is taken, too
}

// ServiceTokenRevoked records that it may do nothing any more.
type ServiceTokenRevoked struct {
	TokenID uuid.UUID `json:"token_id"`
}

// Events registers the context's events.
func Events() []domain.EventType {
	return []domain.EventType{
		domain.Type[ServiceTokenIssued]("account.service_token_issued.v1"),
		domain.Type[ServiceTokenRotated]("account.service_token_rotated.v1"),
		domain.Type[ServiceTokenRevoked]("account.service_token_revoked.v1"),
		domain.Type[IdentityClaimed]("account.identity_claimed.v1"),
		domain.Type[IdentityReleased]("account.identity_released.v1"),
		domain.Type[UserRegistered]("account.user_registered.v1"),
		domain.Type[UserRefreshed]("account.user_refreshed.v1"),
		domain.Type[EmailChanged]("account.email_changed.v1"),
		domain.Type[PasswordSet]("account.password_set.v1"),
		domain.Type[ScopesGranted]("account.scopes_granted.v1"),
		domain.Type[ProfileChanged]("account.profile_changed.v1"),
		domain.Type[LoginSessionOpened]("account.login_session_opened.v1"),
		domain.Type[LoginSessionClosed]("account.login_session_closed.v1"),
		domain.Type[OAuthAccountLinked]("account.oauth_account_linked.v1"),
		domain.Type[OAuthTokensRotated]("account.oauth_tokens_rotated.v1"),
		domain.Type[OAuthAccountUnlinked]("account.oauth_account_unlinked.v1"),
		domain.Type[UserErased]("account.user_erased.v1"),
	}
}
