package discovery

import (
	"context"

	"github.com/google/uuid"

	"gifty/domain"
)

// ViewIdea says what the giver looked at: an idea, products under it, and for how long.
type ViewIdea struct {
	SessionID    uuid.UUID `json:"session_id"`
	HypothesisID uuid.UUID `json:"hypothesis_id"`
	GiftIDs      []string  `json:"gift_ids,omitempty"`
	Seconds      float64   `json:"seconds,omitempty"` // 0: not told
}

// View records it with the idea and in the session.
func (c Commands) View(ctx context.Context, cmd ViewIdea) (domain.Outcome[SessionReached], error) {
	rules, _, err := c.rules(ctx)
	if err != nil {
		return domain.Outcome[SessionReached]{}, err
	}
	return c.actOn(ctx, "view-hypothesis", cmd, cmd.SessionID, cmd.HypothesisID, func(s *Session, h *Hypothesis) error {
		if err := s.View(h, cmd.GiftIDs, cmd.Seconds, rules); err != nil {
			return err
		}
		h.See()
		for _, gift := range cmd.GiftIDs {
			if err := h.SeeProduct(gift); err != nil {
				return err
			}
		}
		return nil
	})
}

// ClickGift says that the giver followed a product under an idea of the session.
type ClickGift struct {
	SessionID uuid.UUID `json:"session_id"`
	Gift      GiftRef   `json:"gift"`
}

// Click records it with the idea and in the session.
func (c Commands) Click(ctx context.Context, cmd ClickGift) (domain.Outcome[SessionReached], error) {
	return c.actOn(ctx, "click-gift", cmd, cmd.SessionID, cmd.Gift.HypothesisID, func(s *Session, h *Hypothesis) error {
		if err := s.Click(h, cmd.Gift.GiftID); err != nil {
			return err
		}
		return h.ClickProduct(cmd.Gift.GiftID)
	})
}

// seen is what a view or a click means for the dialogue that the idea is of, if it is of one that goes on.
func (c Commands) seen(ctx context.Context, h *Hypothesis, cmd RecordInteraction) ([]domain.Write, error) {
	if cmd.Action != ActionView && cmd.Action != ActionClick || cmd.TargetType == TargetProduct && !h.linked(cmd.TargetID) {
		return nil, nil
	}
	return c.told(ctx, h, func(s *Session, rules Rules) error {
		switch {
		case s.Chosen != nil:
			return nil
		case cmd.TargetType == TargetProduct && cmd.Action == ActionClick:
			return s.Click(h, cmd.TargetID)
		case cmd.TargetType == TargetProduct:
			return s.View(h, []string{cmd.TargetID}, 0, rules)
		case cmd.Action == ActionView:
			return s.View(h, nil, 0, rules)
		}
		return nil
	})
}
