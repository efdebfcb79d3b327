package discovery

import (
	"context"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/erasure"
	"gifty/domain/recipient"
	"gifty/projections"
)

// Link is a product offered for an idea, and what became of it.
type Link struct {
	HypothesisID    uuid.UUID  `json:"hypothesis_id" db:"pk"`
	GiftID          string     `json:"gift_id" db:"pk"`
	GiverID         uuid.UUID  `json:"giver_id"`
	RecipientID     *uuid.UUID `json:"recipient_id"`
	SimilarityScore *float64   `json:"similarity_score" doc:"cosine of query and product, -1–1; null where it was not measured"`
	Score           float64    `json:"score" doc:"what it was ranked by"`
	RankPosition    int        `json:"rank_position" doc:"from 1"`
	SearchQuery     *string    `json:"search_query" personal:"recipient_id,giver_id"`
	WasShown        bool       `json:"was_shown"`
	WasClicked      bool       `json:"was_clicked"`
	projections.Stamps
}

// Links is what was offered for ideas.
var Links = projections.Table[Link]{
	Name: "hypothesis_product_links", Version: 3,
	Doc: "A product offered for an idea; shown and clicked are facts of their own.",
	Fold: projections.Fold(
		projections.OnMany(
			func(e discovery.ProductsLinked, _ domain.Meta) []Link {
				rows := make([]Link, len(e.Links))
				for i, l := range e.Links {
					rows[i] = Link{HypothesisID: e.HypothesisID, GiftID: l.GiftID}
				}
				return rows
			},
			func(r *Link, e discovery.ProductsLinked, _ domain.Meta) {
				for _, l := range e.Links {
					if l.GiftID == r.GiftID {
						r.GiverID, r.RecipientID, r.Score, r.RankPosition, r.SearchQuery = e.GiverID, e.RecipientID, l.Score, l.Rank, orNull(l.Query)
						if r.SimilarityScore = nil; !l.Unmeasured {
							r.SimilarityScore = &l.Similarity
						}
					}
				}
			}),
		projections.Change(
			func(e discovery.ProductShown, _ domain.Meta) Link {
				return Link{HypothesisID: e.HypothesisID, GiftID: e.GiftID}
			},
			func(r *Link, _ discovery.ProductShown, _ domain.Meta) { r.WasShown = true }),
		projections.Change(
			func(e discovery.ProductClicked, _ domain.Meta) Link {
				return Link{HypothesisID: e.HypothesisID, GiftID: e.GiftID}
			},
			func(r *Link, _ discovery.ProductClicked, _ domain.Meta) { r.WasClicked = true }),
		projections.RemoveEach[Link]("recipient_id", func(e recipient.Deleted, _ domain.Meta) uuid.UUID { return e.RecipientID }),
		projections.RemoveEach[Link]("giver_id", func(e erasure.GiverErased, _ domain.Meta) uuid.UUID { return e.GiverID }),
	),
	Indexes: []string{
		`CREATE INDEX ON {table} (gift_id)`,
		`CREATE INDEX ON {table} (giver_id)`,
		`CREATE INDEX ON {table} (recipient_id)`,
	},
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// ListLinks reads an idea's products in their order.
func ListLinks(ctx context.Context, db projections.Querier, hypothesis uuid.UUID, page projections.PageRequest) (projections.Page[Link], error) {
	return projections.SelectPage[Link](ctx, db, projections.List{
		SQL: `SELECT * FROM hypothesis_product_links WHERE hypothesis_id = $1`, Args: []any{hypothesis},
		By: []string{"rank_position", "gift_id"},
	}, page)
}

// Offer is a link with the product that it points to.
type Offer struct {
	GiftID     string         `json:"gift_id"`
	Title      string         `json:"title"`
	Price      *domain.Amount `json:"price"`
	Currency   *string        `json:"currency"`
	Category   *string        `json:"category"`
	Merchant   *string        `json:"merchant"`
	ImageURL   *string        `json:"image_url,omitempty"`
	ProductURL string         `json:"product_url"`
	Similarity *float64       `json:"similarity" doc:"cosine of query and product, -1–1; null where it was not measured"`
	Rank       int            `json:"rank" doc:"from 1"`
}

type offerRow struct {
	Of uuid.UUID `json:"hypothesis_id"`
	Offer
}

const readOffers = `SELECT l.hypothesis_id, l.gift_id, p.title, p.price, p.currency, p.category, p.merchant, p.image_url, p.product_url,
		l.similarity_score AS similarity, l.rank_position AS rank
	FROM hypothesis_product_links l JOIN products p USING (gift_id)
	WHERE l.hypothesis_id = ANY($1) ORDER BY l.hypothesis_id, l.rank_position, l.gift_id`

// Offers reads the products of several ideas, in their order, by idea.
func Offers(ctx context.Context, db projections.Querier, hypotheses []uuid.UUID) (map[uuid.UUID][]Offer, error) {
	rows, err := projections.Select[offerRow](ctx, db, readOffers, hypotheses)
	if err != nil {
		return nil, err
	}
	offers := map[uuid.UUID][]Offer{}
	for _, r := range rows {
		offers[r.Of] = append(offers[r.Of], r.Offer)
	}
	return offers, nil
}
