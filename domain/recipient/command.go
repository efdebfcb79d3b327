package recipient

import (
	"context"

	"github.com/google/uuid"

	"gifty/domain"
)

// Commands are what a giver can do with recipients.
type Commands struct {
	Log domain.Log
	Env domain.Environment
}

// Reached is a command's answer: the recipient and the version of its stream afterwards.
type Reached struct {
	RecipientID uuid.UUID `json:"recipient_id"`
	Version     int       `json:"version"`
}

// CreateRecipient describes somebody new.
type CreateRecipient struct {
	Profile
}

// Create begins a recipient of the acting giver.
func (c Commands) Create(ctx context.Context, cmd CreateRecipient) (domain.Outcome[Reached], error) {
	return domain.Execute(ctx, c.Log, "create-recipient", cmd, func(ctx context.Context) (d domain.Decision[Reached], err error) {
		p, err := domain.RequirePrincipal(ctx)
		if err != nil {
			return d, err
		}
		id := c.Env.NewID()
		r := &Recipient{}
		if err := r.Create(id, p.Giver, cmd.Profile, c.Env.Now()); err != nil {
			return d, err
		}
		return decide(r, Stream(id)), nil
	})
}

// UpdateRecipient changes what is told; a nil field stays as it is.
type UpdateRecipient struct {
	RecipientID uuid.UUID `json:"recipient_id"`
	Change      Change    `json:"change"`
}

// Change edits a profile: it gets the present one and returns the new one.
type Change struct {
	Fields map[string]any        `json:"fields"` // for telling a retry from a reused command id
	Apply  func(Profile) Profile `json:"-"`
}

// Update changes a recipient. When the client named a version (domain.WithIfMatch) and the
// recipient has another by now, the error is domain.ErrVersion.
func (c Commands) Update(ctx context.Context, cmd UpdateRecipient) (domain.Outcome[Reached], error) {
	return c.edit(ctx, "update-recipient", cmd, cmd.RecipientID, func(r *Recipient) error {
		return r.Change(cmd.Change.Apply(r.Profile), c.Env.Now())
	})
}

// DeleteRecipient takes a recipient away.
type DeleteRecipient struct {
	RecipientID uuid.UUID `json:"recipient_id"`
}

// Delete takes a recipient away, with all that hangs on them in the read tables.
func (c Commands) Delete(ctx context.Context, cmd DeleteRecipient) (domain.Outcome[Reached], error) {
	return c.edit(ctx, "delete-recipient", cmd, cmd.RecipientID, func(r *Recipient) error {
		r.Delete()
		return nil
	})
}

// ClaimRecipient makes a recipient the acting giver's who was described anonymously. Whoever issues it
// has made sure that the giver was From.
type ClaimRecipient struct {
	RecipientID uuid.UUID `json:"recipient_id"`
	From        uuid.UUID `json:"from"`
}

// Claim records it.
func (c Commands) Claim(ctx context.Context, cmd ClaimRecipient) (domain.Outcome[Reached], error) {
	return domain.Execute(ctx, c.Log, "claim-recipient", cmd, func(ctx context.Context) (d domain.Decision[Reached], err error) {
		p, err := domain.RequirePrincipal(ctx)
		if err != nil {
			return d, err
		}
		r := &Recipient{}
		if err := domain.LoadOne(ctx, c.Log, Stream(cmd.RecipientID), r); err != nil {
			return d, err
		}
		if err := r.Claim(cmd.From, p.Giver); err != nil {
			return d, err
		}
		return decide(r, Stream(cmd.RecipientID)), nil
	})
}

func (c Commands) edit(ctx context.Context, operation string, cmd any, id uuid.UUID, change func(*Recipient) error) (domain.Outcome[Reached], error) {
	return domain.Execute(ctx, c.Log, operation, cmd, func(ctx context.Context) (d domain.Decision[Reached], err error) {
		r, err := Load(ctx, c.Log, id)
		if err != nil {
			return d, err
		}
		if want, named := domain.IfMatchFrom(ctx); named && want != r.Version() {
			return d, domain.ErrVersion
		}
		if err := change(r); err != nil {
			return d, err
		}
		return decide(r, Stream(id)), nil
	})
}

// Load returns the acting giver's recipient, or ErrNotFound.
func Load(ctx context.Context, log domain.Log, id uuid.UUID) (*Recipient, error) {
	p, err := domain.RequirePrincipal(ctx)
	if err != nil {
		return nil, err
	}
	r := &Recipient{}
	if err := domain.LoadOne(ctx, log, Stream(id), r); err != nil {
		return nil, err
	}
	return r, r.For(p)
}

func decide(r *Recipient, stream string) domain.Decision[Reached] {
	w := r.Write()
	w.Stream = stream
	return domain.Decision[Reached]{
		Result: Reached{RecipientID: r.ID, Version: r.Version() + len(w.Events)},
		Writes: []domain.Write{w},
	}
}
