package projections

import (
	"context"
	stdsql "database/sql"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-sql/v3/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/message"

	"gifty/domain"
	"gifty/eventstore"
)

// projector keeps one version of one table up to date. It is a Watermill handler (handle) and, as
// BackoffManager, decides between batches what comes next (HandleError). Both run in turn, never
// at once, so only the alarm needs care.
type projector struct {
	engine   *Engine
	table    *table
	consumer *eventstore.Consumer
	logger   *slog.Logger
	alarm    alarm
	settler  *settler    // nil without deferred indexes
	backlog  atomic.Bool // the last batch was as big as may be

	endTurn  func() // of the transaction begun last
	careful  bool   // batches work under a savepoint
	limit    int    // events a batch spans at most; smaller after an outage
	outage   error  // of the batch under way: its transaction is rolled back
	failures int    // in a row
	reported string
}

func newProjector(e *Engine, t *table) *projector {
	p := &projector{engine: e, table: t, limit: e.opt.BatchSize, alarm: newAlarm(), endTurn: func() {}}
	p.logger = e.opt.Logger.With("table", t.name, "version", t.version)
	if t.sql.settle != "" {
		p.settler = newSettler(e, t, p.logger)
	}
	p.consumer = &eventstore.Consumer{Name: t.name, Version: t.version, Types: t.types, Limit: func() int {
		p.alarm.looking()
		return p.limit
	}}
	return p
}

// handle applies a batch in the message's transaction. It always returns nil, and never panics:
// Watermill answers either by sending the message again into the same transaction.
func (p *projector) handle(msg *message.Message) error {
	began := time.Now()
	b := p.consumer.Batch()
	tx, ok := sql.TxFromContext(msg.Context())
	if !ok {
		p.outage = errors.New("the message came without a transaction")
		return nil
	}
	defer func() {
		if r := recover(); r != nil {
			p.outage = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
		if p.outage != nil {
			// The acknowledgement then fails on the closed transaction, and nothing is committed.
			_ = tx.Rollback()
		}
	}()
	p.outage = p.process(msg.Context(), tx, b)
	p.traceBatch(b, began, p.outage)
	if p.outage == nil {
		p.engine.opt.Batch(p.table.name, p.table.version, int(b.UpTo-b.After), time.Since(began))
	}
	return nil
}

// process applies what can be applied, and notes in b how far that went and why not further.
func (p *projector) process(ctx context.Context, tx *stdsql.Tx, b *eventstore.Batch) error {
	if domain.Position(b.Count) != b.Last-b.After || b.Count == 0 {
		return p.reportGap(ctx, tx, b)
	}
	run := batch{table: p.table, types: p.engine.types, tx: liveSession{tx}, careful: p.careful}
	applied, refused, err := run.apply(ctx, b.Events)
	if err != nil || refused == nil {
		return err
	}
	failed := b.Events[applied]
	b.UpTo, b.FailedAt = failed.Position-1, failed.Position
	b.Failure = fmt.Sprintf("event %d (%s): %v", failed.Position, failed.Type, refused.cause)
	return nil
}

const firstMissing = `SELECT $1::bigint + 1 + (SELECT count(*) FROM (
		SELECT position, row_number() OVER (ORDER BY position) AS n FROM events WHERE position > $1 AND position <= $1 + $2
	) AS run WHERE position = $1 + n)`

// reportGap stops at the first position that the log does not have.
func (p *projector) reportGap(ctx context.Context, tx *stdsql.Tx, b *eventstore.Batch) error {
	var missing int64
	if err := tx.QueryRowContext(ctx, firstMissing, int64(b.After), p.limit).Scan(&missing); err != nil {
		return err
	}
	b.UpTo, b.FailedAt = b.After, domain.Position(missing)
	b.Failure = fmt.Sprintf("the log has a gap: event %d is missing; restore it from a backup", missing)
	return nil
}

// HandleError is called when a batch's transaction has ended, or found nothing to do. It returns
// when it is time to look again.
func (p *projector) HandleError(_ watermill.LoggerAdapter, _ bool, err error) time.Duration {
	p.endTurn()
	if p.engine.hard.Err() != nil {
		return 0 // the engine has let go, perhaps of a batch that is still being applied: touch nothing
	}
	if p.outage != nil {
		err, p.outage = p.outage, nil
	}
	b := p.consumer.Batch()
	p.backlog.Store(err == nil && b != nil && b.FailedAt == 0 && b.Count >= p.limit)
	switch {
	case errors.Is(err, errTakeCare):
		p.careful = true
	case err != nil:
		p.afterOutage(err)
	case b == nil: // nothing new, or another process has the lock
		p.alarm.looked()
		p.rest()
	case b.FailedAt != 0:
		p.afterFailure(b)
	default:
		p.afterBatch(b)
	}
	return 0
}

func (p *projector) afterBatch(b *eventstore.Batch) {
	if p.reported != "" {
		p.logger.Info("read table goes on", "position", b.UpTo)
	}
	p.failures, p.reported, p.careful, p.limit = 0, "", false, min(2*p.limit, p.engine.opt.BatchSize)
	p.engine.moved.announce()
	p.alarm.reached(b.UpTo)
	if p.backlog.Load() {
		p.alarm.force()
	}
	if p.settler != nil && len(b.Events) > 0 {
		p.settler.rouse()
	}
	p.rest()
}

// rest waits for news.
func (p *projector) rest() {
	if !p.alarm.wait(p.engine.stopping) {
		p.engine.park()
	}
}

// afterFailure says once what stopped the table, and tries again ever more slowly: a newer
// process, or a correction by hand, may have removed the cause.
func (p *projector) afterFailure(b *eventstore.Batch) {
	if b.UpTo > b.After {
		p.engine.moved.announce()
		p.failures = 0
	}
	if p.reported != b.Failure {
		p.reported = b.Failure
		p.logger.Error("read table stopped", "position", b.FailedAt, "error", b.Failure)
		p.engine.opt.Stopped(p.table.name, p.table.version, b.FailedAt, errors.New(b.Failure))
	}
	p.pause(p.engine.opt.StoppedRetry)
}

const outageRetry = 50 * time.Millisecond

// afterOutage waits for the database. Smaller batches get past one that is too big for its memory.
func (p *projector) afterOutage(err error) {
	p.limit = max(1, p.limit/2)
	if p.failures == 3 { // one message for an outage, none for a hiccup
		p.logger.Warn("read table waits for the database", "error", err)
	}
	p.pause(outageRetry)
}

// pause waits after the nth failure in a row: first, doubling up to 64 times that.
func (p *projector) pause(first time.Duration) {
	timer := time.NewTimer(first << min(p.failures, 6))
	defer timer.Stop()
	p.failures++
	select {
	case <-timer.C:
	case <-p.engine.stopping:
		p.engine.park()
	}
}
