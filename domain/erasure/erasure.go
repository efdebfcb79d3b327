// Package erasure decides about givers who ask to be forgotten.
package erasure

import (
	"context"

	"github.com/google/uuid"

	"gifty/domain"
)

// GiverErased records that nobody can read any more what a giver told: the key to it has been destroyed.
// Who had an anonymous identity before has an event for it, too.
type GiverErased struct {
	GiverID uuid.UUID `json:"giver_id"`
}

// Events registers the context's events.
func Events() []domain.EventType {
	return []domain.EventType{domain.Type[GiverErased]("erasure.giver_erased.v1")}
}

// People knows who belongs to a giver.
type People interface {
	// Identities are the ids that the giver goes by: the given one first, then the anonymous ones that they
	// have claimed.
	Identities(ctx context.Context, giver uuid.UUID) ([]uuid.UUID, error)
	// Recipients are all that these givers ever described, deleted ones too.
	Recipients(ctx context.Context, givers []uuid.UUID) ([]uuid.UUID, error)
	// EraseRecipient has a recipient forgotten. Once they are erased, again changes nothing.
	EraseRecipient(ctx context.Context, recipient uuid.UUID) error
	// EraseUser ends a giver's account, if they have one. Once it is ended, again changes nothing.
	EraseUser(ctx context.Context, giver uuid.UUID) error
}

// Commands are what a giver who wants to be forgotten can do.
type Commands struct {
	Log    domain.Log
	People People
}

// EraseGiver has a giver forgotten, with everybody they described.
type EraseGiver struct {
	GiverID uuid.UUID `json:"giver_id"`
}

// Reached is who was forgotten.
type Reached struct {
	GiverID    uuid.UUID `json:"giver_id"`
	Identities int       `json:"identities" doc:"Anonymous ones that were claimed included."`
	Recipients int       `json:"recipients"`
}

// ErrNotFound answers for a giver who is another.
var ErrNotFound = domain.NotFound("giver_not_found", "there is no such giver")

func stream(giver uuid.UUID) string { return "erasure-" + giver.String() }

// EraseGiver destroys the keys to all that a giver told. Recipients and the account come first, each by a
// command of its own: should it break off, the same again goes on.
func (c Commands) EraseGiver(ctx context.Context, cmd EraseGiver) (domain.Outcome[Reached], error) {
	p, err := domain.RequirePrincipal(ctx)
	if err == nil && !p.Owns(cmd.GiverID) {
		err = ErrNotFound
	}
	if err != nil {
		return domain.Outcome[Reached]{}, err
	}
	return domain.Execute(ctx, c.Log, "erase-account", cmd, func(ctx context.Context) (d domain.Decision[Reached], err error) {
		identities, err := c.People.Identities(ctx, cmd.GiverID)
		if err != nil {
			return d, err
		}
		recipients, err := c.People.Recipients(ctx, identities)
		if err != nil {
			return d, err
		}
		for _, r := range recipients {
			if err := c.People.EraseRecipient(domain.WithCommand(ctx, uuid.Nil), r); err != nil {
				return d, err
			}
		}
		if err := c.People.EraseUser(domain.WithCommand(ctx, uuid.Nil), cmd.GiverID); err != nil {
			return d, err
		}
		d = domain.Decision[Reached]{Result: Reached{cmd.GiverID, len(identities), len(recipients)}, Forget: identities}
		for _, id := range identities {
			d.Writes = append(d.Writes, domain.Write{Stream: stream(id), Expect: domain.AnyVersion, Events: []any{GiverErased{GiverID: id}}})
		}
		return d, nil
	})
}
