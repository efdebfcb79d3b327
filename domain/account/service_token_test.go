package account_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/domain/domaintest"
	"gifty/eventstore"
)

// safe keeps secrets in memory: the number of secrets made until then.
type safe struct {
	secrets int
	fails   error
}

func (s *safe) secret() (string, error) {
	s.secrets++
	return fmt.Sprint("secret ", s.secrets), s.fails
}

func (s *safe) Add(context.Context, *account.ServiceToken) (string, error) { return s.secret() }
func (s *safe) Rotate(context.Context, uuid.UUID, time.Time) (string, error) {
	return s.secret()
}
func (s *safe) Revoke(context.Context, uuid.UUID) error { return s.fails }

func TestServiceTokens(t *testing.T) {
	t.Parallel()
	types, err := eventstore.NewTypes(account.Events()...)
	if err != nil {
		t.Fatal(err)
	}
	log, tokens := eventstore.NewMemory(types, eventstore.Options{}), &safe{}
	c := account.Commands{Log: log, Env: domaintest.Environment(), ServiceTokens: tokens}
	ctx := domain.WithPrincipal(t.Context(), domain.System)
	made, err := c.IssueServiceToken(ctx, account.IssueServiceToken{
		Name: " crawler ", Scopes: []account.Scope{account.WorkerCompute, account.CrawlerIngest, account.CrawlerIngest}, Valid: time.Hour,
	})
	if err != nil || made.Secret != "secret 1" {
		t.Fatal(made, err)
	}
	again, err := c.RotateServiceToken(ctx, made.TokenID, time.Minute)
	if err != nil || again.Secret != "secret 2" || again.TokenID != made.TokenID {
		t.Error(again, err)
	}
	if err := c.RevokeServiceToken(ctx, made.TokenID); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"revoked twice":   c.RevokeServiceToken(ctx, made.TokenID),
		"revoked unknown": c.RevokeServiceToken(ctx, domaintest.ID(99)),
	} {
		if !errors.Is(err, account.ErrTokenNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var facts []any
	for e, err := range log.Read(ctx, eventstore.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if text := fmt.Sprintf("%+v", e); strings.Contains(text, "secret") {
			t.Errorf("the log knows a secret: %s", text)
		}
		facts = append(facts, e.Event)
	}
	until := domaintest.Day.Add(time.Hour)
	domaintest.Then(t, pending(facts), nil,
		account.ServiceTokenIssued{TokenID: made.TokenID, Name: "crawler", Scopes: []account.Scope{account.CrawlerIngest, account.WorkerCompute}, ExpiresAt: &until},
		account.ServiceTokenRotated{TokenID: made.TokenID, OldUntil: domaintest.Day.Add(time.Minute)},
		account.ServiceTokenRevoked{TokenID: made.TokenID},
	)
}

type pending []any

func (p pending) Pending() []any { return p }

func TestTokensThatAreRefused(t *testing.T) {
	t.Parallel()
	tokens := &safe{}
	c := account.Commands{Env: domaintest.Environment(), ServiceTokens: tokens}
	scopes := []account.Scope{account.AnalystRead}
	for code, cmd := range map[string]account.IssueServiceToken{
		"scope_unknown":      {Name: "x", Scopes: []account.Scope{"root"}},
		"token_name_invalid": {Name: " ", Scopes: scopes},
		"token_useless":      {Name: "x"},
		"token_expired":      {Name: "x", Scopes: scopes, Valid: -1},
	} {
		_, err := c.IssueServiceToken(t.Context(), cmd)
		domaintest.Refused(t, err, code)
	}
	tokens.fails = errors.New("the database is away")
	if _, err := c.IssueServiceToken(t.Context(), account.IssueServiceToken{Name: "x", Scopes: scopes}); !errors.Is(err, tokens.fails) {
		t.Error("without a secret kept the log must not tell of a token:", err)
	}
}

func TestAdminIncludesAll(t *testing.T) {
	t.Parallel()
	for _, s := range account.Scopes() {
		if !account.Includes([]account.Scope{account.Admin}, s) || s != account.AnalystRead && account.Includes([]account.Scope{account.AnalystRead}, s) {
			t.Error(s)
		}
	}
}
