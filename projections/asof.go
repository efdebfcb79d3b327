package projections

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"gifty/domain"
)

const (
	// positionAt reads the log's times from its start; what is built then reads all of it, to the position.
	positionAt = `SELECT coalesce((SELECT position - 1 FROM events WHERE occurred_at > $1 ORDER BY position LIMIT 1), (` + logHead + `))`
	schemaNote = `SELECT coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace WHERE nspname = $1`
	holds      = `SELECT EXISTS (SELECT FROM events WHERE position > $1 AND position <= $2 AND type = ANY($3))`
	listAsOf   = `SELECT nspname AS schema, substring(obj_description(oid, 'pg_namespace') FROM '[0-9]+')::bigint AS position
		FROM pg_namespace WHERE obj_description(oid, 'pg_namespace') LIKE $1 || '%' ORDER BY 1`
)

// asOfNote begins the comment on a schema that AsOf has made; only such a one is dropped again.
const asOfNote = "Gifty read tables as of position "

// Head is the log's last position, 0 for an empty log.
func (e *Engine) Head(ctx context.Context) (head domain.Position, err error) {
	err = e.pool.QueryRow(ctx, logHead).Scan(&head)
	return head, err
}

// Holds tells whether there are events of some types (stored names) after one position and up to another.
func (e *Engine) Holds(ctx context.Context, after, upTo domain.Position, types []string) (there bool, err error) {
	err = e.pool.QueryRow(ctx, holds, after, upTo, types).Scan(&there)
	return there, err
}

// PositionAt is the position before the first event that occurred after a moment; 0 when the log
// begins later. Clocks are not equal: an event after that position may bear an earlier time, but none
// up to it bears a later one, so nothing is shown that was still to come.
func (e *Engine) PositionAt(ctx context.Context, at time.Time) (position domain.Position, err error) {
	err = e.pool.QueryRow(ctx, positionAt, at).Scan(&position)
	return position, err
}

var schemaName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// AsOf makes tables (all when no names are given) as they were when the log ended at a position,
// under their plain names in a new schema, for an analyst: SET search_path = the_schema, public.
// The schema appears when all is there, and belongs to whoever asked: nothing keeps it up to date,
// and DropAsOf drops it.
func (e *Engine) AsOf(ctx context.Context, schema string, position domain.Position, names []string, opt RebuildOptions) (err error) {
	opt = e.effort(opt)
	tables, err := e.pick(names)
	if err == nil {
		err = e.checkAsOf(ctx, schema, position)
	}
	if err != nil {
		return err
	}
	j, ctx, err := e.startJob(ctx, "as_of", "reading", namesOf(tables), opt)
	if err != nil {
		return err
	}
	defer func() { j.end(ctx, &err) }()
	if err := j.makeSchema(ctx); err != nil {
		return err
	}
	var building []*building
	for _, t := range tables {
		building = append(building, newBuilding(t, j.schema(), t.name))
	}
	b := e.newBuild(j, building, position, opt)
	if err := b.runOnce(ctx); err != nil {
		return err
	}
	if err := b.errs(); err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, j.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "ALTER SCHEMA "+quote(j.schema())+" RENAME TO "+quote(schema)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, fmt.Sprintf("COMMENT ON SCHEMA %s IS '%s%d'", quote(schema), asOfNote, position))
		return err
	})
}

func (e *Engine) checkAsOf(ctx context.Context, schema string, position domain.Position) error {
	if !schemaName.MatchString(schema) || strings.HasPrefix(schema, "pg_") || strings.HasPrefix(schema, "gifty_") {
		return domain.Invalid("schema_invalid", "%q can't be the schema's name; take lower case letters, digits and underscores, and nothing that begins with pg_ or gifty_", schema)
	}
	var head domain.Position
	if err := e.pool.QueryRow(ctx, logHead).Scan(&head); err != nil {
		return err
	}
	if position < 0 || position > head {
		return domain.Invalid("position_invalid", "the log has positions up to %d; %d is not among them", head, position)
	}
	var note string
	switch err := e.pool.QueryRow(ctx, schemaNote, schema).Scan(&note); {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return domain.Conflict("schema_exists", "there is a schema %s already; drop it, or choose another name", schema)
}

// DropAsOf drops a schema that AsOf has made, and no other.
func (e *Engine) DropAsOf(ctx context.Context, schema string) error {
	var note string
	err := e.pool.QueryRow(ctx, schemaNote, schema).Scan(&note)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !strings.HasPrefix(note, asOfNote) {
		return domain.NotFound("as_of_not_found", "%q is no schema of read tables as of a position", schema)
	}
	if err == nil {
		_, err = e.pool.Exec(ctx, "DROP SCHEMA "+quote(schema)+" CASCADE")
	}
	return err
}

// AsOfSchema is a schema that AsOf has made.
type AsOfSchema struct {
	Schema   string          `json:"schema"`
	Position domain.Position `json:"position"`
}

// AsOfSchemas lists them.
func (e *Engine) AsOfSchemas(ctx context.Context) ([]AsOfSchema, error) {
	return Select[AsOfSchema](ctx, e.pool, listAsOf, asOfNote)
}
