package catalogue

import (
	"context"
	"time"

	"github.com/pgvector/pgvector-go"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/projections"
)

// Embedding is a product's vector by one model.
type Embedding struct {
	GiftID       string              `json:"gift_id" db:"pk"`
	ModelName    string              `json:"model_name" db:"pk"`
	ModelVersion string              `json:"model_version" db:"pk"`
	Dim          int                 `json:"dim"`
	Embedding    pgvector.HalfVector `json:"embedding" db:"type=halfvec(1024)"`
	ContentHash  string              `json:"content_hash" doc:"of the text that it stands for"`
	EmbeddedAt   time.Time           `json:"embedded_at"`
	projections.Stamps
}

// Embeddings is the vectors of products, of every model side by side. STORAGE PLAIN keeps a vector
// in its row: reading one from TOAST costs more than comparing it.
var Embeddings = projections.Table[Embedding]{
	Name: "product_embeddings", Version: 5,
	Doc: "A product's vector by one model.",
	Fold: projections.Fold(
		projections.OnBlob(
			func(e catalogue.ProductEmbedded, _ domain.Meta) Embedding {
				return Embedding{GiftID: e.GiftID, ModelName: e.Model, ModelVersion: e.Version}
			},
			func(e catalogue.ProductEmbedded) []byte { return e.SHA256 },
			func(r *Embedding, e catalogue.ProductEmbedded, m domain.Meta, blob []byte) error {
				v, err := catalogue.VectorFrom(blob)
				if err != nil {
					return err
				}
				r.Dim, r.Embedding = e.Dim, pgvector.NewHalfVector(v)
				r.ContentHash, r.EmbeddedAt = e.ContentHash, m.OccurredAt
				return nil
			}),
		projections.Remove(func(e catalogue.VectorRetired, _ domain.Meta) Embedding {
			return Embedding{GiftID: e.GiftID, ModelName: e.Model, ModelVersion: e.Version}
		}),
	),
	Setup:    []string{`ALTER TABLE {table} ALTER COLUMN embedding SET STORAGE PLAIN`},
	Deferred: []string{nearestIndex},
}

// nearestIndex serves the vectors of all models, whose names a definition cannot know. At pgvector's own
// ef_construction of 64 clusters of goods are badly joined: of a hundred thousand a search had to keep 400
// candidates to find 99 of 100; at 128, which takes half as long again to build, it keeps 60. A vector that
// arrives alone pays for it, about 4 ms among a hundred thousand others, which is why it
// waits for that until the table has nothing more to follow. Building
// takes many times as long once the graph outgrows the memory, so it is given what it needs, up to
// 2 GB. Workers share that memory, which a server in a container may lack; then one builds alone.
const nearestIndex = `DO $$ BEGIN
	PERFORM set_config('maintenance_work_mem', (greatest(pg_size_bytes(current_setting('maintenance_work_mem')),
		least(2047::bigint << 20, pg_relation_size('{table}') * 3 / 2)) >> 10)::text, true);
	BEGIN
		CREATE INDEX ON {table} USING hnsw (embedding halfvec_cosine_ops) WITH (m = 16, ef_construction = 128) WHERE indexed;
	EXCEPTION WHEN insufficient_resources OR disk_full OR out_of_memory THEN
		PERFORM set_config('max_parallel_maintenance_workers', '0', true);
		CREATE INDEX ON {table} USING hnsw (embedding halfvec_cosine_ops) WITH (m = 16, ef_construction = 128) WHERE indexed;
	END;
END $$`

// Unembedded is a product whose present text has no vector of a model.
type Unembedded struct {
	GiftID      string `json:"gift_id"`
	ContentText string `json:"content_text"`
	ContentHash string `json:"content_hash"`
}

const missing = ` FROM products p WHERE p.is_active AND NOT EXISTS (
	SELECT FROM product_embeddings e WHERE e.gift_id = p.gift_id AND e.model_name = $1 AND e.model_version = $2
	AND e.content_hash = p.content_hash)`

// Missing lists up to limit active products without a vector, by id after the one given.
func Missing(ctx context.Context, db projections.Querier, m catalogue.Model, after string, limit int) ([]Unembedded, error) {
	return projections.Select[Unembedded](ctx, db,
		`SELECT gift_id, content_text, content_hash`+missing+` AND p.gift_id > $3 ORDER BY gift_id LIMIT $4`, m.Name, m.Version, after, limit)
}

// CountMissing counts them all.
func CountMissing(ctx context.Context, db projections.Querier, m catalogue.Model) (int, error) {
	row, _, err := projections.First[struct {
		N int `json:"n"`
	}](ctx, db, `SELECT count(*) AS n`+missing, m.Name, m.Version)
	return row.N, err
}

// EmbeddingModel is what there is of one model.
type EmbeddingModel struct {
	Name    string `json:"model_name"`
	Version string `json:"model_version"`
	Dim     int    `json:"dim"`
	Vectors int    `json:"vectors" doc:"Those of products out of stock and of former texts included."`
	Present int    `json:"present" doc:"Products on sale whose present text has one."`
}

// EmbeddingModels lists the models that vectors are of, by name.
func EmbeddingModels(ctx context.Context, db projections.Querier) ([]EmbeddingModel, error) {
	return projections.Select[EmbeddingModel](ctx, db, `SELECT e.model_name, e.model_version, max(e.dim) AS dim, count(*) AS vectors,
			count(*) FILTER (WHERE p.is_active AND p.content_hash = e.content_hash) AS present
		FROM product_embeddings e LEFT JOIN products p USING (gift_id)
		GROUP BY e.model_name, e.model_version ORDER BY e.model_name, e.model_version`)
}

// EmbeddedBy lists up to limit products that have a vector of a model, by id after the one given.
func EmbeddedBy(ctx context.Context, db projections.Querier, model, version, after string, limit int) (giftIDs []string, err error) {
	rows, err := projections.Select[EmbeddingInfo](ctx, db, `SELECT gift_id FROM product_embeddings
		WHERE model_name = $1 AND model_version = $2 AND gift_id > $3 ORDER BY gift_id LIMIT $4`, model, version, after, limit)
	for _, row := range rows {
		giftIDs = append(giftIDs, row.GiftID)
	}
	return giftIDs, err
}

// CountProducts counts those on sale.
func CountProducts(ctx context.Context, db projections.Querier) (int, error) {
	row, _, err := projections.First[struct {
		N int `json:"n"`
	}](ctx, db, `SELECT count(*) AS n FROM products WHERE is_active`)
	return row.N, err
}

// EmbeddingInfo is an Embedding without its vector.
type EmbeddingInfo struct {
	GiftID       string    `json:"gift_id"`
	ModelName    string    `json:"model_name"`
	ModelVersion string    `json:"model_version"`
	Dim          int       `json:"dim"`
	ContentHash  string    `json:"content_hash"`
	EmbeddedAt   time.Time `json:"embedded_at"`
}

// ListEmbeddings reads which vectors there are, of one product or, with "", of all.
func ListEmbeddings(ctx context.Context, db projections.Querier, giftID string, page projections.PageRequest) (projections.Page[EmbeddingInfo], error) {
	return projections.SelectPage[EmbeddingInfo](ctx, db, projections.List{
		SQL:  `SELECT gift_id, model_name, model_version, dim, content_hash, embedded_at FROM product_embeddings WHERE $1 = '' OR gift_id = $1`,
		Args: []any{giftID}, By: []string{"gift_id", "model_name", "model_version"},
	}, page)
}
