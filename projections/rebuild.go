package projections

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"gifty/domain"
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
// names the event; the others are. When ctx ends, or StopJob asks for it, what is done so far is kept
// (on this machine, in RebuildOptions.Spill), and the next Rebuild of the same tables goes on from
// there; when the process dies it starts from nothing. What serves stays in any case. Two rebuilds of
// one table never run at once: the second one's error is a conflict (rebuild_running).
func (e *Engine) Rebuild(ctx context.Context, names []string, opt RebuildOptions) (err error) {
	opt = e.effort(opt)
	tables, err := e.pick(names)
	if err != nil {
		return err
	}
	j, ctx, err := e.startJob(ctx, "rebuild", "reading", namesOf(tables), opt)
	if err != nil {
		return err
	}
	defer func() { j.end(ctx, &err) }()
	b, err := e.prepareBuild(ctx, j, tables, opt)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if err = e.build(ctx, j, b); err != nil && ctx.Err() != nil && j.hard.Err() == nil {
		return errors.Join(err, b.keep(j.hard))
	}
	return err
}

// build makes the tables and switches to them.
func (e *Engine) build(ctx context.Context, j *job, b *build) error {
	if err := b.run(ctx); err != nil {
		return err
	}
	j.phase("catching_up")
	var next []*successor
	for _, t := range b.left() {
		next = append(next, anew(t))
	}
	if err := e.serve(ctx, j, next); err != nil {
		return err
	}
	for _, t := range b.tables {
		if t.err() != nil {
			if err := e.tellFailure(ctx, j, t); err != nil {
				return err
			}
		}
	}
	return errors.Join(b.refused, b.errs())
}

func (e *Engine) prepareBuild(ctx context.Context, j *job, tables []*table, opt RebuildOptions) (*build, error) {
	var building []*building
	var refused error
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
		b := newBuilding(t, j.schema(), "")
		if b.failure = tryView(ctx, j.pool, t); b.failure == nil {
			building = append(building, b)
			continue
		}
		if err := e.tellFailure(ctx, j, b); err != nil {
			return nil, err
		}
		refused = errors.Join(refused, b.err())
	}
	var head domain.Position
	if err := j.pool.QueryRow(ctx, logHead).Scan(&head); err != nil {
		return nil, err
	}
	b := e.newBuild(j, building, head, opt)
	b.refused = refused
	found, err := b.goOn(ctx)
	if err == nil && !found {
		err = j.makeSchema(ctx)
	}
	return b, err
}

// tellFailure says and notes why a table can't be built.
func (e *Engine) tellFailure(ctx context.Context, j *job, b *building) error {
	e.opt.Stopped(b.serving.name, b.serving.version, domain.Position(b.failedAt.Load()), b.err())
	_, err := j.pool.Exec(ctx, markFailed, b.serving.name, b.serving.version, b.failedAt.Load(), b.err().Error())
	return err
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
			return nil, e.noTable(name)
		}
		tables = append(tables, t)
	}
	return tables, nil
}

func (e *Engine) noTable(name string) error {
	return domain.NotFound("read_table_not_found", "there is no read table %q; there are %v", name, slices.Sorted(maps.Keys(e.tables)))
}

func namesOf(tables []*table) (names []string) {
	for _, t := range tables {
		names = append(names, t.name)
	}
	return names
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
