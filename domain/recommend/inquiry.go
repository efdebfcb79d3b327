package recommend

import (
	"github.com/google/uuid"

	"gifty/domain"
)

// Russian is the language of pages that are not in English.
const Russian = "ru"

// PageSize is how many gifts a page has when an inquiry does not say.
const PageSize = 12

// Inquiry is who a page is for and all that is known of them.
type Inquiry struct {
	Person   Person
	Budget   *domain.Money // nil or not above zero: no limit
	Language string        // of the page's sentences: "ru", anything else is English
	Limit    int           // most gifts on the page, up to MaxPage; not above 0: PageSize
	Policy   Policy        // the zero value stands for DefaultPolicy
	Seed     uint64        // the same seed and inquiry give the same page
	Taste    Taste
	Learned  Learned // weights learnt from feedback; the zero value: the policy's own
	Priors   Priors
	Ideas    []Idea // what each list was searched for, by the list's index; may be shorter
	// Seen, Bought, Excluded: gift ids that are not offered again.
	Seen, Bought, Excluded map[string]bool
	// Offered is how often a gift was on a page of this person without being known to be seen.
	Offered map[string]int
	// Why nothing may have been found: no price in this currency, which is wanted without a budget, or no product at all.
	Currency   string
	NoProducts bool
}

// Idea is the thought behind a list.
type Idea struct {
	Title string // shown in explanations; "": none
	Track string // what its posterior is kept by
	Gap   string // what the gift does for the person: the_mirror, the_optimizer …
}

// Page is an answer: what to show, and what else was considered.
type Page struct {
	Items []Item `json:"items"`
	// Candidates is all that was found, each gift once, best first, with why it is not on the page.
	Candidates []Scored `json:"candidates"`
	Notice     *Notice  `json:"notice,omitempty"` // set when there is nothing to show
}

// Item is a gift on a page and why it is there.
type Item struct {
	GiftID      string      `json:"gift_id"`
	Position    int         `json:"position"`   // 1 is first
	Query       int         `json:"query"`      // index of the list it comes from
	Similarity  float64     `json:"similarity"` // the cosine of query and product, never the score
	Score       float64     `json:"score"`
	Propensity  float64     `json:"propensity"` // see Serve; above 0, at most 1
	Exploratory bool        `json:"exploratory,omitempty"`
	Features    []Weighted  `json:"features"` // those that are not 0
	Reason      string      `json:"reason"`   // one sentence in the page's language
	Events      []uuid.UUID `json:"events"`   // of the reactions that moved it most
	Influences  []Influence `json:"influences,omitempty"`
}

// Weighted is a feature of an item with the weight in force.
type Weighted struct {
	Name         string   `json:"name"`
	Value        float64  `json:"value"`
	Weight       float64  `json:"weight"`
	Contribution float64  `json:"contribution"` // value × weight
	Because      []string `json:"because,omitempty"`
}

// Scored is a candidate as it was considered. What it holds is enough to replay the draw under other
// weights and another draw: see Replay.
type Scored struct {
	GiftID      string    `json:"gift_id"`
	Query       int       `json:"query"` // of the list in which it scores best
	Merchant    string    `json:"merchant,omitempty"`
	Category    string    `json:"category,omitempty"`
	Band        int       `json:"price_band"`       // see priceBand; -1: no price
	Values      []float64 `json:"values,omitempty"` // in the order of FeatureNames, to three places; nil: dropped before
	Score       float64   `json:"score"`            // Σ weight·value
	Uncertainty float64   `json:"uncertainty"`      // standard deviation of the score
	Position    int       `json:"position,omitempty"`
	Dropped     Dropped   `json:"dropped,omitempty"`
	DuplicateOf string    `json:"duplicate_of,omitempty"` // a gift id
	Veto        string    `json:"veto,omitempty"`         // the rule and the word, in English
	// Near is the similarity to each of the page's items by position, in hundredths; nil: it took no
	// part in the draw.
	Near []int8 `json:"near,omitempty"`
}

// Dropped is why a candidate is not on the page; "": it is.
type Dropped string

// The reasons, in the order in which they are looked at.
const (
	DroppedExcluded   Dropped = "excluded"
	DroppedBought     Dropped = "bought"
	DroppedSeen       Dropped = "seen"
	DroppedVetoed     Dropped = "vetoed"
	DroppedOverBudget Dropped = "over_budget"    // or without a price, or in another currency
	DroppedNotAGift   Dropped = "not_a_gift"     // giftability below the policy's
	DroppedMisfit     Dropped = "misfit"         // for another gender or age
	DroppedOccasion   Dropped = "other_occasion" // for another occasion alone
	DroppedTrinket    Dropped = "trinket"        // costs next to nothing beside the budget
	DroppedIrrelevant Dropped = "irrelevant"     // too far from what was asked
	DroppedDuplicate  Dropped = "duplicate"      // of DuplicateOf
	DroppedQuery      Dropped = "query_limit"    // the page holds enough of its query
	DroppedMerchant   Dropped = "merchant_limit" // … of its merchant
	DroppedCategory   Dropped = "category_limit" // … of its category
	DroppedBand       Dropped = "price_band_limit"
	DroppedOutranked  Dropped = "outranked"
)

// Notice says that there is nothing to show, why, and what comes nearest.
type Notice struct {
	Code    string    `json:"code"` // nothing_found, budget_too_low, currency_unpriced, constraints_too_strict, nothing_new, nothing_close
	Text    string    `json:"text"` // in the page's language
	Nearest []Nearest `json:"nearest"`
}

// Nearest is a gift that would do if something were given up.
type Nearest struct {
	GiftID   string         `json:"gift_id"`
	Title    string         `json:"title"`
	Price    *domain.Amount `json:"price"`
	Currency string         `json:"currency,omitempty"`
	Dropped  Dropped        `json:"dropped"`
	Why      string         `json:"why,omitempty"` // the rule it breaks
}
