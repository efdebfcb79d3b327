// Package recommend turns what searching found into a page of gifts: it keeps off what must not be
// offered, scores the rest by named features, drops what is no gift or has nothing to do with the
// query, and lays out the page. It is pure: the same input gives the same page, whatever the order
// of the candidates, and each gift carries the features that put it where it is.
//
// Preview and DeepDive lay out what was found for one idea: filter (budget, vetoes) → score →
// collapse near-duplicates → cut to the best retrieved of each query → trim → lay out. Serve makes a
// page for a person, with all that is known of them: consider (drop or score) → pool → draw →
// explain; Replay tells what another policy would have drawn. A new signal is a line in table, a
// weight of its name, and another FeaturesVersion.
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
	// Vector is what the product means, of unit length, of the same model as the person's reactions;
	// nil: not known, and titles tell what is alike.
	Vector []float32
	// AgeFrom and AgeTo are the ages in years it is made for; nil: not known.
	AgeFrom, AgeTo *int
	Axes           *Axes // nil: not scored
	// Text is the texts as ReadText read them, which takes longer than all the rest of the ranking
	// and is the same for every page; nil: they are read now.
	Text *Text
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
	Fits       bool      `json:"fits"`       // it answers the idea; false: it only fills the page
	Features   []Feature `json:"features"`
}

// Feature is one named reason for a score.
type Feature struct {
	Name         string   `json:"name"`
	Value        float64  `json:"value"`        // 0–1
	Contribution float64  `json:"contribution"` // value × the policy's weight for it
	Because      []string `json:"because,omitempty"`
}
