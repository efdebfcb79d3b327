package projections

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// RowsOf reads, by table, the rows of the served versions in which a column of ids holds one of these: what
// is there of a person.
func (e *Engine) RowsOf(ctx context.Context, people ...uuid.UUID) (map[string][]json.RawMessage, error) {
	found := map[string][]json.RawMessage{}
	for _, name := range slices.Sorted(maps.Keys(e.tables)) {
		t := e.tables[name]
		rows, err := e.rowsOf(ctx, t, people)
		if err != nil {
			return nil, fmt.Errorf("read table %s: %w", name, err)
		}
		if len(rows) > 0 {
			found[name] = rows
		}
	}
	return found, nil
}

func (e *Engine) rowsOf(ctx context.Context, t *table, people []uuid.UUID) ([]json.RawMessage, error) {
	var read, named []string
	for _, c := range t.shape.columns {
		q := quote(c.name)
		read = append(read, asJSON(c)+" AS "+q)
		if c.sql == "uuid" {
			named = append(named, "t."+q+" = ANY($1)")
		}
	}
	if named == nil {
		return nil, nil
	}
	ids := make([][16]byte, len(people))
	for i, id := range people {
		ids[i] = id
	}
	rows, err := e.pool.Query(ctx, fmt.Sprintf("SELECT to_json(found)::text FROM (SELECT %s FROM %s AS t WHERE %s) AS found",
		join(read), quote(t.name), strings.Join(named, " OR ")), ids)
	if err != nil {
		return nil, err
	}
	texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	out := make([]json.RawMessage, len(texts))
	for i, text := range texts {
		if out[i], err = t.shape.openJSON(ctx, []byte(text)); err != nil {
			return nil, err
		}
	}
	return out, nil
}
