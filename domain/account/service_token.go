package account

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"gifty/domain"
)

// ServiceToken is a program's permission.
type ServiceToken struct {
	domain.Root
	ID        uuid.UUID
	Name      string
	Scopes    []Scope
	Giver     uuid.UUID // whose things it may see and change; uuid.Nil: nobody's
	ExpiresAt time.Time // zero: never
	Revoked   bool
}

// Apply folds one event of the stream.
func (t *ServiceToken) Apply(event any) {
	switch e := event.(type) {
	case ServiceTokenIssued:
		t.ID, t.Name, t.Scopes = e.TokenID, e.Name, e.Scopes
		if e.GiverID != nil {
			t.Giver = *e.GiverID
		}
		if e.ExpiresAt != nil {
			t.ExpiresAt = *e.ExpiresAt
		}
	case ServiceTokenRevoked:
		t.Revoked = true
	}
}

func serviceTokenStream(id uuid.UUID) string { return "service_token-" + id.String() }

// ServiceTokens keeps the secrets of service tokens, as hashes, and what each may do.
type ServiceTokens interface {
	// Add makes the secret of a new token. A name that a valid token has is a conflict.
	Add(ctx context.Context, t *ServiceToken) (secret string, err error)
	// Rotate makes another secret; the former one is taken until then.
	Rotate(ctx context.Context, id uuid.UUID, oldUntil time.Time) (secret string, err error)
	// Revoke makes both worthless.
	Revoke(ctx context.Context, id uuid.UUID) error
}

// IssueServiceToken asks for a token.
type IssueServiceToken struct {
	Name   string
	Scopes []Scope
	Giver  uuid.UUID     // uuid.Nil: of nobody
	Valid  time.Duration // zero: until it is revoked
}

// IssuedToken is a token and its secret, which nobody can be told a second time.
type IssuedToken struct {
	TokenID uuid.UUID
	Secret  string
}

const maxTokenName = 100 // characters

// IssueServiceToken records the token and makes its secret. Who may issue has been decided before.
func (c Commands) IssueServiceToken(ctx context.Context, cmd IssueServiceToken) (IssuedToken, error) {
	name := strings.TrimSpace(cmd.Name)
	scopes, err := checkScopes(cmd.Scopes)
	switch {
	case err != nil:
		return IssuedToken{}, err
	case name == "" || utf8.RuneCountInString(name) > maxTokenName:
		return IssuedToken{}, domain.Invalid("token_name_invalid", "give the token a name of at most %d characters", maxTokenName)
	case len(scopes) == 0 && cmd.Giver == uuid.Nil:
		return IssuedToken{}, domain.Invalid("token_useless", "say by scopes what the token may do")
	case cmd.Valid < 0:
		return IssuedToken{}, domain.Invalid("token_expired", "a token can't expire before it begins")
	}
	issued := ServiceTokenIssued{TokenID: c.Env.NewID(), Name: name, Scopes: scopes}
	if cmd.Giver != uuid.Nil {
		issued.GiverID = &cmd.Giver
	}
	if cmd.Valid > 0 {
		issued.ExpiresAt = new(c.Env.Now().Add(cmd.Valid))
	}
	t := &ServiceToken{}
	domain.Record(t, issued)
	// The secret first: a power that the log does not tell of is worthless to whoever was never told it.
	secret, err := c.ServiceTokens.Add(ctx, t)
	if err != nil {
		return IssuedToken{}, err
	}
	write := domain.Write{Stream: serviceTokenStream(t.ID), Expect: domain.NoStream, Events: t.Pending()}
	if err := c.append(ctx, write); err != nil {
		return IssuedToken{}, err
	}
	return IssuedToken{t.ID, secret}, nil
}

// RotateServiceToken makes another secret; the former one is good for grace longer.
func (c Commands) RotateServiceToken(ctx context.Context, id uuid.UUID, grace time.Duration) (IssuedToken, error) {
	t, err := c.serviceToken(ctx, id)
	if err != nil {
		return IssuedToken{}, err
	}
	until := c.Env.Now().Add(max(grace, 0))
	domain.Record(t, ServiceTokenRotated{TokenID: id, OldUntil: until})
	if err := c.append(ctx, t.Write()); err != nil {
		return IssuedToken{}, err
	}
	secret, err := c.ServiceTokens.Rotate(ctx, id, until)
	return IssuedToken{id, secret}, err
}

// RevokeServiceToken makes a token worthless. Once more changes nothing.
func (c Commands) RevokeServiceToken(ctx context.Context, id uuid.UUID) error {
	t, err := c.serviceToken(ctx, id)
	if err != nil {
		return err
	}
	if err := c.ServiceTokens.Revoke(ctx, id); err != nil { // first: better worthless and untold than told and of use
		return err
	}
	domain.Record(t, ServiceTokenRevoked{TokenID: id})
	return c.append(ctx, t.Write())
}

// ErrTokenNotFound answers for a token that does not exist, or not any more.
var ErrTokenNotFound = domain.NotFound("token_not_found", "there is no such token; gifty token list shows those there are")

func (c Commands) serviceToken(ctx context.Context, id uuid.UUID) (*ServiceToken, error) {
	t := &ServiceToken{}
	if err := domain.LoadOne(ctx, c.Log, serviceTokenStream(id), t); err != nil {
		return nil, err
	}
	if !t.Exists() || t.Revoked {
		return nil, ErrTokenNotFound
	}
	return t, nil
}
