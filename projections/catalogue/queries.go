package catalogue

import (
	"context"

	"gifty/domain"
	"gifty/projections"
)

// Queries gives texts their vectors by the finder's model; one that has no words for it gets none,
// and is searched by words alone.
func (f Finder) Queries(ctx context.Context, texts []string) ([]Query, error) {
	vectors, err := f.vectors(ctx, texts)
	if err != nil {
		return nil, err
	}
	return paired(texts, vectors), nil
}

const readPosition = `SELECT coalesce(min(position), 0) AS position FROM checkpoints WHERE active AND read_table = ANY($1)`

// Position is the log position up to which the catalogue is known to searches.
func Position(ctx context.Context, db projections.Querier) (domain.Position, error) {
	row, _, err := projections.First[struct {
		Position domain.Position `json:"position"`
	}](ctx, db, readPosition, []string{Products.Name, Embeddings.Name})
	return row.Position, err
}
