package recipient_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/domaintest"
	"gifty/domain/recipient"
	"gifty/eventstore"
)

func newCommands(t *testing.T) (recipient.Commands, context.Context) {
	t.Helper()
	types, err := eventstore.NewTypes(recipient.Events()...)
	if err != nil {
		t.Fatal(err)
	}
	c := recipient.Commands{Log: eventstore.NewMemory(types, eventstore.Options{}), Env: domaintest.Environment()}
	return c, domain.WithPrincipal(t.Context(), domain.LocalGiver)
}

func rename(id uuid.UUID, name string) recipient.UpdateRecipient {
	return recipient.UpdateRecipient{RecipientID: id, Change: recipient.Change{
		Fields: map[string]any{"name": name},
		Apply:  func(p recipient.Profile) recipient.Profile { p.Name = name; return p },
	}}
}

// reached fails the test unless the command went well and the recipient is at this version.
func reached(t *testing.T, out domain.Outcome[recipient.Reached], err error, version int, position domain.Position) uuid.UUID {
	t.Helper()
	if err != nil || out.Result.Version != version || out.Position != position {
		t.Fatalf("%+v, %v; want version %d at position %d", out, err, version, position)
	}
	return out.Result.RecipientID
}

func TestLifeOfARecipient(t *testing.T) {
	t.Parallel()
	c, ctx := newCommands(t)
	out, err := c.Create(ctx, recipient.CreateRecipient{Profile: ann()})
	id := reached(t, out, err, 1, 1)
	out, err = c.Update(ctx, rename(id, "Anna"))
	reached(t, out, err, 2, 2)
	out, err = c.Update(ctx, rename(id, "Anna"))
	reached(t, out, err, 2, 2) // nothing new
	out, err = c.Update(domain.WithIfMatch(ctx, 2), rename(id, "Annette"))
	reached(t, out, err, 3, 3)
	if _, err := c.Update(domain.WithIfMatch(ctx, 2), rename(id, "Annette")); !errors.Is(err, domain.ErrVersion) {
		t.Errorf("a stale version: %v", err)
	}
	if _, err := c.Delete(domain.WithIfMatch(ctx, 4), recipient.DeleteRecipient{RecipientID: id}); !errors.Is(err, domain.ErrVersion) {
		t.Errorf("a version to come: %v", err)
	}
	r, err := recipient.Load(ctx, c.Log, id)
	if err != nil || r.Profile.Name != "Annette" || r.Version() != 3 {
		t.Errorf("loaded %+v, %v", r, err)
	}
	out, err = c.Delete(domain.WithIfMatch(ctx, 3), recipient.DeleteRecipient{RecipientID: id})
	reached(t, out, err, 4, 4)
	if _, err := c.Delete(ctx, recipient.DeleteRecipient{RecipientID: id}); !errors.Is(err, recipient.ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
	if _, err := c.Update(ctx, rename(id, "Ann")); !errors.Is(err, recipient.ErrNotFound) {
		t.Errorf("changed after deletion: %v", err)
	}
}

func TestRecipientsAreTheirGivers(t *testing.T) {
	t.Parallel()
	c, ctx := newCommands(t)
	out, err := c.Create(ctx, recipient.CreateRecipient{Profile: ann()})
	id := reached(t, out, err, 1, 1)
	other := domain.WithPrincipal(ctx, domain.Principal{Giver: uuid.New(), Role: domain.RoleGiver})
	for name, do := range map[string]func(context.Context) error{
		"load":   func(ctx context.Context) error { _, err := recipient.Load(ctx, c.Log, id); return err },
		"update": func(ctx context.Context) error { _, err := c.Update(ctx, rename(id, "Mine")); return err },
		"delete": func(ctx context.Context) error {
			_, err := c.Delete(ctx, recipient.DeleteRecipient{RecipientID: id})
			return err
		},
	} {
		if err := do(other); !errors.Is(err, recipient.ErrNotFound) {
			t.Errorf("%s by another: %v", name, err)
		}
		domaintest.Refused(t, do(t.Context()), "unauthenticated")
	}
	_, err = c.Create(t.Context(), recipient.CreateRecipient{Profile: ann()})
	domaintest.Refused(t, err, "unauthenticated")
}

func TestCreatingIsIdempotent(t *testing.T) {
	t.Parallel()
	c, ctx := newCommands(t)
	ctx = domain.WithCommand(ctx, domaintest.ID(7))
	first, err := c.Create(ctx, recipient.CreateRecipient{Profile: ann()})
	id := reached(t, first, err, 1, 1)
	again, err := c.Create(ctx, recipient.CreateRecipient{Profile: ann()})
	if reached(t, again, err, 1, 1) != id || !again.Repeated {
		t.Errorf("first %+v, again %+v", first, again)
	}
	other := ann()
	other.Name = "Bob"
	if _, err := c.Create(ctx, recipient.CreateRecipient{Profile: other}); !errors.Is(err, domain.ErrCommandReused) {
		t.Errorf("the same id for somebody else: %v", err)
	}
}
