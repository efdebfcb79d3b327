// Package recommendation decides about pages of gifts: a page is served once and kept as it was
// served, and what became of each gift on it is a fact of its own. How a page comes about is the
// Recommender's matter, not this package's.
package recommendation

import (
	"github.com/google/uuid"

	"gifty/domain"
)

// Served records a page and all that is needed to judge it later, also by what another policy would
// have done: what was asked, which gifts stood where, with what probability, and why.
type Served struct {
	RecommendationID uuid.UUID  `json:"recommendation_id"`
	GiverID          uuid.UUID  `json:"giver_id"`
	RecipientID      *uuid.UUID `json:"recipient_id,omitempty"` // nil: nobody in particular
	SessionID        string     `json:"session_id,omitempty"`
	HypothesisID     *uuid.UUID `json:"hypothesis_id,omitempty"`
	Brief            Brief      `json:"brief"`
	AgeSegment       string     `json:"age_segment,omitempty"` // domain.AgeSegment of the brief's age; absent in old ones
	Ideas            []Idea     `json:"ideas,omitempty"`
	Exclude          []string   `json:"exclude,omitempty"` // gift ids that were not wanted
	Limit            int        `json:"limit"`
	Seed             int64      `json:"seed"`
	Making
	Items            []ServedItem `json:"items,omitempty"`
	Notice           string       `json:"notice,omitempty"`            // a Notice's code
	ConsideredSHA256 []byte       `json:"considered_sha256,omitempty"` // blob: Considered as JSON
	PageSHA256       []byte       `json:"page_sha256"`                 // blob: Recommended as JSON, as the client got it
}

// ServedItem is a gift on a page without what only a person reads.
type ServedItem struct {
	GiftID      string      `json:"gift_id"`
	Position    int         `json:"position"`
	Query       string      `json:"query,omitempty" personal:"recipient_id,giver_id"`
	Idea        string      `json:"idea,omitempty" personal:"recipient_id,giver_id"`
	Track       string      `json:"track,omitempty" personal:"recipient_id,giver_id"` // of the idea
	Gap         string      `json:"gap,omitempty"`
	Similarity  *float64    `json:"similarity"` // null where it was not measured
	Score       float64     `json:"score"`
	Propensity  float64     `json:"propensity"`
	Exploratory bool        `json:"exploratory,omitempty"`
	Features    []Feature   `json:"features,omitempty"`
	Reason      string      `json:"reason,omitempty" personal:"recipient_id,giver_id"`
	EventIDs    []uuid.UUID `json:"event_ids,omitempty"`
}

// Origin is where feedback comes from: which page, whose, and made by what. Being told with every
// fact about a gift, it spares read tables the look at the page.
type Origin struct {
	RecommendationID uuid.UUID  `json:"recommendation_id"`
	GiverID          uuid.UUID  `json:"giver_id"`
	RecipientID      *uuid.UUID `json:"recipient_id,omitempty"`
	HypothesisID     *uuid.UUID `json:"hypothesis_id,omitempty"`
	Policy           Policy     `json:"policy"`
	Exposure         *Exposure  `json:"exposure,omitempty"`
	FeaturesVersion  int        `json:"features_version"` // of the marks' values
}

// Mark is a gift on a page as feedback names it, and what had become of it before.
type Mark struct {
	GiftID     string  `json:"gift_id"`
	Position   int     `json:"position"`
	Propensity float64 `json:"propensity"`
	Values     []Value `json:"values,omitempty"`                                 // of its features when it was served
	Track      string  `json:"track,omitempty" personal:"recipient_id,giver_id"` // of the idea that it stood for; not told of what was only seen
	Gap        string  `json:"gap,omitempty"`
	Was        Fate    `json:"was,omitzero"`
}

// Value is a feature's value.
type Value struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

// Fate is what became of a gift on a page.
type Fate struct {
	Shown     bool     `json:"shown,omitempty"`
	Clicked   bool     `json:"clicked,omitempty"`
	Reaction  Reaction `json:"reaction,omitempty"` // "" or "none": none
	Purchased bool     `json:"purchased,omitempty"`
}

// Shown records that the giver saw these gifts, each for the first time on this page.
type Shown struct {
	Origin
	Items []Mark `json:"items"`
}

// Clicked records that the giver went to look at the gift in the shop.
type Clicked struct {
	Origin
	Mark
}

// Reacted records what the giver says of the gift; NoReaction takes the last reaction back.
type Reacted struct {
	Origin
	Mark
	Reaction Reaction `json:"reaction"`
}

// Purchased records that the giver bought the gift.
type Purchased struct {
	Origin
	Mark
}

// Claimed records that the giver who got the page anonymously has an account now.
type Claimed struct {
	RecommendationID uuid.UUID `json:"recommendation_id"`
	GiverID          uuid.UUID `json:"giver_id"`
	From             uuid.UUID `json:"from"` // the anonymous giver
}

// Events registers the context's events.
func Events() []domain.EventType {
	return []domain.EventType{
		domain.Type[Served]("recommendation.served.v1"),
		domain.Type[Shown]("recommendation.shown.v1"),
		domain.Type[Clicked]("recommendation.clicked.v1"),
		domain.Type[Reacted]("recommendation.reacted.v1"),
		domain.Type[Purchased]("recommendation.purchased.v1"),
		domain.Type[Claimed]("recommendation.claimed.v1"),
	}
}
