// Package recommend turns what searching found into a page of gifts: it keeps off what must not be
// offered, scores the rest by named features, drops what is no gift or has nothing to do with the
// query, and lays out the page. It is pure: the same input gives the same page, whatever the order
// of the candidates, and each pick carries the features that put it where it is.
//
// The stages, in order: filter (budget, vetoes) → score → collapse near-duplicates → cut to the
// best retrieved of each query → trim → lay out. A new signal is a line in features; a new way to
// lay out a page replaces the last stage alone.
package recommend

import "gifty/domain"

// Candidate is a product that a search found for one query, with what is needed to judge it.
type Candidate struct {
	GiftID      string
	Title       string
	Description string
	Category    string
	Merchant    string
	Price       *domain.Amount // nil: not known; such a product is left out when there is a budget
	Currency    string         // ISO 4217
	// Similarity is the cosine of query and product, -1–1, also for candidates found by words alone.
	Similarity float64
	// WordScore is the text search's score for the query, 0 when it did not find the product. Only
	// its size beside the others of the same list counts.
	WordScore float64
	// Giftability is the stored score, 0–1; nil: it is worked out from the texts.
	Giftability *float64
}

// List is what was found for one query, in any order. It may hold more than the policy looks at:
// candidates that drop out make room for the next.
type List struct {
	Query      string
	Candidates []Candidate
}

// Request is who the page is for and what it may cost.
type Request struct {
	Person Person
	Budget *domain.Money // nil or not above zero: no limit
	Policy Policy        // the zero value stands for DefaultPolicy
}

// Pick is a gift on a page and why it is there.
type Pick struct {
	GiftID     string    `json:"gift_id"`
	Rank       int       `json:"rank"`       // 1 is first
	Query      int       `json:"query"`      // index of the list it comes from
	Similarity float64   `json:"similarity"` // the cosine, never the mixed score
	Score      float64   `json:"score"`      // sum of the features' contributions
	Features   []Feature `json:"features"`
}

// Feature is one named reason for a score.
type Feature struct {
	Name         string   `json:"name"`
	Value        float64  `json:"value"`        // 0–1
	Contribution float64  `json:"contribution"` // value × the policy's weight for it
	Because      []string `json:"because,omitempty"`
}

// Policy is everything about ranking that may be tuned. Versions of it can be compared.
type Policy struct {
	Weights Weights
	// Queries, PerQuery: how many lists are looked at, and how many candidates of each.
	Queries, PerQuery int
	// KeptPerQuery is how many of each query's gifts a preview shows; DeepDive how many a deep dive does.
	KeptPerQuery, DeepDive int
	// Minimum is how many gifts a page has although they are weak, where that many may be offered.
	Minimum int
	// Relevance is the share of the page's best similarity that a gift needs to be on a page.
	Relevance float64
	// Giftability is the score that a gift needs to be on a page.
	Giftability float64
	// Misfit is the degree of gender or age mismatch from which a gift is not on a page.
	Misfit float64
}

// Weights are what each feature counts. Features run from 0 to 1, so a weight is the most that a
// feature can move a score; those of the penalties are below zero.
type Weights struct {
	Similarity  float64 // the cosine: typical lists span 0.2 to 0.4 of it, so 2 moves as much as the rest
	Words       float64 // the word score, as a share of the list's best
	Giftability float64
	PriceFit    float64
	Gender      float64 // for the other gender
	Age         float64 // for another age
	Relation    float64 // romance where there is none
	Risk        float64 // what the constraints make unlikely without ruling it out
}

// DefaultPolicy is what is in force when nothing else was configured.
func DefaultPolicy() Policy {
	return Policy{
		Weights: Weights{
			Similarity: 2, Words: 0.3, Giftability: 1, PriceFit: 0.4,
			Gender: -1.2, Age: -1.2, Relation: -0.8, Risk: -0.4,
		},
		Queries: 3, PerQuery: 15, KeptPerQuery: 4, DeepDive: 15, Minimum: 4,
		Relevance: 0.7, Giftability: NotAGift, Misfit: 0.8,
	}
}

func (r Request) policy() Policy {
	if r.Policy == (Policy{}) {
		return DefaultPolicy()
	}
	return r.Policy
}
