package all_test

import (
	"context"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/domain/recipient"
)

// account lets something happen to somebody with an account, whom it makes at first.
func (g *giving) account(ctx context.Context, t *rapid.T) error {
	id := uuid.NewSHA1(uuid.Nil, []byte(rapid.SampledFrom([]string{"ann", "bob"}).Draw(t, "user")))
	stream := "user-" + id.String()
	there, err := g.Store.Streams(ctx, stream)
	if err != nil {
		return err
	}
	fact := any(account.UserRegistered{UserID: id, Username: "ann", Email: "ann@example.org", IsVerified: true, Identities: []account.Identified{}})
	if len(there[stream]) > 0 {
		linked := uuid.NewSHA1(id, nil)
		fact = rapid.SampledFrom([]any{
			account.UserRefreshed{UserID: id, Name: "Ann"},
			account.EmailChanged{UserID: id, Email: "ann@example.com"},
			account.ScopesGranted{UserID: id, Scopes: []account.Scope{account.AnalystRead}},
			account.ProfileChanged{UserID: id, Profile: account.Profile{Name: "Ann", Gender: account.GenderUndefined, Interests: []string{"tea"}, Contacts: []byte(`{"a":1}`)}},
			account.OAuthAccountLinked{UserID: id, AccountID: linked, Provider: "google", ProviderUserID: "1"},
			account.OAuthTokensRotated{UserID: id, AccountID: linked, Email: "ann@example.org"},
			account.OAuthAccountUnlinked{UserID: id, AccountID: linked},
		}).Draw(t, "fact")
	}
	_, err = g.Store.Append(ctx, domain.Append{Writes: []domain.Write{{Stream: stream, Expect: len(there[stream]), Events: []any{fact}}}})
	return err
}

// claim makes a recipient that of another giver.
func (g *giving) claim(ctx context.Context, t *rapid.T) error {
	_, err := g.Recipients.Claim(ctx, recipient.ClaimRecipient{RecipientID: late(t, g.recipients), From: g.Giver})
	return err
}
