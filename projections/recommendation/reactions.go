package recommendation

import (
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/erasure"
	"gifty/domain/recipient"
	"gifty/domain/recommend"
	"gifty/domain/recommendation"
	"gifty/projections"
)

// Reaction is what became of a product with a recipient, wherever it was met: on a page of
// recommendations, under an idea, or by itself.
type Reaction struct {
	RecipientID    uuid.UUID              `json:"recipient_id" db:"pk"`
	GiftID         string                 `json:"gift_id" db:"pk"`
	GiverID        uuid.UUID              `json:"giver_id"`
	HypothesisID   *uuid.UUID             `json:"hypothesis_id" doc:"the idea that it last stood for"`
	Verdict        *string                `json:"reaction" enum:"like,dislike,shortlist" doc:"the last one; null when taken back"`
	ReactedAt      *time.Time             `json:"reacted_at"`
	ReactedEvent   *uuid.UUID             `json:"reacted_event"`
	SeenAt         *time.Time             `json:"seen_at" doc:"last"`
	SeenEvent      *uuid.UUID             `json:"seen_event"`
	SeenCount      int                    `json:"seen_count"`
	ClickedAt      *time.Time             `json:"clicked_at" doc:"last"`
	ClickedEvent   *uuid.UUID             `json:"clicked_event"`
	ClickedCount   int                    `json:"clicked_count"`
	PurchasedAt    *time.Time             `json:"purchased_at" doc:"last"`
	PurchasedEvent *uuid.UUID             `json:"purchased_event"`
	Values         []recommendation.Value `json:"values" doc:"of its features when it was last recommended"`
	Track          *string                `json:"track" personal:"recipient_id,giver_id" doc:"of the idea that it was found by; null where it stood for none, or for the hypothesis"`
	Gap            *string                `json:"gap" doc:"likewise"`
	projections.Stamps
}

// Reactions is what a person's taste is read from.
var Reactions = projections.Table[Reaction]{
	Name: "recipient_reactions", Version: 4,
	Doc: "A product that a recipient's giver saw, followed, judged or bought, and when.",
	Fold: projections.Fold(
		projections.OnMany(
			func(e recommendation.Shown, _ domain.Meta) []Reaction {
				if e.RecipientID == nil {
					return nil
				}
				rows := make([]Reaction, len(e.Items))
				for i, m := range e.Items {
					rows[i] = Reaction{RecipientID: *e.RecipientID, GiftID: m.GiftID}
				}
				return rows
			},
			func(r *Reaction, e recommendation.Shown, m domain.Meta) {
				for _, mark := range e.Items {
					if mark.GiftID == r.GiftID {
						r.recommended(e.Origin, mark)
					}
				}
				r.see(m)
			}),
		feedback(func(e recommendation.Clicked) (recommendation.Origin, recommendation.Mark) { return e.Origin, e.Mark },
			func(r *Reaction, _ recommendation.Clicked, m domain.Meta) { r.click(m) }),
		feedback(func(e recommendation.Reacted) (recommendation.Origin, recommendation.Mark) { return e.Origin, e.Mark },
			func(r *Reaction, e recommendation.Reacted, m domain.Meta) { r.react(reactionOrNull(e.Reaction), m) }),
		feedback(func(e recommendation.Purchased) (recommendation.Origin, recommendation.Mark) { return e.Origin, e.Mark },
			func(r *Reaction, _ recommendation.Purchased, m domain.Meta) { r.purchase(m) }),
		projections.OnMany(
			func(e discovery.InteractionRecorded, _ domain.Meta) []Reaction {
				if e.TargetType != discovery.TargetProduct || e.Action == discovery.ActionComment {
					return nil
				}
				return []Reaction{{RecipientID: e.RecipientID, GiftID: e.TargetID}}
			},
			(*Reaction).interact),
		projections.OnMany(
			func(e discovery.IdeaViewed, _ domain.Meta) []Reaction { return underIdea(e.InSession, e.Gifts...) },
			func(r *Reaction, e discovery.IdeaViewed, m domain.Meta) {
				r.GiverID, r.HypothesisID = e.GiverID, &e.HypothesisID
				r.see(m)
			}),
		inDialogue(func(e discovery.GiftClicked) (discovery.InSession, discovery.GiftRef) { return e.InSession, e.Gift }, (*Reaction).click),
		inDialogue(func(e discovery.GiftShortlisted) (discovery.InSession, discovery.GiftRef) { return e.InSession, e.Gift },
			func(r *Reaction, m domain.Meta) { r.react(new(string(recommend.Shortlisted)), m) }),
		inDialogue(func(e discovery.GiftUnshortlisted) (discovery.InSession, discovery.GiftRef) {
			return e.InSession, e.Gift
		},
			func(r *Reaction, m domain.Meta) { r.react(nil, m) }),
		inDialogue(func(e discovery.GiftSelected) (discovery.InSession, discovery.GiftRef) { return e.InSession, e.Gift }, (*Reaction).purchase),
		projections.RemoveEach[Reaction]("recipient_id", func(e recipient.Deleted, _ domain.Meta) uuid.UUID { return e.RecipientID }),
		projections.RemoveEach[Reaction]("giver_id", func(e erasure.GiverErased, _ domain.Meta) uuid.UUID { return e.GiverID }),
	),
	Indexes: []string{`CREATE INDEX ON {table} (giver_id)`},
}

