// Package recommendation holds the read tables about pages of gifts: what was served, what became
// of each gift, and what that tells of a person's taste.
package recommendation

import (
	"context"
	"encoding/hex"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/erasure"
	"gifty/domain/recipient"
	"gifty/domain/recommendation"
	"gifty/projections"
)

// Recommendation is a page that was served and how far its gifts went.
type Recommendation struct {
	ID                uuid.UUID  `json:"id" db:"pk"`
	GiverID           uuid.UUID  `json:"giver_id"`
	RecipientID       *uuid.UUID `json:"recipient_id"`
	SessionID         *string    `json:"session_id"`
	HypothesisID      *uuid.UUID `json:"hypothesis_id"`
	PolicyName        string     `json:"policy_name"`
	PolicyVersion     int        `json:"policy_version"`
	Experiment        *string    `json:"experiment" doc:"the experiment that chose the policy"`
	Bucket            *string    `json:"bucket" doc:"its arm"`
	Seed              int64      `json:"seed"`
	CataloguePosition int64      `json:"catalogue_position" doc:"log position up to which the catalogue was known"`
	EmbeddingModel    *string    `json:"embedding_model"`
	EmbeddingVersion  *string    `json:"embedding_version"`
	EngineVersion     string     `json:"engine_version"`
	FeaturesVersion   int        `json:"features_version" doc:"names what the features meant"`
	ExecutionMS       float64    `json:"execution_ms" doc:"milliseconds"`
	Notice            *string    `json:"notice" doc:"code of what the page says besides its gifts"`
	ItemCount         int        `json:"item_count" doc:"gifts on the page"`
	ShownCount        int        `json:"shown_count" doc:"gifts of it that were seen"`
	ClickedCount      int        `json:"clicked_count"`
	LikedCount        int        `json:"liked_count"`
	DislikedCount     int        `json:"disliked_count"`
	ShortlistedCount  int        `json:"shortlisted_count"`
	PurchasedCount    int        `json:"purchased_count"`
	PageSHA256        string     `json:"page_sha256" doc:"of the blob with the page as served"`
	ConsideredSHA256  *string    `json:"considered_sha256" doc:"of the blob with all that was considered"`
	Place             int64      `json:"place" doc:"order within everything recommended"`
	Version           int        `json:"version"`
	projections.Stamps
}

// Recommendations is every page but those for deleted recipients.
var Recommendations = projections.Table[Recommendation]{
	Name: "recommendations", Version: 2,
	Doc: "A page of gifts that was served, and how many of them went how far.",
	Fold: projections.Fold(
		projections.On(
			func(e recommendation.Served, _ domain.Meta) Recommendation {
				return Recommendation{ID: e.RecommendationID}
			},
			(*Recommendation).serve),
		projections.Change(
			func(e recommendation.Claimed, _ domain.Meta) Recommendation {
				return Recommendation{ID: e.RecommendationID}
			},
			func(r *Recommendation, e recommendation.Claimed, m domain.Meta) {
				r.GiverID, r.Version = e.GiverID, m.Version
			}),
		count(func(e recommendation.Shown) recommendation.Origin { return e.Origin },
			func(r *Recommendation, e recommendation.Shown) { r.ShownCount += len(e.Items) }),
		count(func(e recommendation.Clicked) recommendation.Origin { return e.Origin },
			func(r *Recommendation, _ recommendation.Clicked) { r.ClickedCount++ }),
		count(func(e recommendation.Reacted) recommendation.Origin { return e.Origin },
			func(r *Recommendation, e recommendation.Reacted) {
				r.react(e.Was.Reaction, -1)
				r.react(e.Reaction, +1)
			}),
		count(func(e recommendation.Purchased) recommendation.Origin { return e.Origin },
			func(r *Recommendation, _ recommendation.Purchased) { r.PurchasedCount++ }),
		projections.RemoveEach[Recommendation]("recipient_id", func(e recipient.Deleted, _ domain.Meta) uuid.UUID { return e.RecipientID }),
		projections.RemoveEach[Recommendation]("giver_id", func(e erasure.GiverErased, _ domain.Meta) uuid.UUID { return e.GiverID }),
	),
	Indexes: []string{
		`CREATE INDEX ON {table} (giver_id, place DESC)`,
		`CREATE INDEX ON {table} (recipient_id)`,
		`CREATE INDEX ON {table} (session_id)`,
	},
}

