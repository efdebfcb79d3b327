package recommendation

import (
	"fmt"
	"math"

	"github.com/google/uuid"

	"gifty/domain"
)

// Page is what a Recommender answers.
type Page struct {
	Making
	Items  []Item
	Notice *Notice // nil: the gifts speak for themselves
	Considered
}

// Considered is all that a page was chosen from, with what it takes to choose again by another policy.
type Considered struct {
	FeatureNames []string    `json:"feature_names" doc:"What the candidates' values are of, in their order."`
	Candidates   []Candidate `json:"candidates" doc:"Those on the page included."`
}

// Making is how a page came about.
type Making struct {
	Policy            Policy          `json:"policy"`
	Exposure          *Exposure       `json:"exposure,omitempty" doc:"Which arm of which experiment chose the policy."`
	CataloguePosition domain.Position `json:"catalogue_position" doc:"Log position up to which the catalogue was known."`
	EmbeddingModel    string          `json:"embedding_model,omitempty"`
	EmbeddingVersion  string          `json:"embedding_version,omitempty"`
	EngineVersion     string          `json:"engine_version"`
	FeaturesVersion   int             `json:"features_version" doc:"Names what the features mean; values of another version do not compare."`
	ExecutionMS       float64         `json:"execution_ms" doc:"How long it took to make, in milliseconds."`
}

// Policy names the configuration that ranked a page.
type Policy struct {
	Name    string `json:"name"`
	Version int    `json:"version"`
}

// Exposure is an experiment's arm that a page belongs to.
type Exposure struct {
	Experiment string `json:"experiment"`
	Bucket     string `json:"bucket"`
}

// Item is a gift on a page: what it is, and why it is there.
type Item struct {
	GiftID      string      `json:"gift_id"`
	Position    int         `json:"position" doc:"From 1."`
	Gift        Gift        `json:"gift"`
	Query       string      `json:"query,omitempty" doc:"What it was found by."`
	Idea        string      `json:"idea,omitempty" doc:"The idea's title that it stands for."`
	Track       string      `json:"track,omitempty" doc:"The topic of the idea."`
	Gap         string      `json:"gap,omitempty" doc:"What the idea does for the person, such as the_mirror: it recognises who they are."`
	Similarity  *float64    `json:"similarity" doc:"Cosine of query and product, -1–1; null where either has no vector."`
	Score       float64     `json:"score" doc:"The sum of the features' contributions."`
	Propensity  float64     `json:"propensity" doc:"The probability that this policy puts this gift at this position, above 0, at most 1."`
	Exploratory bool        `json:"exploratory" doc:"It is here to learn from, not for its score alone."`
	Features    []Feature   `json:"features" doc:"What the score is made of."`
	Reason      string      `json:"reason" doc:"Why it is here, as a sentence in the page's language."`
	EventIDs    []uuid.UUID `json:"event_ids" doc:"The events, such as a like, that moved it."`
	Influences  []Influence `json:"influences,omitempty" doc:"What those events were, and how far they moved it."`
}

// Influence is how something said before moved a gift.
type Influence struct {
	EventID uuid.UUID `json:"event_id"`
	GiftID  string    `json:"gift_id" doc:"Of what it was said."`
	Kind    string    `json:"kind" enum:"like,dislike,shortlist,purchase,click,shown"`
	Title   string    `json:"title,omitempty"`
	Effect  float64   `json:"effect" doc:"What it adds to the taste feature: above zero for, below zero against."`
}

// Gift is a product as it was when a page offered it.
type Gift struct {
	Title      string         `json:"title"`
	Price      *domain.Amount `json:"price,omitempty"`
	Currency   string         `json:"currency,omitempty" doc:"ISO 4217."`
	Category   string         `json:"category,omitempty"`
	Merchant   string         `json:"merchant,omitempty"`
	ImageURL   string         `json:"image_url,omitempty"`
	ProductURL string         `json:"product_url"`
}

// Feature is one named part of a score.
type Feature struct {
	Name         string   `json:"name"`
	Value        float64  `json:"value" doc:"0–1 but where the feature's description says otherwise."`
	Weight       float64  `json:"weight"`
	Contribution float64  `json:"contribution" doc:"Value × weight."`
	Because      []string `json:"because,omitempty" personal:"recipient_id,giver_id" doc:"What it was read from."`
}