// feedback folds what was said about one gift of a page into its recipient's row, if there is one.
func feedback[E any](of func(E) (recommendation.Origin, recommendation.Mark), apply func(*Reaction, E, domain.Meta)) projections.Rule[Reaction] {
	return projections.OnMany(
		func(e E, _ domain.Meta) []Reaction {
			origin, mark := of(e)
			if origin.RecipientID == nil {
				return nil
			}
			return []Reaction{{RecipientID: *origin.RecipientID, GiftID: mark.GiftID}}
		},
		func(r *Reaction, e E, m domain.Meta) {
			r.recommended(of(e))
			apply(r, e, m)
		})
}

// inDialogue folds what was done with one product under an idea. The gift chosen counts as bought: it is not to be
// offered for the same person again.
func inDialogue[E any](of func(E) (discovery.InSession, discovery.GiftRef), apply func(*Reaction, domain.Meta)) projections.Rule[Reaction] {
	return projections.OnMany(
		func(e E, _ domain.Meta) []Reaction {
			in, gift := of(e)
			return underIdea(in, gift.GiftID)
		},
		func(r *Reaction, e E, m domain.Meta) {
			in, gift := of(e)
			r.GiverID, r.HypothesisID = in.GiverID, &gift.HypothesisID
			apply(r, m)
		})
}

func underIdea(in discovery.InSession, gifts ...string) (rows []Reaction) {
	if in.RecipientID == nil {
		return nil
	}
	for _, gift := range gifts {
		rows = append(rows, Reaction{RecipientID: *in.RecipientID, GiftID: gift})
	}
	return rows
}

func (r *Reaction) recommended(o recommendation.Origin, mark recommendation.Mark) {
	r.GiverID, r.HypothesisID, r.Values = o.GiverID, o.HypothesisID, mark.Values
	if mark.Track != "" || mark.Gap != "" {
		r.Track, r.Gap = orNull(mark.Track), orNull(mark.Gap)
	}
}

// interact takes what was recorded by hand: the same facts about products that stand on no page.
func (r *Reaction) interact(e discovery.InteractionRecorded, m domain.Meta) {
	r.GiverID = e.GiverID
	if e.HypothesisID != nil {
		r.HypothesisID = e.HypothesisID
	}
	switch e.Action {
	case discovery.ActionView:
		r.see(m)
	case discovery.ActionClick:
		r.click(m)
	case "purchase":
		r.purchase(m)
	case "like", "dislike", "shortlist":
		action := string(e.Action)
		r.react(&action, m)
	}
}

// see, like click, takes two facts of one moment as one: what is recorded by hand under an idea, its dialogue notes, too.
func (r *Reaction) see(m domain.Meta) {
	if r.SeenAt != nil && r.SeenAt.Equal(m.OccurredAt) {
		return
	}
	r.SeenAt, r.SeenEvent = new(m.OccurredAt), new(m.EventID)
	r.SeenCount++
}

func (r *Reaction) click(m domain.Meta) {
	if r.ClickedAt != nil && r.ClickedAt.Equal(m.OccurredAt) {
		return
	}
	r.ClickedAt, r.ClickedEvent = new(m.OccurredAt), new(m.EventID)
	r.ClickedCount++
}

func (r *Reaction) react(to *string, m domain.Meta) {
	r.Verdict, r.ReactedAt, r.ReactedEvent = to, new(m.OccurredAt), new(m.EventID)
}

func (r *Reaction) purchase(m domain.Meta) {
	r.PurchasedAt, r.PurchasedEvent = new(m.OccurredAt), new(m.EventID)
}

// Strongest is the strongest that became of the product, with the event and the time: a dislike,
// also of what was bought, then a purchase, then another reaction that stands, then a click. A
// product that was only seen, or of which the reaction was taken back, is recommend.Shown.
func (r Reaction) Strongest() (kind recommend.ReactionKind, event uuid.UUID, at time.Time) {
	switch {
	case r.Verdict != nil && *r.Verdict == string(recommend.Disliked):
		return recommend.Disliked, *r.ReactedEvent, *r.ReactedAt
	case r.PurchasedAt != nil:
		return recommend.Purchased, *r.PurchasedEvent, *r.PurchasedAt
	case r.Verdict != nil:
		return recommend.ReactionKind(*r.Verdict), *r.ReactedEvent, *r.ReactedAt
	case r.ClickedAt != nil:
		return recommend.Clicked, *r.ClickedEvent, *r.ClickedAt
	case r.SeenAt != nil:
		return recommend.Shown, *r.SeenEvent, *r.SeenAt
	}
	return recommend.Shown, uuid.Nil, r.UpdatedAt
}
