package projections

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	retireOthers = `UPDATE checkpoints SET active = false WHERE read_table = $1 AND active AND version <> $2`
	activate     = `UPDATE checkpoints SET active = true, state = CASE state WHEN 'building' THEN 'live' ELSE state END
		WHERE read_table = $1 AND version = $2`
	hasCaughtUp = `SELECT position + $3 >= (` + logHead + `) FROM checkpoints WHERE read_table = $1 AND version = $2`
)

// switchTo points the stable view at this version. Callers hold the layout lock.
func switchTo(ctx context.Context, tx pgx.Tx, t *table) error {
	view, definition := quote(t.name), "SELECT * FROM "+quote(t.physical())
	err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error { // a savepoint
		_, err := tx.Exec(ctx, "CREATE OR REPLACE VIEW "+view+" AS "+definition)
		return err
	})
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42P16" { // the new columns do not merely extend the old ones
		if _, err = tx.Exec(ctx, "DROP VIEW "+view); err == nil {
			_, err = tx.Exec(ctx, "CREATE VIEW "+view+" AS "+definition)
		}
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "COMMENT ON VIEW "+view+" IS '"+strings.ReplaceAll(t.doc, "'", "''")+"'"); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, retireOthers, t.name, t.version); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, activate, t.name, t.version)
	return err
}

// switchPatience is how long the switch waits for the view's lock. While it waits, new queries
// wait behind it; so it gives up soon and tries again when the long query before it may be done.
const switchPatience = 100 * time.Millisecond

// switchAgain is how long it then leaves the queries alone.
const switchAgain = 3 * time.Second

// promote switches to a version that has caught up. When it can't yet, a later call tries again.
func (e *Engine) promote(p *projector) {
	if time.Since(p.switchFailed) < switchAgain {
		return
	}
	t := p.table
	ctx, cancel := context.WithTimeout(e.hard, time.Minute)
	defer cancel()
	done := false
	err := pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, layoutLock); err != nil {
			return err
		}
		var ready bool
		if err := tx.QueryRow(ctx, hasCaughtUp, t.name, t.version, e.opt.BatchSize).Scan(&ready); err != nil || !ready {
			return err
		}
		var serving int
		if err := tx.QueryRow(ctx, readActive, t.name).Scan(&serving); err != nil {
			return err
		}
		if serving < t.version {
			if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL lock_timeout = %d", switchPatience.Milliseconds())); err != nil {
				return err
			}
			if err := switchTo(ctx, tx, t); err != nil {
				return err
			}
		}
		done = true
		return nil
	})
	switch {
	case err != nil:
		p.switchFailed = time.Now()
		p.logger.Warn("the new version of a read table has caught up but can't be switched to yet; trying again", "error", err)
	case done:
		p.building.Store(false)
		p.logger.Info("switched to the new version of a read table")
		e.moved.announce()
	}
}
