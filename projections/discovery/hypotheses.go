// Package discovery holds the read tables about ideas, the products found for them, and what
// givers did with either.
package discovery

import (
	"context"
	"encoding/hex"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/erasure"
	"gifty/domain/recipient"
	"gifty/projections"
)

// Hypothesis is a gift idea.
type Hypothesis struct {
	ID            uuid.UUID  `json:"id" db:"pk"`
	SessionID     string     `json:"session_id"`
	GiverID       uuid.UUID  `json:"giver_id"`
	RecipientID   *uuid.UUID `json:"recipient_id"`
	TrackTitle    string     `json:"track_title" personal:"recipient_id,giver_id" doc:"the topic it belongs to"`
	Title         string     `json:"title" personal:"recipient_id,giver_id"`
	Description   string     `json:"description" personal:"recipient_id,giver_id"`
	Reasoning     string     `json:"reasoning" personal:"recipient_id,giver_id"`
	PrimaryGap    string     `json:"primary_gap"`
	SearchQueries []string   `json:"search_queries" personal:"recipient_id,giver_id"`
	UserReaction  *string    `json:"user_reaction" enum:"like,dislike,shortlist"`
	IsShown       bool       `json:"is_shown"`
	ModelName     string     `json:"model_name"`
	PromptVersion string     `json:"prompt_version"`
	RawResponse   *string    `json:"raw_response" doc:"SHA-256 of the blob with the model's reply, if there was one"`
	// Configuration is of ideas in a dialogue.
	Configuration map[string]int `json:"configuration" doc:"version of each configuration module that took part; 0 is what ships"`
	Place         int64          `json:"place" doc:"order within everything generated"`
	Version       int            `json:"version"`
	projections.Stamps
}

// Hypotheses is every idea but those for deleted recipients.
var Hypotheses = projections.Table[Hypothesis]{
	Name: "hypotheses", Version: 3,
	Doc: "A gift idea and what its giver said of it.",
	Fold: projections.Fold(
		projections.On(
			func(e discovery.HypothesisGenerated, _ domain.Meta) Hypothesis { return Hypothesis{ID: e.HypothesisID} },
			func(h *Hypothesis, e discovery.HypothesisGenerated, m domain.Meta) {
				h.SessionID, h.GiverID, h.RecipientID = e.SessionID, e.GiverID, e.RecipientID
				h.TrackTitle, h.Title, h.Description, h.Reasoning = e.Track, e.Title, e.Description, e.Reasoning
				h.PrimaryGap, h.SearchQueries = string(e.Gap), e.Queries
				h.Configuration = e.Configuration
				h.ModelName, h.PromptVersion, h.Place, h.Version = e.Model, e.PromptVersion, int64(m.Position), m.Version
				if len(e.RawSHA256) > 0 {
					sum := hex.EncodeToString(e.RawSHA256)
					h.RawResponse = &sum
				}
			}),
		reaction("like", func(e discovery.HypothesisLiked) discovery.Reacted { return e.Reacted }),
		reaction("dislike", func(e discovery.HypothesisDisliked) discovery.Reacted { return e.Reacted }),
		reaction("shortlist", func(e discovery.HypothesisShortlisted) discovery.Reacted { return e.Reacted }),
		reaction("", func(e discovery.HypothesisUnliked) discovery.Reacted { return e.Reacted }),
		reaction("", func(e discovery.HypothesisUndisliked) discovery.Reacted { return e.Reacted }),
		reaction("", func(e discovery.HypothesisUnshortlisted) discovery.Reacted { return e.Reacted }),
		projections.Change(
			func(e discovery.HypothesisShown, _ domain.Meta) Hypothesis { return Hypothesis{ID: e.HypothesisID} },
			func(h *Hypothesis, _ discovery.HypothesisShown, m domain.Meta) {
				h.IsShown, h.Version = true, m.Version
			}),
		projections.Change(
			func(e discovery.HypothesisClaimed, _ domain.Meta) Hypothesis { return Hypothesis{ID: e.HypothesisID} },
			func(h *Hypothesis, e discovery.HypothesisClaimed, m domain.Meta) {
				h.GiverID, h.Version = e.GiverID, m.Version
			}),
		bump(func(e discovery.ProductsLinked) uuid.UUID { return e.HypothesisID }),
		bump(func(e discovery.ProductShown) uuid.UUID { return e.HypothesisID }),
		bump(func(e discovery.ProductClicked) uuid.UUID { return e.HypothesisID }),
		projections.RemoveEach[Hypothesis]("recipient_id", func(e recipient.Deleted, _ domain.Meta) uuid.UUID { return e.RecipientID }),
		projections.RemoveEach[Hypothesis]("giver_id", func(e erasure.GiverErased, _ domain.Meta) uuid.UUID { return e.GiverID }),
	),
	Indexes: []string{
		`CREATE INDEX ON {table} (giver_id, place DESC)`,
		`CREATE INDEX ON {table} (recipient_id)`,
		`CREATE INDEX ON {table} (session_id)`,
	},
}

func reaction[E any](says string, reacted func(E) discovery.Reacted) projections.Rule[Hypothesis] {
	return projections.Change(
		func(e E, _ domain.Meta) Hypothesis { return Hypothesis{ID: reacted(e).HypothesisID} },
		func(h *Hypothesis, _ E, m domain.Meta) {
			h.UserReaction, h.Version = nil, m.Version
			if says != "" {
				h.UserReaction = &says
			}
		})
}

// bump keeps the version of an idea whose stream an event of another table is in.
func bump[E any](id func(E) uuid.UUID) projections.Rule[Hypothesis] {
	return projections.Change(
		func(e E, _ domain.Meta) Hypothesis { return Hypothesis{ID: id(e)} },
		func(h *Hypothesis, _ E, m domain.Meta) { h.Version = m.Version })
}

// Which narrows a list of what a giver has; zero values do not narrow.
type Which struct {
	Giver       uuid.UUID
	RecipientID *uuid.UUID
	SessionID   string
}

const which = ` WHERE giver_id = $1 AND ($2::uuid IS NULL OR recipient_id = $2) AND ($3 = '' OR session_id = $3)`

func (w Which) args() []any { return []any{w.Giver, w.RecipientID, w.SessionID} }

// ListHypotheses reads a giver's ideas, newest first.
func ListHypotheses(ctx context.Context, db projections.Querier, w Which, page projections.PageRequest) (projections.Page[Hypothesis], error) {
	return projections.SelectPage[Hypothesis](ctx, db, projections.List{
		SQL: `SELECT * FROM hypotheses` + which, Args: w.args(), By: []string{"place"}, Desc: true,
	}, page)
}

// GetHypothesis reads one idea of a giver, or discovery.ErrHypothesisNotFound.
func GetHypothesis(ctx context.Context, db projections.Querier, giver, id uuid.UUID) (Hypothesis, error) {
	h, ok, err := projections.First[Hypothesis](ctx, db, `SELECT * FROM hypotheses WHERE giver_id = $1 AND id = $2`, giver, id)
	if err == nil && !ok {
		err = discovery.ErrHypothesisNotFound
	}
	return h, err
}

// HypothesesByID reads ideas of a giver in the order of the ids; unknown ids are left out.
func HypothesesByID(ctx context.Context, db projections.Querier, giver uuid.UUID, ids []uuid.UUID) ([]Hypothesis, error) {
	return projections.Select[Hypothesis](ctx, db,
		`SELECT * FROM hypotheses WHERE giver_id = $1 AND id = ANY($2) ORDER BY array_position($2, id)`, giver, ids)
}
