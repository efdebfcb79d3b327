package projections

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"gifty/domain"
	"gifty/eventstore"
)

const (
	// markBuilding shows that a version is on its way, unless it is there already.
	markBuilding = `INSERT INTO checkpoints (read_table, version, state, shape) VALUES ($1, $2, 'building', $3)
		ON CONFLICT (read_table, version) DO UPDATE SET shape = excluded.shape, by_hand = false,
			state = CASE WHEN checkpoints.active THEN 'empty' ELSE 'building' END
		WHERE checkpoints.state IN ('building', 'empty', 'failed')`
	// markFailed says why a version is not built; one that serves goes on serving.
	markFailed = `UPDATE checkpoints SET build_failed_at = nullif($3, 0), build_error = $4, updated_at = now(),
			state = CASE WHEN state IN ('building', 'empty') THEN 'failed' ELSE state END
		WHERE read_table = $1 AND version = $2`
)

// Rebuild makes tables anew from the whole log, beside those that serve, and switches to each when
// it has caught up: all tables of this engine when no names are given. One reading of the log does
// for all. Queries and commands go on meanwhile; Run need not be running. What was served before
// is kept until Prune.
//
// A table that meets an event it can't apply is not switched to, and Rebuild returns an error that
// names the event; the others are. When ctx ends, or the process dies, what serves stays and the
// next Rebuild starts from nothing. Two rebuilds of one table never run at once: the second one's
// error is a conflict (rebuild_running).
func (e *Engine) Rebuild(ctx context.Context, names []string, opt RebuildOptions) (err error) {
	opt = opt.withDefaults()
	tables, err := e.pick(names)
	if err != nil {
		return err
	}
	j, ctx, err := e.startJob(ctx, "rebuild", namesOf(tables), opt)
	if err != nil {
		return err
	}
	defer func() { j.end(ctx, &err) }()
	b, err := e.prepareBuild(ctx, j, tables, opt)
	if err != nil {
		return err
	}
	if err := b.run(ctx); err != nil {
		return err
	}
	j.phase("catching_up")
	for _, t := range b.left() {
		if err := e.finish(ctx, j, t); err != nil {
			return err
		}
	}
	for _, t := range b.tables {
		if failed := t.err(); failed != nil {
			e.opt.Stopped(t.serving.name, t.serving.version, domain.Position(t.failedAt.Load()), failed)
			if _, err := j.pool.Exec(ctx, markFailed, t.serving.name, t.serving.version, t.failedAt.Load(), failed.Error()); err != nil {
				return err
			}
		}
	}
	return b.errs()
}

func (e *Engine) prepareBuild(ctx context.Context, j *job, tables []*table, opt RebuildOptions) (*build, error) {
	var building []*building
	for _, t := range tables {
		var serving int
		var head domain.Position
		if err := j.pool.QueryRow(ctx, readActive, t.name).Scan(&serving, &head); err != nil {
			return nil, err
		}
		if serving > t.version {
			return nil, newerServes(t, serving)
		}
		if _, err := j.pool.Exec(ctx, markBuilding, t.name, t.version, t.fingerprint()); err != nil {
			return nil, err
		}
		building = append(building, newBuilding(t, j.schema(), ""))
	}
	if err := j.makeSchema(ctx); err != nil {
		return nil, err
	}
	var head domain.Position
	if err := j.pool.QueryRow(ctx, logHead).Scan(&head); err != nil {
		return nil, err
	}
	return e.newBuild(j, building, head, opt), nil
}

func newBuilding(t *table, schema, alias string) *building {
	return &building{table: t.at(schema, alias), serving: t}
}

func newerServes(t *table, serving int) error {
	return domain.Conflict("newer_version", "version %d of %s is in service, and this program knows version %d; use the newer program, or roll back first", serving, t.name, t.version)
}

// pick finds the newest definitions by name.
func (e *Engine) pick(names []string) (tables []*table, err error) {
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(e.tables))
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		t := e.tables[name]
		if t == nil {
			return nil, domain.NotFound("read_table_not_found", "there is no read table %q; there are %v", name, slices.Sorted(maps.Keys(e.tables)))
		}
		tables = append(tables, t)
	}
	return tables, nil
}

