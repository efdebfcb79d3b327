package projections

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"gifty/domain"
	"gifty/eventstore"
)

// locateAll finds the events by which tables failed that could not be stored or indexed.
func (b *build) locateAll(ctx context.Context) error {
	for _, t := range b.tables {
		if t.err() != nil && t.failedAt.Load() == 0 {
			if err := b.locate(ctx, t); err != nil {
				return fmt.Errorf("look for the event: %w", err)
			}
		}
	}
	return nil
}

// locate finds the event that makes the database refuse a table. A row that is stored when the whole
// log is folded tells nothing of that; so events are applied as the live path does, to another empty
// table, until one is refused. When none is (two rows of the end clash that never met before) the
// failure stays without an event.
func (b *build) locate(ctx context.Context, t *building) error {
	b.job.phase("locating")
	probe := t.serving.at(b.job.schema(), "probe_"+t.serving.name)
	if err := b.exec(ctx, append(probe.sql.create, probe.sql.indexes...)...); err != nil {
		return err
	}
	var buffer bytes.Buffer
	size := domain.Position(b.engine.opt.BatchSize)
	for after := domain.Position(0); after < b.upTo && t.failedAt.Load() == 0; after += size {
		err := pgx.BeginFunc(ctx, b.job.pool, func(tx pgx.Tx) error {
			raw, err := eventstore.ReadRun(ctx, tx.Conn(), &buffer, after, min(after+size, b.upTo), probe.types)
			if err != nil {
				return err
			}
			run := batch{table: probe, types: b.engine.types, tx: pgxSession{tx}, careful: true}
			applied, refused, err := run.apply(ctx, raw)
			if refused != nil {
				t.fail(raw[applied].Meta, refused.cause)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// blame makes what the database, or a row, says of a table that table's failure; an outage is
// everybody's error.
func (b *building) blame(err error) error {
	var r *refusal
	if err = classify(err); errors.As(err, &r) {
		b.refuse(r.cause)
		return nil
	}
	return err
}
