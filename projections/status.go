package projections

import (
	"context"
	"time"

	"gifty/domain"
)

// Status is where one version of one table stands.
type Status struct {
	Table      string          `json:"table"`
	Version    int             `json:"version"`
	Active     bool            `json:"active"` // what queries see
	Position   domain.Position `json:"position"`
	LagEvents  int64           `json:"lag_events"`  // events after Position
	LagSeconds float64         `json:"lag_seconds"` // age of the first of them
	State      string          `json:"state"`       // building, live or stopped
	FailedAt   *int64          `json:"failed_at,omitempty"`
	Error      *string         `json:"error,omitempty"`
	UpdatedAt  time.Time       `json:"updated_at"`
}

const readStatus = `SELECT c.read_table AS table, c.version, c.active, c.position, c.state, c.failed_at, c.error, c.updated_at,
		greatest(h.head - c.position, 0) AS lag_events,
		coalesce(extract(epoch FROM greatest(now() - e.occurred_at, interval '0')), 0)::float8 AS lag_seconds
	FROM (` + logHead + `) AS h(head), checkpoints c LEFT JOIN events e ON e.position = c.position + 1
	ORDER BY c.read_table, c.version`

// Status lists every version of every table that this database knows, also those of other
// programs' definitions.
func (e *Engine) Status(ctx context.Context) ([]Status, error) {
	return Select[Status](ctx, e.pool, readStatus)
}