func (r *Recommendation) serve(e recommendation.Served, m domain.Meta) {
	r.GiverID, r.RecipientID, r.SessionID, r.HypothesisID = e.GiverID, e.RecipientID, orNull(e.SessionID), e.HypothesisID
	r.PolicyName, r.PolicyVersion = e.Policy.Name, e.Policy.Version
	if e.Exposure != nil {
		r.Experiment, r.Bucket = &e.Exposure.Experiment, &e.Exposure.Bucket
	}
	r.Seed, r.CataloguePosition = e.Seed, int64(e.CataloguePosition)
	r.EmbeddingModel, r.EmbeddingVersion, r.EngineVersion = orNull(e.EmbeddingModel), orNull(e.EmbeddingVersion), e.EngineVersion
	r.FeaturesVersion, r.ExecutionMS, r.Notice, r.ItemCount = e.FeaturesVersion, e.ExecutionMS, orNull(e.Notice), len(e.Items)
	r.PageSHA256, r.ConsideredSHA256 = hex.EncodeToString(e.PageSHA256), orNull(hex.EncodeToString(e.ConsideredSHA256))
	r.Place, r.Version = int64(m.Position), m.Version
}

func (r *Recommendation) react(reaction recommendation.Reaction, by int) {
	switch reaction {
	case recommendation.Like:
		r.LikedCount += by
	case recommendation.Dislike:
		r.DislikedCount += by
	case recommendation.Shortlist:
		r.ShortlistedCount += by
	}
}

// count makes feedback count on its page.
func count[E any](from func(E) recommendation.Origin, apply func(*Recommendation, E)) projections.Rule[Recommendation] {
	return projections.Change(
		func(e E, _ domain.Meta) Recommendation { return Recommendation{ID: from(e).RecommendationID} },
		func(r *Recommendation, e E, m domain.Meta) {
			r.Version = m.Version
			apply(r, e)
		})
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Which narrows a list of what a giver has; zero values do not narrow.
type Which struct {
	Giver       uuid.UUID
	RecipientID *uuid.UUID
	SessionID   string
}

const readList = `SELECT * FROM recommendations
	WHERE giver_id = $1 AND ($2::uuid IS NULL OR recipient_id = $2) AND ($3 = '' OR session_id = $3)`

// List reads a giver's recommendations, newest first.
func List(ctx context.Context, db projections.Querier, w Which, page projections.PageRequest) (projections.Page[Recommendation], error) {
	return projections.SelectPage[Recommendation](ctx, db, projections.List{
		SQL: readList, Args: []any{w.Giver, w.RecipientID, w.SessionID}, By: []string{"place"}, Desc: true,
	}, page)
}

// Get reads one recommendation of a giver, or recommendation.ErrNotFound.
func Get(ctx context.Context, db projections.Querier, giver, id uuid.UUID) (Recommendation, error) {
	r, ok, err := projections.First[Recommendation](ctx, db, `SELECT * FROM recommendations WHERE giver_id = $1 AND id = $2`, giver, id)
	if err == nil && !ok {
		err = recommendation.ErrNotFound
	}
	return r, err
}

// Find reads one recommendation, whosever it is, or recommendation.ErrNotFound. It is for analysts.
func Find(ctx context.Context, db projections.Querier, id uuid.UUID) (Recommendation, error) {
	r, ok, err := projections.First[Recommendation](ctx, db, `SELECT * FROM recommendations WHERE id = $1`, id)
	if err == nil && !ok {
		err = recommendation.ErrNotFound
	}
	return r, err
}
