package erasure_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/domaintest"
	"gifty/domain/erasure"
	"gifty/eventstore"
)

// crowd is who belongs to whom, and notes who was erased.
type crowd struct {
	erased []string
	fails  int // before the so-manieth
}

func (c *crowd) Identities(_ context.Context, giver uuid.UUID) ([]uuid.UUID, error) {
	return []uuid.UUID{giver, domaintest.ID(2)}, nil
}

func (c *crowd) Recipients(_ context.Context, givers []uuid.UUID) ([]uuid.UUID, error) {
	return []uuid.UUID{domaintest.ID(10), domaintest.ID(11)}, nil
}

func (c *crowd) note(what string, id uuid.UUID) error {
	if c.fails--; c.fails == 0 {
		return errors.New("broken off")
	}
	c.erased = append(c.erased, fmt.Sprint(what, " ", id))
	return nil
}

func (c *crowd) EraseRecipient(_ context.Context, id uuid.UUID) error { return c.note("recipient", id) }
func (c *crowd) EraseUser(_ context.Context, id uuid.UUID) error      { return c.note("user", id) }

func TestAGiverGoesWithEverybodyTheyDescribed(t *testing.T) {
	t.Parallel()
	types, err := eventstore.NewTypes(erasure.Events()...)
	if err != nil {
		t.Fatal(err)
	}
	people := &crowd{fails: 3}
	giver := domaintest.ID(1)
	c := erasure.Commands{Log: eventstore.NewMemory(types, eventstore.Options{}), People: people}
	another := domain.WithPrincipal(t.Context(), domain.Principal{Giver: domaintest.ID(5), Role: domain.RoleGiver})
	if _, err := c.EraseGiver(another, erasure.EraseGiver{GiverID: giver}); !errors.Is(err, erasure.ErrNotFound) {
		t.Error(err)
	}
	ctx := domain.WithPrincipal(t.Context(), domain.Principal{Giver: giver, Role: domain.RoleGiver})
	if _, err := c.EraseGiver(ctx, erasure.EraseGiver{GiverID: giver}); err == nil {
		t.Error("it was not broken off")
	}
	out, err := c.EraseGiver(ctx, erasure.EraseGiver{GiverID: giver}) // goes on
	if err != nil || out.Result != (erasure.Reached{GiverID: giver, Identities: 2, Recipients: 2}) {
		t.Errorf("%+v %v", out, err)
	}
	want := []string{
		fmt.Sprint("recipient ", domaintest.ID(10)), fmt.Sprint("recipient ", domaintest.ID(11)), fmt.Sprint("user ", giver),
	}
	if !slices.Equal(people.erased[len(people.erased)-3:], want) {
		t.Errorf("%q", people.erased)
	}
	streams, err := c.Log.Streams(t.Context(), "erasure-"+giver.String(), "erasure-"+domaintest.ID(2).String())
	if err != nil || len(streams) != 2 {
		t.Errorf("%v %v", streams, err)
	}
}
