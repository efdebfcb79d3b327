package analytics

import (
	"context"
	"time"

	"gifty/domain"
	"gifty/projections"
)

// Moment is when the event at a position occurred.
type Moment struct {
	Position   domain.Position `json:"position"`
	OccurredAt time.Time       `json:"occurred_at"`
}

// Moments tells when events occurred at so many places of a log that ends at head, evenly apart, the
// first and the last among them.
func Moments(ctx context.Context, db projections.Querier, head domain.Position, places int) ([]Moment, error) {
	var at []int64
	for i := range places {
		at = append(at, 1+int64(head-1)*int64(i)/int64(max(1, places-1)))
	}
	return projections.Select[Moment](ctx, db, `SELECT position, occurred_at FROM events WHERE position = ANY($1) ORDER BY position`, at)
}
