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

// bisect halves the log until it has the last event before a moment, as far as times ascend.
const bisect = `WITH RECURSIVE s(low, high) AS (
		SELECT 0::bigint, position FROM log_head
		UNION ALL
		SELECT CASE WHEN e.occurred_at < $1 THEN e.position ELSE s.low END, CASE WHEN e.occurred_at < $1 THEN s.high ELSE e.position - 1 END
		FROM s JOIN events e ON e.position = (s.low + s.high + 1) / 2 WHERE s.low < s.high)
	SELECT low AS position FROM s WHERE low >= high`

// Between finds quickly between which positions all is that occurred from one moment (inclusive) to
// another (exclusive); a zero one is no bound, and upTo is 0 then. What is after and up to them may also
// have occurred at other times: clocks may be an hour apart.
func Between(ctx context.Context, db projections.Querier, from, to time.Time) (after, upTo domain.Position, err error) {
	at := func(moment time.Time) (domain.Position, error) {
		found, _, err := projections.First[struct {
			Position domain.Position `json:"position"`
		}](ctx, db, bisect, moment)
		return found.Position, err
	}
	if !from.IsZero() {
		if after, err = at(from.Add(-clockSkew)); err != nil {
			return 0, 0, err
		}
	}
	if !to.IsZero() {
		upTo, err = at(to.Add(clockSkew))
	}
	return after, upTo, err
}
