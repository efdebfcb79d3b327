package projections

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Who keeps which version up to date is told by shared advisory locks, class "gif3", by the hash of
// the versioned name: they vanish with the process that holds them. Who uses what (Use) is told alike, class "gif5".
const (
	followLock = `x'67696633'::int`
	useLock    = `x'67696635'::int`
	follow     = `SELECT pg_advisory_lock_shared(` + followLock + `, hashtext(name)) FROM unnest($1::text[]) AS name`
	use        = `SELECT pg_advisory_lock_shared(` + useLock + `, hashtext($1))`
	users      = `SELECT count(*) FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = ` + useLock + `::oid AND l.objsubid = 2
		AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND l.objid::bigint = hashtext($1)::bigint & 4294967295`
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
	e.hold(ctx, config, "nobody hears which read tables this process follows", follow, names)
}

// Use says, until ctx ends, that this process uses what has this name: what may not be taken away meanwhile. It
// takes a connection of its own.
func (e *Engine) Use(ctx context.Context, name string) {
	e.hold(ctx, e.pool.Config().ConnConfig, "nobody hears what this process uses", use, name)
}

// Users counts the processes that use what has this name.
func (e *Engine) Users(ctx context.Context, name string) (processes int, err error) {
	err = e.pool.QueryRow(ctx, users, name).Scan(&processes)
	return processes, err
}

// hold takes locks on a connection of its own, and again on another when that is lost, until ctx ends.
func (e *Engine) hold(ctx context.Context, config *pgx.ConnConfig, unheard, lock string, of any) {
	for ctx.Err() == nil {
		if conn, err := pgx.ConnectConfig(ctx, config); err == nil {
			if _, err = conn.Exec(ctx, lock, of); err == nil {
				_, err = conn.WaitForNotification(ctx) // none comes: this ends with the connection
			}
			conn.Close(context.WithoutCancel(ctx))
			e.opt.Logger.Debug(unheard, "error", err)
		}
		timer := time.NewTimer(e.opt.Poll)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}