func namesOf(tables []*table) (names []string) {
	for _, t := range tables {
		names = append(names, t.name)
	}
	return names
}

// finish catches up with what has come meanwhile and switches, trying until it can.
func (e *Engine) finish(ctx context.Context, j *job, b *building) error {
	for {
		var head domain.Position
		if err := j.pool.QueryRow(ctx, logHead).Scan(&head); err != nil {
			return err
		}
		if behind := head - b.position; behind > domain.Position(e.opt.BatchSize) {
			if err := e.catchUp(ctx, j, b, b.position+domain.Position(e.opt.BatchSize)); err != nil || b.err() != nil {
				return err
			}
			continue
		}
		err := e.trySwitch(ctx, j, b)
		if err == nil || !eventstore.IsOutage(err) && !errors.Is(err, errTakeCare) {
			return err
		}
		if errors.Is(err, errTakeCare) {
			b.careful = true
			continue
		}
		e.opt.Logger.Warn("a rebuilt read table can't be switched to yet; trying again", "table", b.serving.name, "error", err)
		timer := time.NewTimer(switchAgain)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// catchUp applies the events up to a position in a transaction of its own.
func (e *Engine) catchUp(ctx context.Context, j *job, b *building, upTo domain.Position) error {
	err := pgx.BeginFunc(ctx, j.pool, func(tx pgx.Tx) error { return e.extend(ctx, tx, b, upTo) })
	if errors.Is(err, errTakeCare) {
		b.careful = true
		return e.catchUp(ctx, j, b, upTo)
	}
	if err == nil {
		b.position = upTo
	}
	return err
}

// extend applies the events after b's position up to another, as the live path does.
func (e *Engine) extend(ctx context.Context, tx pgx.Tx, b *building, upTo domain.Position) error {
	raw, err := eventstore.ReadRun(ctx, tx.Conn(), &bytes.Buffer{}, b.position, upTo, b.table.types)
	if err != nil {
		return err
	}
	run := batch{table: b.table, types: e.types, tx: pgxSession{tx}, careful: b.careful}
	applied, refused, err := run.apply(ctx, raw)
	if err != nil {
		return err
	}
	if refused != nil {
		b.fail(raw[applied].Meta, refused.cause)
	}
	return nil
}

// keepBuilding rebuilds what Prepare found to be in need, until it is served or ctx ends.
func (e *Engine) keepBuilding(ctx context.Context, names []string) {
	for failures := 0; len(names) > 0; {
		err := e.Rebuild(ctx, names, e.opt.Rebuild)
		e.moved.announce()
		var left []string
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !errors.Is(err, errBusy):
			e.opt.Logger.Error("read tables can't be built; what was there serves on", "tables", names, "error", err)
			failures++
		}
		if left, err = e.unserved(ctx, names); err == nil {
			names = left
		}
		if len(names) == 0 {
			return
		}
		timer := time.NewTimer(e.opt.StoppedRetry << min(failures, 6))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

const stillBuilding = `SELECT coalesce(array_agg(own.read_table), '{}') FROM unnest($1::text[], $2::int[]) AS own(read_table, version)
	WHERE EXISTS (SELECT FROM checkpoints c WHERE c.read_table = own.read_table AND c.version = own.version AND c.state IN ('building', 'empty') AND NOT c.by_hand)
	AND NOT EXISTS (SELECT FROM checkpoints c WHERE c.active AND c.read_table = own.read_table AND c.version > own.version)`

func (e *Engine) unserved(ctx context.Context, names []string) (left []string, err error) {
	versions := make([]int, len(names))
	for i, name := range names {
		versions[i] = e.tables[name].version
	}
	if err := e.pool.QueryRow(ctx, stillBuilding, names, versions).Scan(&left); err != nil {
		return nil, fmt.Errorf("look which read tables are still building: %w", err)
	}
	return left, nil
}
