package discovery

import (
	"context"

	"github.com/google/uuid"

	"gifty/domain"
)

// Recipients tells about the people that gifts are for; another context keeps them.
type Recipients interface {
	// Recipient returns the acting giver's recipient, or a not_found error.
	Recipient(ctx context.Context, id uuid.UUID) (Person, error)
}

// Person is what discovery needs to know of a recipient.
type Person struct {
	ID        uuid.UUID
	Relation  string
	Gender    string
	Age       *int
	Interests []string
	// Unchanged demands, in the append that rests on it, that the recipient is still as it was.
	Unchanged domain.Write
}

// Products tells about the catalogue; another context keeps it.
type Products interface {
	// ProductExists tells whether there is a product of this id, retired ones among them. Products
	// never go, so the answer yes stays true.
	ProductExists(ctx context.Context, giftID string) (bool, error)
}

// Presents tells what recipients have got already; another context keeps it.
type Presents interface {
	// Bought lists the products that were bought for a recipient, or chosen in a dialogue. What has just
	// happened may not be in it yet.
	Bought(ctx context.Context, recipient uuid.UUID) ([]string, error)
}

// Finder finds products for ideas.
type Finder interface {
	// Find searches for the queries of ideas for the same person, and lays out a page for each, in their
	// order, without what the person has had. An empty page is no error.
	Find(ctx context.Context, b Brief, wishes []Wish) ([]Found, error)
}

// Wish is what to find.
type Wish struct {
	Title   string
	Queries []string
}

// Found is the page for a wish and how it was searched. Links may hold more than a page shows, so
// that what other ideas take leaves some.
type Found struct {
	Links    []Link // best first; those that only fill the page stand last
	Fitting  int    // how many of Links, from the first on, answer the wish
	Searches []Search
}

// Search is one query's outcome: every column of the search log that searching can fill.
type Search struct {
	Query          string
	ResultsCount   int
	AvgSimilarity  *float64
	TopSimilarity  *float64
	TopGiftID      string
	MaxPrice       *domain.Amount
	Currency       string
	ExecutionMS    float64
	EngineVersion  string
	EmbeddingModel string
}
