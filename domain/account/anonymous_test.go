package account_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"gifty/domain/account"
	"gifty/domain/domaintest"
)

var signer = account.Signer{Key: []byte("thirty-two bytes that are a test")}

func TestAnonymousIdentitiesAreProved(t *testing.T) {
	t.Parallel()
	giver := domaintest.ID(7)
	token := signer.Sign(giver, domaintest.Day)
	got, err := signer.Verify(token, domaintest.Day.Add(time.Hour))
	if err != nil || got.Giver != giver || !got.Anonymous || !got.Has(account.RoleGiver) || got.Has(account.RoleUser) || got.Has("admin") {
		t.Errorf("%+v %v", got, err)
	}
	for name, c := range map[string]struct {
		by    account.Signer
		token string
		at    time.Time
	}{
		"too old":            {signer, token, domaintest.Day.Add(account.AnonymousLifetime + time.Hour)},
		"of the future":      {signer, token, domaintest.Day.Add(-time.Hour)},
		"of another key":     {account.Signer{Key: []byte("another")}, token, domaintest.Day},
		"without any key":    {account.Signer{}, account.Signer{}.Sign(giver, domaintest.Day), domaintest.Day},
		"cut":                {signer, token[:len(token)-1], domaintest.Day},
		"longer":             {signer, token + "A", domaintest.Day},
		"with another giver": {signer, signer.Sign(domaintest.ID(8), domaintest.Day)[:43] + token[43:], domaintest.Day},
		"empty":              {signer, "", domaintest.Day},
	} {
		if got, err := c.by.Verify(c.token, c.at); !errors.Is(err, account.ErrCredential) || got.Giver != uuid.Nil {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
}

// Nothing that somebody makes up passes, nor brings the server down; what passes is what was signed.
func FuzzAnonymousTokens(f *testing.F) {
	f.Add(signer.Sign(domaintest.ID(1), domaintest.Day))
	f.Add("gifty_anon_")
	f.Add("gifty_anon_AAAA")
	f.Fuzz(func(t *testing.T, token string) {
		got, err := signer.Verify(token, domaintest.Day)
		if err == nil && signer.Sign(got.Giver, domaintest.Day) != token {
			t.Errorf("%q passes for %v", token, got.Giver)
		}
	})
}
