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

// SearchLog is one search of the catalogue and what came of it.
type SearchLog struct {
	ID              uuid.UUID      `json:"id" db:"pk"`
	GiverID         uuid.UUID      `json:"giver_id"`
	RecipientID     *uuid.UUID     `json:"recipient_id"`
	SessionID       *string        `json:"session_id"`
	HypothesisID    *uuid.UUID     `json:"hypothesis_id" doc:"null when a person searched, and of ideas that were searched and not kept"`
	TrackTitle      *string        `json:"track_title" personal:"recipient_id,giver_id"`
	HypothesisTitle *string        `json:"hypothesis_title" personal:"recipient_id,giver_id"`
	SearchContext   string         `json:"search_context" doc:"preview: for an idea; search: a person's words"`
	LLMModel        *string        `json:"llm_model" doc:"what wrote the query"`
	EmbeddingModel  string         `json:"embedding_model"`
	SearchQuery     string         `json:"search_query" personal:"recipient_id,giver_id"`
	ResultsCount    int            `json:"results_count"`
	AvgSimilarity   *float64       `json:"avg_similarity"`
	TopSimilarity   *float64       `json:"top_similarity"`
	TopGiftID       *string        `json:"top_gift_id"`
	MaxPrice        *domain.Amount `json:"max_price"`
	Currency        *string        `json:"currency"`
	ExecutionTimeMS float64        `json:"execution_time_ms" doc:"an idea's queries are searched at once: each has an equal share of the time"`
	EngineVersion   string         `json:"engine_version"`
	Place           int64          `json:"place"`
	projections.Stamps
}

// SearchLogs is every search; those for a deleted recipient stay, without their words and the link to them.
var SearchLogs = projections.Table[SearchLog]{
	Name: "search_logs", Version: 3,
	Doc: "A search of the catalogue and what came of it.",
	Fold: projections.Fold(
		projections.On(
			func(e discovery.CatalogueSearched, _ domain.Meta) SearchLog { return SearchLog{ID: e.SearchID} },
			func(r *SearchLog, e discovery.CatalogueSearched, m domain.Meta) {
				r.GiverID, r.RecipientID, r.SessionID, r.HypothesisID = e.GiverID, e.RecipientID, orNull(e.SessionID), e.HypothesisID
				r.TrackTitle, r.HypothesisTitle = orNull(e.TrackTitle), orNull(e.HypothesisTitle)
				r.SearchContext, r.LLMModel, r.EmbeddingModel = string(e.Context), orNull(e.Generator), e.EmbeddingModel
				r.SearchQuery, r.ResultsCount = e.Query, e.ResultsCount
				r.AvgSimilarity, r.TopSimilarity, r.TopGiftID = e.AvgSimilarity, e.TopSimilarity, orNull(e.TopGiftID)
				r.MaxPrice, r.Currency = e.MaxPrice, orNull(e.Currency)
				r.ExecutionTimeMS, r.EngineVersion, r.Place = e.ExecutionMS, e.EngineVersion, int64(m.Position)
			}),
		claimed(func(r *SearchLog, giver uuid.UUID) { r.GiverID = giver }),
		projections.Each("recipient_id",
			func(e recipient.Deleted, _ domain.Meta) uuid.UUID { return e.RecipientID },
			func(r *SearchLog, _ recipient.Deleted, _ domain.Meta) {
				r.unlink()
			}),
		projections.Each("giver_id",
			func(e erasure.GiverErased, _ domain.Meta) uuid.UUID { return e.GiverID },
			func(r *SearchLog, _ erasure.GiverErased, _ domain.Meta) {
				r.unlink()
				r.GiverID = uuid.Nil
			}),
	),
	Indexes: []string{
		`CREATE INDEX ON {table} (giver_id, place DESC)`,
		`CREATE INDEX ON {table} (recipient_id)`,
		`CREATE INDEX ON {table} (session_id)`,
		`CREATE INDEX ON {table} (hypothesis_id)`,
	},
}

// unlink leaves how the catalogue did, and nothing of whom it was asked for.
func (r *SearchLog) unlink() {
	r.RecipientID, r.SessionID, r.HypothesisID = nil, nil, nil
	r.TrackTitle, r.HypothesisTitle, r.SearchQuery = nil, nil, ""
}

// ListSearchLogs reads a giver's searches, newest first.
func ListSearchLogs(ctx context.Context, db projections.Querier, w Which, page projections.PageRequest) (projections.Page[SearchLog], error) {
	return projections.SelectPage[SearchLog](ctx, db, projections.List{
		SQL: `SELECT * FROM search_logs` + which, Args: w.args(), By: []string{"place"}, Desc: true,
	}, page)
}
