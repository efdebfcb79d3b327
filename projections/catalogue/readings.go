package catalogue

import (
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"gifty/domain/recommend"
)

// readingsKept is how many products' readings are kept: some kilobytes each.
const readingsKept = 50_000

// Readings keeps what takes long to make of a product and is the same for every page, as long as the
// product stays as it is. Make it with NewReadings; it may be used by many at once.
type Readings struct {
	known *lru.Cache[readingKey, Reading]
}

// Reading is a product's texts and gift vector as the ranking takes them.
type Reading struct {
	Text *recommend.Text
	Axes *recommend.Axes // nil: not scored
}

// readingKey names a product as it was at a time.
type readingKey struct {
	giftID    string
	updatedAt time.Time
}

// NewReadings has read nothing yet.
func NewReadings() (*Readings, error) {
	known, err := lru.New[readingKey, Reading](readingsKept)
	return &Readings{known}, err
}

// Read reads a product. A nil *Readings reads it each time.
func (r *Readings) Read(g *Gift) Reading {
	key := readingKey{g.GiftID, g.UpdatedAt}
	if r != nil {
		if known, is := r.known.Get(key); is {
			return known
		}
	}
	made := Reading{recommend.ReadText(g.Title, text(g.Description), text(g.Category)), recommend.ParseAxes(g.Scores)}
	if r != nil {
		r.known.Add(key, made)
	}
	return made
}
