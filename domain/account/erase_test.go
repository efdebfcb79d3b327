package account_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/domain/domaintest"
	"gifty/eventstore"
)

// forgotten notes which counters were dropped.
type forgotten struct {
	account.Attempts
	keys []string
}

func (f *forgotten) Clear(_ context.Context, key account.AttemptKey) error {
	f.keys = append(f.keys, key.Hash)
	return nil
}

// What stood for a user who is gone is anybody's again.
func TestAnErasedUserKeepsNothing(t *testing.T) {
	t.Parallel()
	types, err := eventstore.NewTypes(account.Events()...)
	if err != nil {
		t.Fatal(err)
	}
	log := eventstore.NewMemory(types, eventstore.Options{})
	attempts := &forgotten{}
	c := account.Commands{Log: log, Attempts: attempts, Env: domaintest.Environment(), Index: func(s string) string { return s }}
	id := domaintest.ID(1)
	name, google := account.Identified{Kind: account.ByUsername, Hash: "name"}, account.Identified{Kind: account.ByProvider, Hash: "google"}
	for stream, events := range map[string][]any{
		"user-" + id.String(): {
			account.UserRegistered{UserID: id, Username: "ann", Email: "ann@example.org", Identities: []account.Identified{name}},
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
	for _, of := range []string{"attempts by account\x00ann", "attempts by account\x00ann@example.org", "attempts by account\x00" + id.String(), "mails to\x00ann@example.org"} {
		if !slices.Contains(attempts.keys, of) {
			t.Errorf("%q is counted still", of)
		}
	}
	if _, err := c.User(t.Context(), id); !errors.Is(err, account.ErrUserNotFound) {
		t.Error(err)
	}
	if err := c.EraseUser(t.Context(), domaintest.ID(9)); err != nil {
		t.Errorf("who has no account: %v", err)
	}
}
