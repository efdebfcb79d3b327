// Package discovery decides about finding a gift: what a giver told of a person, the ideas
// (hypotheses) made from it, the products found for them, and every reaction to either.
package discovery

import (
	"encoding/json"

	"github.com/google/uuid"

	"gifty/domain"
)

// Started records that a giver asked for ideas.
type Started struct {
	SessionID   string     `json:"session_id"`
	GiverID     uuid.UUID  `json:"giver_id"`
	RecipientID *uuid.UUID `json:"recipient_id,omitempty"` // nil: nobody in particular
	Brief       Brief      `json:"brief"`
}

// IdeasProposed records which ideas a giver got, in their order. It stands in the session's stream
// and in that of the recipient's ideas, so that neither gets the same ideas again.
type IdeasProposed struct {
	SessionID    string      `json:"session_id"`
	GiverID      uuid.UUID   `json:"giver_id"`
	RecipientID  *uuid.UUID  `json:"recipient_id,omitempty"`
	HypothesisID []uuid.UUID `json:"hypothesis_ids"`
}

// HypothesisGenerated records that a generator had an idea.
type HypothesisGenerated struct {
	HypothesisID uuid.UUID  `json:"hypothesis_id"`
	SessionID    string     `json:"session_id"`
	GiverID      uuid.UUID  `json:"giver_id"`
	RecipientID  *uuid.UUID `json:"recipient_id,omitempty"`
	Idea
	Model         string `json:"model"`
	PromptVersion string `json:"prompt_version"`
	RawSHA256     []byte `json:"raw_sha256,omitempty"` // blob: the model's reply as received
	// Configuration is the version of each configuration module that took part; 0 is what ships.
	Configuration map[string]int `json:"configuration,omitempty"`
}

// ProductsLinked records that products were found for an idea.
type ProductsLinked struct {
	HypothesisID uuid.UUID  `json:"hypothesis_id"`
	GiverID      uuid.UUID  `json:"giver_id,omitzero"` // absent in old ones
	RecipientID  *uuid.UUID `json:"recipient_id,omitempty"`
	Links        []Link     `json:"links"`
}

// Link is one product's place under an idea.
type Link struct {
	GiftID     string  `json:"gift_id"`
	Rank       int     `json:"rank"`       // from 1
	Similarity float64 `json:"similarity"` // cosine of query and product, -1–1
	// Unmeasured says that nobody knows the similarity, as when a person links a product: it is 0 then.
	Unmeasured bool    `json:"unmeasured,omitempty"`
	Score      float64 `json:"score"` // what it was ranked by
	Query      string  `json:"query,omitempty" personal:"recipient_id,giver_id"`
}

// HypothesisShown records that the giver saw the idea.
type HypothesisShown struct {
	HypothesisID uuid.UUID `json:"hypothesis_id"`
	SessionID    string    `json:"session_id,omitempty"` // absent in old ones, here and below
}

// ProductShown records that the giver saw a product under the idea.
type ProductShown struct {
	HypothesisID uuid.UUID `json:"hypothesis_id"`
	GiftID       string    `json:"gift_id"`
	SessionID    string    `json:"session_id,omitempty"`
}

// ProductClicked records that the giver went to look at it in the shop.
type ProductClicked struct {
	HypothesisID uuid.UUID `json:"hypothesis_id"`
	GiftID       string    `json:"gift_id"`
	SessionID    string    `json:"session_id,omitempty"`
}

// Reacted is what reactions to ideas have in common.
type Reacted struct {
	HypothesisID uuid.UUID  `json:"hypothesis_id"`
	GiverID      uuid.UUID  `json:"giver_id"`
	SessionID    string     `json:"session_id"`
	RecipientID  *uuid.UUID `json:"recipient_id,omitempty"`
	// InteractionID is the recorded interaction that said so, which tells the same; nil when the giver
	// reacted to the idea directly.
	InteractionID *uuid.UUID `json:"interaction_id,omitempty"`
}

// HypothesisLiked records that the giver likes the idea.
type HypothesisLiked struct{ Reacted }

// HypothesisUnliked records that the giver took the like back.
type HypothesisUnliked struct{ Reacted }

// HypothesisDisliked records that the giver dislikes the idea.
type HypothesisDisliked struct{ Reacted }

