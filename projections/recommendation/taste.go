package recommendation

import (
	"cmp"
	"context"
	"time"

	"github.com/google/uuid"

	"gifty/domain/catalogue"
	"gifty/domain/recommend"
	"gifty/projections"
)

// told is a reaction with what is known of the product and of the idea that it stood for.
type told struct {
	Reaction
	Title     *string   `json:"title"`
	Category  *string   `json:"category"`
	IdeaTrack *string   `json:"idea_track" personal:"recipient_id"`
	IdeaGap   *string   `json:"idea_gap"`
	Vector    []float32 `json:"vector"` // as an array it comes in binary: a halfvec's text costs many times as much
}

// What was only seen says nothing of a taste.
const readTold = `SELECT r.*, p.title, p.category, h.track_title AS idea_track, h.primary_gap AS idea_gap, e.embedding::real[] AS vector
	FROM recipient_reactions r
	LEFT JOIN products p ON p.gift_id = r.gift_id
	LEFT JOIN hypotheses h ON h.id = r.hypothesis_id
	LEFT JOIN product_embeddings e ON e.gift_id = r.gift_id AND e.model_name = $2 AND e.model_version = $3
	WHERE r.recipient_id = $1 AND (r.reaction IS NOT NULL OR r.clicked_at IS NOT NULL OR r.purchased_at IS NOT NULL)
	ORDER BY r.updated_at DESC, r.gift_id LIMIT $4`

// opinion is what was said of an idea, whatever products stood under it.
type opinion struct {
	RecipientID uuid.UUID              `json:"recipient_id"`
	GiverID     uuid.UUID              `json:"giver_id"`
	Kind        recommend.ReactionKind `json:"kind"`
	At          time.Time              `json:"at"`
	Title       string                 `json:"title" personal:"recipient_id,giver_id"`
	Track       string                 `json:"track" personal:"recipient_id,giver_id"`
	Gap         string                 `json:"gap"`
}

const readOpinions = `SELECT recipient_id, giver_id, user_reaction AS kind, updated_at AS at, title, track_title AS track, primary_gap AS gap
	FROM hypotheses WHERE recipient_id = $1 AND user_reaction IS NOT NULL ORDER BY updated_at DESC, id LIMIT $2`

// Tastes reads what a recipient's giver did with products, and said of ideas, limit of either at most, the latest first:
// the strongest that stands of each product, with its vector by a model, nil where it has none. What was said of an idea
// names no product; its track and its gap learn from it. Whose recipient it is, the caller has looked up.
func Tastes(ctx context.Context, db projections.Querier, recipient uuid.UUID, m catalogue.Model, limit int) ([]recommend.Reaction, error) {
	rows, err := projections.Select[told](ctx, db, readTold, recipient, m.Name, m.Version, limit)
	if err != nil {
		return nil, err
	}
	reactions := make([]recommend.Reaction, len(rows))
	for i, row := range rows {
		kind, event, at := row.Strongest()
		reactions[i] = recommend.Reaction{
			GiftID: row.GiftID, Kind: kind, At: at, EventID: event, Vector: row.Vector,
			Title: orEmpty(row.Title), Category: orEmpty(row.Category), Track: orEmpty(cmp.Or(row.Track, row.IdeaTrack)), Gap: orEmpty(cmp.Or(row.Gap, row.IdeaGap)),
		}
	}
	opinions, err := projections.Select[opinion](ctx, db, readOpinions, recipient, limit)
	for _, o := range opinions {
		reactions = append(reactions, recommend.Reaction{Kind: o.Kind, At: o.At, Title: o.Title, Track: o.Track, Gap: o.Gap})
	}
	return reactions, err
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// Met is a product that a recipient has met.
type Met struct {
	GiftID  string `json:"gift_id"`
	Seen    bool   `json:"seen"`
	Bought  bool   `json:"bought"`
	Offered int    `json:"offered"` // on how many pages it stood without being known to be seen there
}

const readMet = `SELECT gift_id, bool_or(seen) AS seen, bool_or(bought) AS bought, sum(offered)::bigint AS offered FROM (
		SELECT gift_id, seen_at IS NOT NULL OR reaction IS NOT DISTINCT FROM 'dislike' AS seen, purchased_at IS NOT NULL AS bought, 0 AS offered
		FROM recipient_reactions WHERE recipient_id = $1
	UNION ALL
		SELECT gift_id, false, false, count(*) FROM recommendation_items
		WHERE recipient_id = $1 AND shown_at IS NULL GROUP BY gift_id
	) met GROUP BY gift_id ORDER BY gift_id`

// MetBy reads which products a recipient has met, so that none is offered twice; what was disliked was seen. Whose recipient it
// is, the caller has looked up.
func MetBy(ctx context.Context, db projections.Querier, recipient uuid.UUID) ([]Met, error) {
	return projections.Select[Met](ctx, db, readMet, recipient)
}

// BoughtFor reads which products were bought for a recipient, or chosen in a dialogue about them, by id. Whose recipient it is,
// the caller has looked up.
func BoughtFor(ctx context.Context, db projections.Querier, recipient uuid.UUID) ([]string, error) {
	type bought struct {
		GiftID string `json:"gift_id"`
	}
	rows, err := projections.Select[bought](ctx, db, `SELECT gift_id FROM recipient_reactions WHERE recipient_id = $1 AND purchased_at IS NOT NULL ORDER BY gift_id`, recipient)
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.GiftID
	}
	return ids, err
}
