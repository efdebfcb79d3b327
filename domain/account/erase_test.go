package account_test

import (
	"errors"
	"testing"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/domain/domaintest"
	"gifty/eventstore"
)

// What stood for a user who is gone is anybody's again.
func TestAnErasedUserKeepsNothing(t *testing.T) {
	t.Parallel()
	types, err := eventstore.NewTypes(account.Events()...)
	if err != nil {
		t.Fatal(err)
	}
	log := eventstore.NewMemory(types, eventstore.Options{})
	c := account.Commands{Log: log, Env: domaintest.Environment(), Index: func(s string) string { return s }}
	id := domaintest.ID(1)
	name, google := account.Identified{Kind: account.ByUsername, Hash: "name"}, account.Identified{Kind: account.ByProvider, Hash: "google"}
	for stream, events := range map[string][]any{
		"user-" + id.String(): {
			account.UserRegistered{UserID: id, Identities: []account.Identified{name}},
			account.OAuthAccountLinked{UserID: id, AccountID: domaintest.ID(2), Identity: google},
		},
		"identity-name":   {account.IdentityClaimed{Kind: name.Kind, UserID: id}},
		"identity-google": {account.IdentityClaimed{Kind: google.Kind, UserID: domaintest.ID(3)}}, // another's since
	} {
		if _, err := log.Append(t.Context(), domain.Append{Writes: []domain.Write{{Stream: stream, Expect: domain.NoStream, Events: events}}}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the second time nothing changes
		if err := c.EraseUser(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	streams, err := log.Streams(t.Context(), "user-"+id.String(), "identity-name", "identity-google")
	if err != nil || len(streams["user-"+id.String()]) != 3 || len(streams["identity-name"]) != 2 || len(streams["identity-google"]) != 1 ||
		streams["identity-name"][1].Event != (account.IdentityReleased{UserID: id}) {
		t.Errorf("%v %v", streams, err)
	}
	if _, err := c.User(t.Context(), id); !errors.Is(err, account.ErrUserNotFound) {
		t.Error(err)
	}
	if err := c.EraseUser(t.Context(), domaintest.ID(9)); err != nil {
		t.Errorf("who has no account: %v", err)
	}
}
