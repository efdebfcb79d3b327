package catalogue

import (
	"context"

	"github.com/jackc/pgx/v5/pgconn"

	"gifty/projections"
)

// Analyze tells Postgres's planner what the tables hold, and lets searches by words have what was written
// lately in their index. Left to autovacuum searches are planned for an empty catalogue, and read through
// a list of all that is new for each word, until a minute or more after an import. It needs a pool or
// connection that may also execute.
func Analyze(ctx context.Context, db interface {
	projections.Querier
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}) error {
	tables, err := projections.Select[struct {
		Name string `json:"name"`
	}](ctx, db, `SELECT format('%I', read_table || '_v' || version) AS name FROM checkpoints WHERE active AND read_table = ANY($1)`,
		[]string{Products.Name, Embeddings.Name})
	if err != nil {
		return err
	}
	for _, t := range tables {
		if _, err := db.Exec(ctx, `ANALYZE `+t.Name); err != nil {
			return err
		}
	}
	return mergePending(ctx, db)
}

// mergePendingSQL is for the indexes of words and of trigrams. Writers only add to a list beside such an index, of
// up to 4 MB, which is seven times as quick as writing to the index itself; but until it is merged each word of each
// search reads it through: 2,000 new products made a search by words take nine times as long. Changed prices
// fill these lists too, long before autovacuum finds that a table has changed enough.
const mergePendingSQL = `SELECT gin_clean_pending_list(i.indexrelid) AS pages
	FROM checkpoints c JOIN pg_index i ON i.indrelid = to_regclass(format('%I', c.read_table || '_v' || c.version)) AND i.indisready
		JOIN pg_class k ON k.oid = i.indexrelid JOIN pg_am a ON a.oid = k.relam AND a.amname = 'gin'
	WHERE c.active AND c.read_table = $1`

func mergePending(ctx context.Context, db projections.Querier) error {
	_, err := projections.Select[struct {
		Pages int64 `json:"pages"`
	}](ctx, db, mergePendingSQL, Products.Name)
	return err
}