// Candidate is a gift that was considered.
type Candidate struct {
	GiftID      string    `json:"gift_id"`
	List        int       `json:"list" doc:"Which query's list it comes from, from 0."`
	Query       string    `json:"query,omitempty"`
	Idea        string    `json:"idea,omitempty"`
	Merchant    string    `json:"merchant,omitempty"`
	Category    string    `json:"category,omitempty"`
	PriceBand   int       `json:"price_band" doc:"As the recommender bands prices; -1: no price."`
	Values      []float64 `json:"values,omitempty" doc:"Of its features; absent when it dropped out before they were looked at."`
	Score       float64   `json:"score"`
	Uncertainty float64   `json:"uncertainty" doc:"Standard deviation of the score."`
	Position    int       `json:"position,omitempty" doc:"On the page, from 1; absent for what is not on it."`
	Dropped     string    `json:"dropped,omitempty" doc:"Why it is not on the page, in a word."`
	DuplicateOf string    `json:"duplicate_of,omitempty" doc:"The gift that it is the same goods as."`
	Veto        string    `json:"veto,omitempty" doc:"The rule that it breaks."`
	Near        []int8    `json:"near,omitempty" doc:"Similarity to each gift on the page by position, in hundredths."`
}

// Notice says what a page cannot say by its gifts, such as that nothing fits.
type Notice struct {
	Code    string    `json:"code" doc:"For programs; codes never change."`
	Text    string    `json:"text" doc:"In the page's language."`
	Nearest []Nearest `json:"nearest,omitempty" doc:"What comes nearest to fit, nearest first."`
}

// Nearest is a gift that would do if something were given up.
type Nearest struct {
	GiftID  string `json:"gift_id"`
	Gift    Gift   `json:"gift"`
	Dropped string `json:"dropped,omitempty" doc:"Why it does not fit, in a word."`
	Why     string `json:"why,omitempty" doc:"The rule that it breaks."`
}

// Recommended is a page as clients get it and as it is kept.
type Recommended struct {
	RecommendationID uuid.UUID  `json:"recommendation_id"`
	RecipientID      *uuid.UUID `json:"recipient_id,omitempty"`
	SessionID        string     `json:"session_id,omitempty"`
	HypothesisID     *uuid.UUID `json:"hypothesis_id,omitempty"`
	Items            []Item     `json:"items" doc:"In the order to show them."`
	Notice           *Notice    `json:"notice,omitempty" doc:"What the gifts do not say by themselves, such as that nothing fits."`
	Seed             int64      `json:"seed" doc:"What chance was drawn from."`
	Making
}

// check guards the log against a recommender's defect: what it would keep for ever must be sound.
func (p Page) check() error {
	seen := map[string]bool{}
	for i, item := range p.Items {
		switch {
		case item.GiftID == "" || seen[item.GiftID]:
			return fmt.Errorf("the recommender put %q on the page twice or without an id", item.GiftID)
		case item.Position != i+1:
			return fmt.Errorf("the recommender put %q at position %d as number %d", item.GiftID, item.Position, i+1)
		case !(item.Propensity > 0 && item.Propensity <= 1):
			return fmt.Errorf("the recommender gave %q the propensity %g", item.GiftID, item.Propensity)
		case math.IsNaN(item.Score) || math.IsInf(item.Score, 0):
			return fmt.Errorf("the recommender gave %q the score %g", item.GiftID, item.Score)
		}
		seen[item.GiftID] = true
	}
	return nil
}

// served is the items as the log keeps them.
func (p Page) served() []ServedItem {
	var items []ServedItem
	for _, i := range p.Items {
		items = append(items, ServedItem{
			GiftID: i.GiftID, Position: i.Position, Query: i.Query, Idea: i.Idea, Track: i.Track, Gap: i.Gap, Similarity: i.Similarity, Score: i.Score,
			Propensity: i.Propensity, Exploratory: i.Exploratory, Features: i.Features, Reason: i.Reason, EventIDs: i.EventIDs,
		})
	}
	return items
}

// filled is the items with empty lists in place of absent ones, as clients are promised.
func (p Page) filled() []Item {
	items := make([]Item, len(p.Items))
	for i, item := range p.Items {
		item.Features = append([]Feature{}, item.Features...)
		item.EventIDs = append([]uuid.UUID{}, item.EventIDs...)
		items[i] = item
	}
	return items
}
