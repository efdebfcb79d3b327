package discovery

import (
	"slices"

	"gifty/domain"
)

// View notes that the giver looked at an idea, at these products under it, and for how long. h is the idea.
func (s *Session) View(h *Hypothesis, gifts []string, seconds float64, rules Rules) error {
	id := h.Generated.HypothesisID
	if !s.has(id) {
		return ErrIdeaNotInSession
	}
	if !(seconds >= 0 && seconds <= maxSeconds) {
		return domain.Invalid("view_invalid", "this cannot be recorded as it stands; correct the field listed").On("seconds", "must be 0 to %d", maxSeconds)
	}
	var fresh []string
	for _, gift := range gifts {
		if !h.linked(gift) {
			return errGiftNotShown.On("gift_ids", "%.100q is not under this idea", gift)
		}
		if !h.shown[gift] && !slices.Contains(fresh, gift) {
			fresh = append(fresh, gift)
		}
	}
	if seconds == 0 && len(fresh) == 0 && slices.Contains(s.Passing.Ideas, id) {
		return nil
	}
	domain.Record(s, IdeaViewed{s.in(), id, fresh, seconds})
	s.noticePassing(id, seconds, rules)
	return nil
}

// maxSeconds bounds how long somebody looks at an idea.
const maxSeconds = 86_400

// Click notes that the giver followed a product under an idea. h is the idea.
func (s *Session) Click(h *Hypothesis, giftID string) error {
	gift, err := s.gift(h, giftID)
	if err == nil {
		domain.Record(s, GiftClicked{s.in(), gift})
	}
	return err
}
