package discovery

import (
	"math"
	"slices"
	"unicode/utf8"

	"github.com/google/uuid"

	"gifty/domain"
)

// Hypothesis is a gift idea in a session, what was found for it, and what the giver said of it.
type Hypothesis struct {
	domain.Root
	Generated HypothesisGenerated
	Links     []Link
	Reaction  Reaction
	Shown     bool
	shown     map[string]bool
	clicked   map[string]bool
}

// Reaction is what a giver says of an idea. There is one at a time.
type Reaction string

// The reactions.
const (
	NoReaction Reaction = "none"
	Like       Reaction = "like"
	Dislike    Reaction = "dislike"
	Shortlist  Reaction = "shortlist"
)

// Reactions lists what a giver may say; "none" takes the last back.
func Reactions() []Reaction { return []Reaction{Like, Dislike, Shortlist, NoReaction} }

// HypothesisStream is where an idea's events are.
func HypothesisStream(id uuid.UUID) string { return "hypothesis-" + id.String() }

// Apply folds one event of the stream.
func (h *Hypothesis) Apply(event any) {
	switch e := event.(type) {
	case HypothesisGenerated:
		h.Generated, h.Reaction = e, NoReaction
	case ProductsLinked:
		for _, l := range e.Links {
			h.Links = append(slices.DeleteFunc(h.Links, func(o Link) bool { return o.GiftID == l.GiftID }), l)
		}
	case HypothesisShown:
		h.Shown = true
	case ProductShown:
		h.shown = with(h.shown, e.GiftID)
	case ProductClicked:
		h.clicked = with(h.clicked, e.GiftID)
	case HypothesisLiked:
		h.Reaction = Like
	case HypothesisDisliked:
		h.Reaction = Dislike
	case HypothesisShortlisted:
		h.Reaction = Shortlist
	case HypothesisClaimed:
		h.Generated.GiverID = e.GiverID
	case HypothesisUnliked, HypothesisUndisliked, HypothesisUnshortlisted:
		h.Reaction = NoReaction
	}
}

func with(set map[string]bool, s string) map[string]bool {
	if set == nil {
		set = map[string]bool{}
	}
	set[s] = true
	return set
}

// ErrHypothesisNotFound answers for an idea that does not exist or is another giver's.
var ErrHypothesisNotFound = domain.NotFound("hypothesis_not_found", "there is no such hypothesis")

// For returns an error unless the idea is there and the principal's.
func (h *Hypothesis) For(p domain.Principal) error {
	if !h.Exists() || !p.Owns(h.Generated.GiverID) {
		return ErrHypothesisNotFound
	}
	return nil
}

// React records what the giver says of the idea. The same again changes nothing; another reaction
// replaces the last.
func (h *Hypothesis) React(to Reaction) error { return h.reactIn(nil, to) }

// reactIn is React by way of a recorded interaction, or of none.
func (h *Hypothesis) reactIn(interaction *uuid.UUID, to Reaction) error {
	reacted := Reacted{
		HypothesisID: h.Generated.HypothesisID, GiverID: h.Generated.GiverID,
		SessionID: h.Generated.SessionID, RecipientID: h.Generated.RecipientID, InteractionID: interaction,
	}
	if to == h.Reaction {
		return nil
	}
	switch to {
	case Like:
		domain.Record(h, HypothesisLiked{reacted})
	case Dislike:
		domain.Record(h, HypothesisDisliked{reacted})
	case Shortlist:
		domain.Record(h, HypothesisShortlisted{reacted})
	case NoReaction:
		h.takeBack(reacted)
	default:
		return domain.Invalid("reaction_unknown", "%.50q is no reaction; use like, dislike, shortlist or none", string(to)).
			On("reaction", "must be one of like, dislike, shortlist, none")
	}
	return nil
}

func (h *Hypothesis) takeBack(r Reacted) {
	switch h.Reaction {
	case Like:
		domain.Record(h, HypothesisUnliked{r})
	case Dislike:
		domain.Record(h, HypothesisUndisliked{r})
	case Shortlist:
		domain.Record(h, HypothesisUnshortlisted{r})
	}
}

// Link puts products under the idea. The same product again moves it.
func (h *Hypothesis) Link(links ...Link) error {
	for _, l := range links {
		if err := l.check(); err != nil {
			return err
		}
	}
	links = slices.DeleteFunc(slices.Clone(links), func(l Link) bool { return slices.Contains(h.Links, l) })
	if len(links) > 0 {
		domain.Record(h, ProductsLinked{HypothesisID: h.Generated.HypothesisID, GiverID: h.Generated.GiverID, RecipientID: h.Generated.RecipientID, Links: links})
	}
	return nil
}

// maxGiftID bounds a product's id, in bytes: a source, a colon and a URL. It is an index key.
const maxGiftID = 2200

func (l Link) check() error {
	bad := domain.Invalid("link_invalid", "the product cannot be linked as asked; correct the fields listed")
	if l.GiftID == "" || len(l.GiftID) > maxGiftID || !utf8.ValidString(l.GiftID) {
		bad = bad.On("gift_id", "must be a product's id")
	}
	if l.Rank < 1 {
		bad = bad.On("rank", "must be 1 or more, is %d", l.Rank)
	}
	if !(l.Similarity >= -1.000001 && l.Similarity <= 1.000001) {
		bad = bad.On("similarity", "must be -1 to 1, is %g", l.Similarity)
	}
	if l.Unmeasured && l.Similarity != 0 {
		bad = bad.On("similarity", "must be left out where it was not measured")
	}
	if math.IsNaN(l.Score) || math.IsInf(l.Score, 0) {
		bad = bad.On("score", "must be a number")
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

// See records that the giver saw the idea, once.
func (h *Hypothesis) See() {
	if !h.Shown {
		domain.Record(h, HypothesisShown{HypothesisID: h.Generated.HypothesisID, SessionID: h.Generated.SessionID})
	}
}

// ErrNotLinked answers for a product that is not under the idea.
var ErrNotLinked = domain.Invalid("product_not_linked", "this product is not linked to this hypothesis; link it first")

// SeeProduct records that the giver saw a product under the idea, once.
func (h *Hypothesis) SeeProduct(giftID string) error {
	if !h.linked(giftID) {
		return ErrNotLinked
	}
	if !h.shown[giftID] {
		domain.Record(h, ProductShown{HypothesisID: h.Generated.HypothesisID, GiftID: giftID, SessionID: h.Generated.SessionID})
	}
	return nil
}

// ClickProduct records that the giver followed a product under the idea, once.
func (h *Hypothesis) ClickProduct(giftID string) error {
	if !h.linked(giftID) {
		return ErrNotLinked
	}
	if !h.clicked[giftID] {
		domain.Record(h, ProductClicked{HypothesisID: h.Generated.HypothesisID, GiftID: giftID, SessionID: h.Generated.SessionID})
	}
	return nil
}

func (h *Hypothesis) linked(giftID string) bool {
	return slices.ContainsFunc(h.Links, func(l Link) bool { return l.GiftID == giftID })
}
