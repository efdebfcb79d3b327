package recommendation

import (
	"context"

	"github.com/google/uuid"

	"gifty/domain"
)

// Recommender makes pages of gifts: it retrieves, ranks, lays out and explains.
type Recommender interface {
	// Recommend answers truly also when nothing fits: by a page without items and a Notice. Errors
	// are for a policy that does not exist (invalid) and for outages (unavailable).
	Recommend(ctx context.Context, a Ask) (Page, error)
}

// Recipients tells about the people that gifts are for; another context keeps them.
type Recipients interface {
	// Recipient returns the acting giver's recipient, or a not_found error.
	Recipient(ctx context.Context, id uuid.UUID) (Person, error)
}

// Person is what this context needs to know of a recipient. What is not known is empty.
type Person struct {
	Age       *int // years
	Gender    string
	Relation  string
	Interests []string
	// Unchanged demands, in the append that rests on it, that the recipient is still as it was.
	Unchanged domain.Write
}

// Blobs gives back what was stored with events.
type Blobs interface {
	// Blob returns the bytes with this SHA-256, or a not_found error.
	Blob(ctx context.Context, sha256 []byte) ([]byte, error)
}
