package recipient

import (
	"context"

	"github.com/google/uuid"

	"gifty/domain"
)

// Erased records that nobody can read any more what was told of the recipient, here or elsewhere in the
// log: the key to it has been destroyed.
type Erased struct {
	RecipientID uuid.UUID `json:"recipient_id"`
	GiverID     uuid.UUID `json:"giver_id"`
}

// EraseRecipient has a recipient forgotten.
type EraseRecipient struct {
	RecipientID uuid.UUID `json:"recipient_id"`
}

// Erase destroys the key to all that was told of a recipient, who may be deleted already. Once they are
// erased, again changes nothing.
func (c Commands) Erase(ctx context.Context, cmd EraseRecipient) (domain.Outcome[Reached], error) {
	return domain.Execute(ctx, c.Log, "erase-recipient", cmd, func(ctx context.Context) (d domain.Decision[Reached], err error) {
		p, err := domain.RequirePrincipal(ctx)
		if err != nil {
			return d, err
		}
		r := &Recipient{}
		if err := domain.LoadOne(ctx, c.Log, Stream(cmd.RecipientID), r); err != nil {
			return d, err
		}
		if !r.Exists() || !p.Owns(r.Giver) {
			return d, ErrNotFound
		}
		r.Erase()
		d = decide(r, Stream(r.ID))
		d.Forget = []uuid.UUID{r.ID}
		return d, nil
	})
}

// Erase takes the recipient away for good. Deleting once more takes along what came in since they were
// deleted.
func (r *Recipient) Erase() {
	if !r.Erased {
		domain.Record(r, Deleted{RecipientID: r.ID}, Erased{RecipientID: r.ID, GiverID: r.Giver})
	}
}
