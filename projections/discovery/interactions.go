package discovery

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/erasure"
	"gifty/domain/recipient"
	"gifty/projections"
)

// Interaction is something a giver did.
type Interaction struct {
	ID           uuid.UUID       `json:"id" db:"pk"`
	GiverID      uuid.UUID       `json:"giver_id"`
	RecipientID  *uuid.UUID      `json:"recipient_id"`
	SessionID    string          `json:"session_id"`
	ActionType   string          `json:"action_type"`
	TargetType   string          `json:"target_type" enum:"hypothesis,product,navigation"`
	TargetID     string          `json:"target_id"`
	HypothesisID *uuid.UUID      `json:"hypothesis_id" doc:"the idea that a product was under"`
	Value        *string         `json:"value" personal:"recipient_id,giver_id"`
	Metadata     json.RawMessage `json:"metadata" personal:"recipient_id,giver_id"`
	Place        int64           `json:"place" doc:"order within everything that happened"`
	projections.Stamps
}

// Interactions is what givers did, reactions to ideas among it.
var Interactions = projections.Table[Interaction]{
	Name: "interactions", Version: 4,
	Doc: "Something a giver did with a product, an idea or a page.",
	Fold: projections.Fold(
		projections.On(
			func(e discovery.InteractionRecorded, _ domain.Meta) Interaction {
				return Interaction{ID: e.InteractionID}
			},
			func(r *Interaction, e discovery.InteractionRecorded, m domain.Meta) {
				recipientID := e.RecipientID
				r.GiverID, r.RecipientID, r.SessionID, r.ActionType = e.GiverID, &recipientID, e.SessionID, string(e.Action)
				r.TargetType, r.TargetID, r.HypothesisID = string(e.TargetType), e.TargetID, e.HypothesisID
				r.Value, r.Metadata, r.Place = orNull(e.Value), e.Metadata, int64(m.Position)
			}),
		reacted("like", func(e discovery.HypothesisLiked) discovery.Reacted { return e.Reacted }),
		reacted("unlike", func(e discovery.HypothesisUnliked) discovery.Reacted { return e.Reacted }),
		reacted("dislike", func(e discovery.HypothesisDisliked) discovery.Reacted { return e.Reacted }),
		reacted("undislike", func(e discovery.HypothesisUndisliked) discovery.Reacted { return e.Reacted }),
		reacted("shortlist", func(e discovery.HypothesisShortlisted) discovery.Reacted { return e.Reacted }),
		reacted("unshortlist", func(e discovery.HypothesisUnshortlisted) discovery.Reacted { return e.Reacted }),
		claimed(func(r *Interaction, giver uuid.UUID) { r.GiverID = giver }),
		projections.RemoveEach[Interaction]("recipient_id", func(e recipient.Deleted, _ domain.Meta) uuid.UUID { return e.RecipientID }),
		projections.RemoveEach[Interaction]("giver_id", func(e erasure.GiverErased, _ domain.Meta) uuid.UUID { return e.GiverID }),
	),
	Indexes: []string{
		`CREATE INDEX ON {table} (giver_id, place DESC)`,
		`CREATE INDEX ON {table} (recipient_id, place DESC)`,
		`CREATE INDEX ON {table} (session_id)`,
	},
}

// reacted makes a reaction to an idea an interaction, under the event's own id, unless a recorded
// interaction said it, which is a row already.
func reacted[E any](action string, of func(E) discovery.Reacted) projections.Rule[Interaction] {
	return projections.OnMany(
		func(e E, m domain.Meta) []Interaction {
			if of(e).InteractionID != nil {
				return nil
			}
			return []Interaction{{ID: m.EventID}}
		},
		func(r *Interaction, e E, m domain.Meta) {
			by := of(e)
			r.GiverID, r.RecipientID, r.SessionID, r.ActionType = by.GiverID, by.RecipientID, by.SessionID, action
			r.TargetType, r.TargetID, r.HypothesisID = string(discovery.TargetHypothesis), by.HypothesisID.String(), &by.HypothesisID
			r.Place = int64(m.Position)
		})
}

// claimed makes the rows of a session the giver's who claimed it.
func claimed[R any](own func(*R, uuid.UUID)) projections.Rule[R] {
	return projections.Each("session_id",
		func(e discovery.SessionClaimed, _ domain.Meta) string { return e.SessionID.String() },
		func(r *R, e discovery.SessionClaimed, _ domain.Meta) { own(r, e.GiverID) })
}

// ListInteractions reads what a giver did, newest first.
func ListInteractions(ctx context.Context, db projections.Querier, w Which, page projections.PageRequest) (projections.Page[Interaction], error) {
	return projections.SelectPage[Interaction](ctx, db, projections.List{
		SQL: `SELECT * FROM interactions` + which, Args: w.args(), By: []string{"place"}, Desc: true,
	}, page)
}
