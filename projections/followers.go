package projections

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Who keeps which version up to date is told by shared advisory locks, class "gif3", by the hash of
// the versioned name: they vanish with the process that holds them.
const (
	followLock = `x'67696633'::int`
	follow     = `SELECT pg_advisory_lock_shared(` + followLock + `, hashtext(name)) FROM unnest($1::text[]) AS name`
	// followers counts the processes that follow the log with a row c of checkpoints.
	followers = `(SELECT count(*) FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = ` + followLock + `::oid AND l.objsubid = 2
		AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND l.objid::bigint = hashtext(c.read_table || '_v' || c.version)::bigint & 4294967295)`
)

// sayWhatFollows holds a lock for each version that this engine follows, until ctx ends.
func (e *Engine) sayWhatFollows(ctx context.Context, config *pgx.ConnConfig) {
	var names []string
	for _, p := range e.projectors {
		names = append(names, p.table.String())
	}
	for ctx.Err() == nil {
		if conn, err := pgx.ConnectConfig(ctx, config); err == nil {
			if _, err = conn.Exec(ctx, follow, names); err == nil {
				_, err = conn.WaitForNotification(ctx) // none comes: this ends with the connection
			}
			conn.Close(context.WithoutCancel(ctx))
			e.opt.Logger.Debug("nobody hears which read tables this process follows", "error", err)
		}
		timer := time.NewTimer(e.opt.Poll)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}