// HypothesisUndisliked records that the giver took the dislike back.
type HypothesisUndisliked struct{ Reacted }

// HypothesisShortlisted records that the giver keeps the idea for the last choice.
type HypothesisShortlisted struct{ Reacted }

// HypothesisUnshortlisted records that the giver took it off the shortlist.
type HypothesisUnshortlisted struct{ Reacted }

// InteractionRecorded records that a giver did something, with a product, an idea or a page.
type InteractionRecorded struct {
	InteractionID uuid.UUID       `json:"interaction_id"`
	GiverID       uuid.UUID       `json:"giver_id"`
	RecipientID   uuid.UUID       `json:"recipient_id"`
	SessionID     string          `json:"session_id"`
	Action        Action          `json:"action"`
	TargetType    Target          `json:"target_type"`
	TargetID      string          `json:"target_id"`
	HypothesisID  *uuid.UUID      `json:"hypothesis_id,omitempty"`                 // under which idea a product was
	Value         string          `json:"value,omitempty" personal:"recipient_id"` // a comment's text
	Metadata      json.RawMessage `json:"metadata,omitempty" personal:"recipient_id"`
}

// CatalogueSearched records that somebody, or the search for an idea, asked the catalogue.
type CatalogueSearched struct {
	SearchID        uuid.UUID      `json:"search_id"`
	GiverID         uuid.UUID      `json:"giver_id"`
	RecipientID     *uuid.UUID     `json:"recipient_id,omitempty"`
	SessionID       string         `json:"session_id,omitempty"`
	HypothesisID    *uuid.UUID     `json:"hypothesis_id,omitempty"`
	TrackTitle      string         `json:"track_title,omitempty" personal:"recipient_id,giver_id"`
	HypothesisTitle string         `json:"hypothesis_title,omitempty" personal:"recipient_id,giver_id"`
	Context         SearchContext  `json:"context"`
	Generator       string         `json:"generator,omitempty"` // what wrote the query: a model's name
	Query           string         `json:"query" personal:"recipient_id,giver_id"`
	ResultsCount    int            `json:"results_count"`
	AvgSimilarity   *float64       `json:"avg_similarity,omitempty"` // nil where no result had a vector
	TopSimilarity   *float64       `json:"top_similarity,omitempty"`
	TopGiftID       string         `json:"top_gift_id,omitempty"`
	MaxPrice        *domain.Amount `json:"max_price,omitempty"`
	Currency        string         `json:"currency,omitempty"`
	ExecutionMS     float64        `json:"execution_ms"`
	EngineVersion   string         `json:"engine_version"`
	EmbeddingModel  string         `json:"embedding_model"`
}

// SearchContext is what a search was for.
type SearchContext string

// The contexts.
const (
	ContextPreview SearchContext = "preview" // products under an idea
	ContextSearch  SearchContext = "search"  // a person typed words
)

// Events registers the context's events.
func Events() []domain.EventType {
	return append(sessionEvents(),
		domain.Type[Started]("discovery.started.v1"),
		domain.Type[IdeasProposed]("discovery.ideas_proposed.v1"),
		domain.Type[HypothesisGenerated]("discovery.hypothesis_generated.v1"),
		domain.Type[ProductsLinked]("discovery.products_linked.v1"),
		domain.Type[HypothesisShown]("discovery.hypothesis_shown.v1"),
		domain.Type[ProductShown]("discovery.product_shown.v1"),
		domain.Type[ProductClicked]("discovery.product_clicked.v1"),
		domain.Type[HypothesisLiked]("discovery.hypothesis_liked.v1"),
		domain.Type[HypothesisUnliked]("discovery.hypothesis_unliked.v1"),
		domain.Type[HypothesisDisliked]("discovery.hypothesis_disliked.v1"),
		domain.Type[HypothesisUndisliked]("discovery.hypothesis_undisliked.v1"),
		domain.Type[HypothesisShortlisted]("discovery.hypothesis_shortlisted.v1"),
		domain.Type[HypothesisUnshortlisted]("discovery.hypothesis_unshortlisted.v1"),
		domain.Type[InteractionRecorded]("discovery.interaction_recorded.v1"),
		domain.Type[CatalogueSearched]("discovery.catalogue_searched.v1"),
		domain.Type[ModelAsked]("discovery.model_asked.v1"),
	)
}
