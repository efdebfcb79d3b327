package recipient

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/recipient"
	"gifty/projections"
)

// Entry is something that happened around a recipient.
type Entry struct {
	Place        int64           `json:"place" db:"pk" doc:"log position"`
	RecipientID  uuid.UUID       `json:"recipient_id"`
	What         string          `json:"what" enum:"created,changed,session,hypothesis,reaction,interaction"`
	Fields       []string        `json:"fields" doc:"of the description, that were changed"`
	SessionID    *string         `json:"session_id"`
	HypothesisID *uuid.UUID      `json:"hypothesis_id" doc:"the idea, or that which a product was under"`
	Title        *string         `json:"title" personal:"recipient_id" doc:"of a new idea"`
	ActionType   *string         `json:"action_type" doc:"of an interaction or a reaction"`
	TargetType   *string         `json:"target_type" enum:"hypothesis,product,navigation"`
	TargetID     *string         `json:"target_id"`
	Value        *string         `json:"value" personal:"recipient_id" doc:"a comment's text"`
	Metadata     json.RawMessage `json:"metadata" personal:"recipient_id"`
	projections.Stamps
}

// History is what happened around every recipient that was not deleted.
var History = projections.Table[Entry]{
	Name: "recipient_history", Version: 2,
	Doc: "What happened around a recipient: how they were described, sessions, ideas, and what the giver did.",
	Fold: projections.Fold(
		entry("created", func(e recipient.Created) *uuid.UUID { return &e.RecipientID }, nil),
		entry("changed", func(e recipient.Changed) *uuid.UUID { return &e.RecipientID },
			func(r *Entry, e recipient.Changed) { r.Fields = e.Fields }),
		entry("session", func(e discovery.Started) *uuid.UUID { return e.RecipientID },
			func(r *Entry, e discovery.Started) { r.SessionID = &e.SessionID }),
		entry("hypothesis", func(e discovery.HypothesisGenerated) *uuid.UUID { return e.RecipientID },
			func(r *Entry, e discovery.HypothesisGenerated) {
				r.SessionID, r.HypothesisID, r.Title = &e.SessionID, &e.HypothesisID, &e.Title
			}),
		reaction("like", func(e discovery.HypothesisLiked) discovery.Reacted { return e.Reacted }),
		reaction("unlike", func(e discovery.HypothesisUnliked) discovery.Reacted { return e.Reacted }),
		reaction("dislike", func(e discovery.HypothesisDisliked) discovery.Reacted { return e.Reacted }),
		reaction("undislike", func(e discovery.HypothesisUndisliked) discovery.Reacted { return e.Reacted }),
		reaction("shortlist", func(e discovery.HypothesisShortlisted) discovery.Reacted { return e.Reacted }),
		reaction("unshortlist", func(e discovery.HypothesisUnshortlisted) discovery.Reacted { return e.Reacted }),
		entry("interaction", func(e discovery.InteractionRecorded) *uuid.UUID { return &e.RecipientID },
			func(r *Entry, e discovery.InteractionRecorded) {
				r.SessionID, r.HypothesisID, r.ActionType = &e.SessionID, e.HypothesisID, orNull(string(e.Action))
				r.TargetType, r.TargetID = orNull(string(e.TargetType)), &e.TargetID
				r.Value, r.Metadata = orNull(e.Value), e.Metadata
			}),
		projections.RemoveEach[Entry]("recipient_id", func(e recipient.Deleted, _ domain.Meta) uuid.UUID { return e.RecipientID }),
	),
	Indexes: []string{`CREATE INDEX ON {table} (recipient_id, place DESC)`},
}

// entry makes an event that is about a recipient a row of its own; one about nobody makes none.
func entry[E any](what string, of func(E) *uuid.UUID, fill func(*Entry, E)) projections.Rule[Entry] {
	return projections.OnMany(
		func(e E, m domain.Meta) []Entry {
			if of(e) == nil {
				return nil
			}
			return []Entry{{Place: int64(m.Position)}}
		},
		func(r *Entry, e E, _ domain.Meta) {
			if r.RecipientID, r.What = *of(e), what; fill != nil {
				fill(r, e)
			}
		})
}

// reaction is the entry of a giver's word on an idea, unless a recorded interaction said it, which
// has an entry already.
func reaction[E any](action string, of func(E) discovery.Reacted) projections.Rule[Entry] {
	return entry("reaction",
		func(e E) *uuid.UUID {
			if of(e).InteractionID != nil {
				return nil
			}
			return of(e).RecipientID
		},
		func(r *Entry, e E) {
			by, target := of(e), string(discovery.TargetHypothesis)
			r.SessionID, r.HypothesisID, r.ActionType = &by.SessionID, &by.HypothesisID, &action
			r.TargetType, r.TargetID = &target, orNull(by.HypothesisID.String())
		})
}

// ListHistory reads what happened around a recipient, newest first. Whose recipient it is the caller
// has made sure of.
func ListHistory(ctx context.Context, db projections.Querier, recipient uuid.UUID, page projections.PageRequest) (projections.Page[Entry], error) {
	return projections.SelectPage[Entry](ctx, db, projections.List{
		SQL: `SELECT * FROM recipient_history WHERE recipient_id = $1`, Args: []any{recipient}, By: []string{"place"}, Desc: true,
	}, page)
}
