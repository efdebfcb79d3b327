package account

import (
	"context"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/domain/erasure"
	"gifty/projections"
)

// OAuthAccount is a provider's account by which a user signs in. Its tokens are kept apart, sealed.
type OAuthAccount struct {
	ID              uuid.UUID  `json:"id" db:"pk"`
	UserID          uuid.UUID  `json:"user_id"`
	Provider        string     `json:"provider" example:"google"`
	ProviderUserID  string     `json:"provider_user_id" personal:"user_id"`
	EmailAtProvider *string    `json:"email_at_provider" personal:"user_id"`
	ExpiresAt       *time.Time `json:"expires_at" doc:"of the provider's access token"`
	projections.Stamps
}

// OAuthAccounts is every account of a provider that is linked.
var OAuthAccounts = projections.Table[OAuthAccount]{
	Name: "oauth_accounts", Version: 2,
	Doc: "A provider's account by which a user signs in.",
	Fold: projections.Fold(
		projections.On(
			func(e account.OAuthAccountLinked, _ domain.Meta) OAuthAccount { return OAuthAccount{ID: e.AccountID} },
			func(a *OAuthAccount, e account.OAuthAccountLinked, _ domain.Meta) {
				a.UserID, a.Provider, a.ProviderUserID = e.UserID, e.Provider, e.ProviderUserID
				a.EmailAtProvider, a.ExpiresAt = orNull(e.Email), e.ExpiresAt
			}),
		projections.Change(
			func(e account.OAuthTokensRotated, _ domain.Meta) OAuthAccount { return OAuthAccount{ID: e.AccountID} },
			func(a *OAuthAccount, e account.OAuthTokensRotated, _ domain.Meta) {
				a.EmailAtProvider, a.ExpiresAt = orNull(e.Email), e.ExpiresAt
			}),
		projections.Remove(
			func(e account.OAuthAccountUnlinked, _ domain.Meta) OAuthAccount { return OAuthAccount{ID: e.AccountID} }),
		projections.RemoveEach[OAuthAccount]("user_id", func(e erasure.GiverErased, _ domain.Meta) uuid.UUID { return e.GiverID }),
	),
	Indexes: []string{`CREATE INDEX ON {table} (user_id, created_at)`},
}

// ListOAuthAccounts reads a user's, the first linked first.
func ListOAuthAccounts(ctx context.Context, db projections.Querier, user uuid.UUID) ([]OAuthAccount, error) {
	page, err := projections.SelectPage[OAuthAccount](ctx, db, projections.List{
		SQL: `SELECT * FROM oauth_accounts WHERE user_id = $1`, Args: []any{user}, By: []string{"created_at", "id"},
	}, projections.PageRequest{Limit: projections.MaxLimit})
	return page.Items, err
}
