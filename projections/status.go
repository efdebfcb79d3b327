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
	Known      bool            `json:"known" doc:"to the program that answers"`
	Position   domain.Position `json:"position"`
	LagEvents  int64           `json:"lag_events"`  // events after Position
	LagSeconds float64         `json:"lag_seconds"` // age of the first of them
	State      string          `json:"state" enum:"building,empty,failed,live,stopped" doc:"building: on its way, nothing is there yet; empty: serves without rows until it is built; failed: could not be built; stopped: met an event that it can't apply"`
	FailedAt   *int64          `json:"failed_at,omitempty" doc:"the event that it, or else its last rebuild, could not apply"`
	Error      *string         `json:"error,omitempty" doc:"why it has stopped, or else why its last rebuild has failed"`
	UpdatedAt  time.Time       `json:"updated_at"`
	Rows       int64           `json:"rows"`        // about, by Postgres's own count
	Bytes      int64           `json:"bytes"`       // on disk, indexes too
	KeepsOlder bool            `json:"keeps_older"` // there is a former table of this version to roll back to
	ByHand     bool            `json:"by_hand" doc:"left on purpose, by a rollback or by stopping its rebuild: only a command builds it or switches to it"`
	Followers  int             `json:"followers" doc:"running programs that keep this version up to date; 0: it stands still"`
	Unindexed  int64           `json:"unindexed" doc:"new rows that are to be put into a deferred index yet: searches compare them one by one meanwhile"`
	IndexError *string         `json:"index_error,omitempty" doc:"what keeps them from it"`
}

const readStatus = `SELECT c.read_table AS table, c.version, c.active, c.position, c.state, coalesce(c.failed_at, c.build_failed_at) AS failed_at, coalesce(c.error, c.build_error) AS error, c.updated_at,
		greatest(h.head - c.position, 0) AS lag_events,
		coalesce(extract(epoch FROM greatest(now() - e.occurred_at, interval '0')), 0)::float8 AS lag_seconds,
		coalesce(greatest(t.n_live_tup, 0), 0) AS rows, coalesce(pg_total_relation_size(t.relid), 0) AS bytes, c.previous IS NOT NULL AS keeps_older, c.by_hand, c.index_error, ` + followers + ` AS followers
	FROM (` + logHead + `) AS h(head), checkpoints c LEFT JOIN events e ON e.position = c.position + 1
		LEFT JOIN pg_stat_user_tables t ON t.relid = to_regclass(quote_ident(c.read_table || '_v' || c.version))
	ORDER BY c.read_table, c.version`

// Status lists every version of every table that this database knows, also those of other
// programs' definitions.
func (e *Engine) Status(ctx context.Context) ([]Status, error) {
	list, err := Select[Status](ctx, e.pool, readStatus)
	for i := range list {
		t := e.definition(list[i].Table, list[i].Version)
		list[i].Known = t != nil
		if err != nil || t == nil || t.sql.unsettled == "" || list[i].State != "live" && list[i].State != "stopped" {
			continue
		}
		err = e.pool.QueryRow(ctx, t.sql.unsettled).Scan(&list[i].Unindexed)
		if hasState(err, "42P01") { // dropped meanwhile
			err = nil
		}
	}
	return list, err
}
