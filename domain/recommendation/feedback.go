package recommendation

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"gifty/domain"
)

// Reached is the answer to feedback: the recommendation and the version of its stream afterwards.
type Reached struct {
	RecommendationID uuid.UUID `json:"recommendation_id"`
	Version          int       `json:"version"`
}

// MarkShown says which gifts of a page the giver saw.
type MarkShown struct {
	RecommendationID uuid.UUID `json:"recommendation_id"`
	GiftIDs          []string  `json:"gift_ids"`
}

// MarkShown records what was seen.
func (c Commands) MarkShown(ctx context.Context, cmd MarkShown) (domain.Outcome[Reached], error) {
	return c.edit(ctx, "mark-recommendation-shown", cmd, cmd.RecommendationID, func(r *Recommendation) error { return r.MarkShown(cmd.GiftIDs...) })
}

// ClickGift says that the giver followed a gift to its shop.
type ClickGift struct {
	RecommendationID uuid.UUID `json:"recommendation_id"`
	GiftID           string    `json:"gift_id"`
}

// Click records the click.
func (c Commands) Click(ctx context.Context, cmd ClickGift) (domain.Outcome[Reached], error) {
	return c.edit(ctx, "click-recommended-gift", cmd, cmd.RecommendationID, func(r *Recommendation) error { return r.Click(cmd.GiftID) })
}

// ReactToGift says what the giver thinks of a gift.
type ReactToGift struct {
	RecommendationID uuid.UUID `json:"recommendation_id"`
	GiftID           string    `json:"gift_id"`
	Reaction         Reaction  `json:"reaction"`
}

// React records the reaction.
func (c Commands) React(ctx context.Context, cmd ReactToGift) (domain.Outcome[Reached], error) {
	return c.edit(ctx, "react-to-recommended-gift", cmd, cmd.RecommendationID, func(r *Recommendation) error { return r.React(cmd.GiftID, cmd.Reaction) })
}

// PurchaseGift says that the giver bought a gift.
type PurchaseGift struct {
	RecommendationID uuid.UUID `json:"recommendation_id"`
	GiftID           string    `json:"gift_id"`
}

// Purchase records the purchase.
func (c Commands) Purchase(ctx context.Context, cmd PurchaseGift) (domain.Outcome[Reached], error) {
	return c.edit(ctx, "purchase-recommended-gift", cmd, cmd.RecommendationID, func(r *Recommendation) error { return r.Purchase(cmd.GiftID) })
}

// ClaimRecommendation makes a page the acting giver's that was served anonymously. Whoever issues it
// has made sure that the giver was From.
type ClaimRecommendation struct {
	RecommendationID uuid.UUID `json:"recommendation_id"`
	From             uuid.UUID `json:"from"`
}

// Claim records it.
func (c Commands) Claim(ctx context.Context, cmd ClaimRecommendation) (domain.Outcome[Reached], error) {
	return domain.Execute(ctx, c.Log, "claim-recommendation", cmd, func(ctx context.Context) (d domain.Decision[Reached], err error) {
		p, err := domain.RequirePrincipal(ctx)
		if err != nil {
			return d, err
		}
		r := &Recommendation{}
		if err := domain.LoadOne(ctx, c.Log, Stream(cmd.RecommendationID), r); err != nil {
			return d, err
		}
		if err := r.Claim(cmd.From, p.Giver); err != nil {
			return d, err
		}
		w := r.Write()
		return domain.Decision[Reached]{Result: Reached{cmd.RecommendationID, r.Version() + len(w.Events)}, Writes: []domain.Write{w}}, nil
	})
}

func (c Commands) edit(ctx context.Context, operation string, cmd any, id uuid.UUID, change func(*Recommendation) error) (domain.Outcome[Reached], error) {
	return domain.Execute(ctx, c.Log, operation, cmd, func(ctx context.Context) (d domain.Decision[Reached], err error) {
		r, guard, err := c.loadLiving(ctx, id)
		if err != nil {
			return d, err
		}
		if err := change(r); err != nil {
			return d, err
		}
		w := r.Write()
		return domain.Decision[Reached]{Result: Reached{id, r.Version() + len(w.Events)}, Writes: append(guard, w)}, nil
	})
}

// loadLiving loads a recommendation whose recipient, if it has one, was not deleted, and returns what
// the append must demand for that to hold.
func (c Commands) loadLiving(ctx context.Context, id uuid.UUID) (r *Recommendation, guard []domain.Write, err error) {
	p, err := domain.RequirePrincipal(ctx)
	if err != nil {
		return nil, nil, err
	}
	r = &Recommendation{}
	if err := domain.LoadOne(ctx, c.Log, Stream(id), r); err != nil {
		return nil, nil, err
	}
	if err := r.For(p); err != nil || r.Served.RecipientID == nil {
		return r, nil, err
	}
	person, err := c.Recipients.Recipient(ctx, *r.Served.RecipientID)
	var known *domain.Error
	if errors.As(err, &known) && known.Kind == domain.KindNotFound {
		err = ErrNotFound
	}
	return r, []domain.Write{person.Unchanged}, err
}
