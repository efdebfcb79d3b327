package recommendation

import (
	"context"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/erasure"
	"gifty/domain/recipient"
	"gifty/domain/recommendation"
	"gifty/projections"
)

// Item is a gift on a page, why it was there, and what became of it.
type Item struct {
	RecommendationID uuid.UUID                `json:"recommendation_id" db:"pk"`
	GiftID           string                   `json:"gift_id" db:"pk"`
	GiverID          uuid.UUID                `json:"giver_id"`
	RecipientID      *uuid.UUID               `json:"recipient_id"`
	Position         int                      `json:"position" doc:"from 1"`
	Query            *string                  `json:"query" personal:"recipient_id,giver_id" doc:"what it was found by"`
	Idea             *string                  `json:"idea" personal:"recipient_id,giver_id" doc:"the idea's title that it stood for"`
	Similarity       *float64                 `json:"similarity" doc:"cosine of query and product, -1–1; null where it was not measured"`
	Score            float64                  `json:"score" doc:"the sum of the features' contributions"`
	Propensity       float64                  `json:"propensity" doc:"probability that the policy put it there"`
	Exploratory      bool                     `json:"exploratory" doc:"it was there to learn from"`
	Features         []recommendation.Feature `json:"features" personal:"recipient_id,giver_id"`
	Reason           string                   `json:"reason" personal:"recipient_id,giver_id" doc:"why it was there, in a sentence"`
	EventIDs         []uuid.UUID              `json:"event_ids" doc:"the events that moved it"`
	ShownAt          *time.Time               `json:"shown_at"`
	ClickedAt        *time.Time               `json:"clicked_at"`
	Reaction         *string                  `json:"reaction" enum:"like,dislike,shortlist"`
	ReactedAt        *time.Time               `json:"reacted_at" doc:"when the reaction was last given or taken back"`
	PurchasedAt      *time.Time               `json:"purchased_at"`
	projections.Stamps
}

// Items is what was on pages.
var Items = projections.Table[Item]{
	Name: "recommendation_items", Version: 3,
	Doc: "A gift on a page that was served; shown, clicked, reacted to and bought are facts of their own.",
	Fold: projections.Fold(
		projections.PutMany(
			func(e recommendation.Served, _ domain.Meta) []Item {
				rows := make([]Item, len(e.Items))
				for i, item := range e.Items {
					rows[i] = Item{RecommendationID: e.RecommendationID, GiftID: item.GiftID, GiverID: e.GiverID, RecipientID: e.RecipientID}
					rows[i].serve(item)
				}
				return rows
			}),
		projections.ChangeMany(
			func(e recommendation.Shown, _ domain.Meta) []Item {
				rows := make([]Item, len(e.Items))
				for i, m := range e.Items {
					rows[i] = Item{RecommendationID: e.RecommendationID, GiftID: m.GiftID}
				}
				return rows
			},
			func(r *Item, _ recommendation.Shown, m domain.Meta) { r.ShownAt = new(m.OccurredAt) }),
		projections.Change(
			func(e recommendation.Clicked, _ domain.Meta) Item { return itemOf(e.Origin, e.Mark) },
			func(r *Item, _ recommendation.Clicked, m domain.Meta) { r.ClickedAt = new(m.OccurredAt) }),
		projections.Change(
			func(e recommendation.Reacted, _ domain.Meta) Item { return itemOf(e.Origin, e.Mark) },
			func(r *Item, e recommendation.Reacted, m domain.Meta) {
				r.Reaction, r.ReactedAt = reactionOrNull(e.Reaction), new(m.OccurredAt)
			}),
		projections.Change(
			func(e recommendation.Purchased, _ domain.Meta) Item { return itemOf(e.Origin, e.Mark) },
			func(r *Item, _ recommendation.Purchased, m domain.Meta) { r.PurchasedAt = new(m.OccurredAt) }),
		projections.RemoveEach[Item]("recipient_id", func(e recipient.Deleted, _ domain.Meta) uuid.UUID { return e.RecipientID }),
		projections.RemoveEach[Item]("giver_id", func(e erasure.GiverErased, _ domain.Meta) uuid.UUID { return e.GiverID }),
	),
	Indexes: []string{
		`CREATE INDEX ON {table} (gift_id)`,
		`CREATE INDEX ON {table} (giver_id)`,
		`CREATE INDEX ON {table} (recipient_id)`,
	},
}

func (r *Item) serve(i recommendation.ServedItem) {
	r.Position, r.Query, r.Idea = i.Position, orNull(i.Query), orNull(i.Idea)
	r.Similarity, r.Score, r.Propensity, r.Exploratory = i.Similarity, i.Score, i.Propensity, i.Exploratory
	r.Features, r.Reason, r.EventIDs = i.Features, i.Reason, i.EventIDs
}

func itemOf(o recommendation.Origin, m recommendation.Mark) Item {
	return Item{RecommendationID: o.RecommendationID, GiftID: m.GiftID}
}

func reactionOrNull(r recommendation.Reaction) *string {
	if r == recommendation.NoReaction {
		return nil
	}
	return orNull(string(r))
}

// ItemsOf reads a page's gifts in their order. Whose page it is, the caller has looked up.
func ItemsOf(ctx context.Context, db projections.Querier, id uuid.UUID) ([]Item, error) {
	return projections.Select[Item](ctx, db, `SELECT * FROM recommendation_items WHERE recommendation_id = $1 ORDER BY position, gift_id`, id)
}
