package catalogue

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"gifty/domain/catalogue"
	"gifty/projections"
)

// DB is what searching needs of a pgx pool, connection or transaction.
type DB interface {
	projections.Querier
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// Nearest finds the products whose vectors are nearest to a query's. A filter never costs results:
// few products that fit are all compared; many are searched through the HNSW index, which goes on
// until enough fit; and where it still comes back with too few, all that fit are compared after all.
// New vectors that are not in the index yet are compared besides.
//
// The zero value works, with an index search that nobody has tuned. It may be used by many at once.
type Nearest struct {
	Options NearestOptions

	mu        sync.Mutex
	efforts   map[catalogue.Model]Tuned
	estimates map[string]estimate
	stocks    map[catalogue.Model]stock
	recall    Recall
	samples   chan sample // nil while nobody watches
}

// NearestOptions tune Nearest. The zero value is a sane default.
type NearestOptions struct {
	// Recall is the share of the ten nearest that an index search is to find; 0: 0.99.
	Recall float64
	// Sampled is the share of index searches that Watch repeats exactly; 0: 0.005, below 0: none.
	Sampled float64
	// Repeated, when set, is told of each search that Watch has repeated which share of what it should
	// have found it had.
	Repeated func(m catalogue.Model, share float64)
	// Route, when set, takes the decision between index and comparing all away from the estimate.
	Route Route
}

// NearestQuery asks for the products nearest to each of some vectors of one model.
type NearestQuery struct {
	Model   catalogue.Model
	Vectors []catalogue.Vector // each of catalogue.Dimensions numbers
	Filter  Filter
	Exclude []string // gift ids that are not wanted
	Limit   int      // for each vector
}

// Neighbour is a product near a query's vector.
type Neighbour struct {
	GiftID     string
	Similarity float64 // cosine, -1–1
}

// Search answers a list for each vector: the nearest first, of equal distance by id. A list is
// shorter than the limit only when fewer products with vectors of the model fit.
func (n *Nearest) Search(ctx context.Context, db DB, q NearestQuery) ([][]Neighbour, error) {
	found, err := n.search(ctx, db, q, "")
	return bare(found), err
}

func bare(found [][]neighbour) [][]Neighbour {
	lists := make([][]Neighbour, len(found))
	for i, list := range found {
		for _, f := range list {
			lists[i] = append(lists[i], Neighbour{f.GiftID, f.Similarity})
		}
	}
	return lists
}

// search is Search; the index search also reads columns of products p and their vectors e, which it
// has in its hands anyway.
func (n *Nearest) search(ctx context.Context, db DB, q NearestQuery, columns string) ([][]neighbour, error) {
	if len(q.Vectors) == 0 || q.Limit < 1 {
		return make([][]neighbour, len(q.Vectors)), nil
	}
	e, err := n.estimate(ctx, db, q)
	if err != nil {
		return nil, err
	}
	if n.route(q, e) == RouteExact {
		n.count(func(r *Recall) { r.Exact += len(q.Vectors) })
		return exact(ctx, db, q)
	}
	lists, indexed, err := n.byIndex(ctx, db, q, e, columns)
	if err != nil {
		return nil, err
	}
	short := q
	short.Vectors = nil
	var at []int
	for i, l := range lists {
		if indexed[i] < q.Limit { // new vectors may fill the list up; the index still owes the rest
			short.Vectors, at = append(short.Vectors, q.Vectors[i]), append(at, i)
		} else {
			n.offer(q, i, l)
		}
	}
	n.count(func(r *Recall) { r.Index += len(q.Vectors) - len(at); r.Short += len(at) })
	if len(at) == 0 {
		return lists, nil
	}
	full, err := exact(ctx, db, short)
	if err != nil {
		return nil, err
	}
	for j, i := range at {
		lists[i] = full[j]
	}
	return lists, nil
}

// neighbour is a row of both searches: a product near the query's Nth vector, from 1.
type neighbour struct {
	N          int     `json:"n"`
	Similarity float64 `json:"similarity"`
	Unindexed  bool    `json:"unindexed"` // its vector is not in the index yet
	Gift               // its id alone when no more was asked for
}

// asked are the query's vectors as rows. They travel as numbers in binary, which is many times
// cheaper than the text of a vector, and are made vectors once: OFFSET 0 keeps the cast from being
// repeated for each product. A table of an older version, which serves until the present one is built,
// has no column indexed, and all its vectors in the index: there the name leads to this one.
const asked = `(SELECT n, true AS indexed, ($1::real[])[(n - 1) * $2 + 1 : n * $2]::halfvec(` + dimensions + `) AS v
	FROM generate_series(1, array_length($1::real[], 1) / $2) AS n OFFSET 0) AS q`

const dimensions = "1024"

// indexSQL reads what is in the index and what is not in one statement, and so in one snapshot: a vector
// that is just being put into the index is in one of them.
const indexSQL = `SELECT q.n, 1 - f.distance AS similarity, f.* FROM ` + asked + `, LATERAL (
	(SELECT e.gift_id, false AS unindexed, e.embedding <=> q.v AS distance {columns} FROM product_embeddings e JOIN products p USING (gift_id)
		WHERE indexed AND e.model_name = $3 AND e.model_version = $4 AND {where}
		ORDER BY e.embedding <=> q.v LIMIT $5)
	UNION ALL
	(SELECT e.gift_id, true AS unindexed, e.embedding <=> q.v AS distance {columns}
		FROM (SELECT gift_id, embedding FROM product_embeddings WHERE NOT indexed AND model_name = $3 AND model_version = $4 OFFSET 0) AS e
			JOIN products p USING (gift_id)
		WHERE {where} ORDER BY (e.embedding <=> q.v) + 0 LIMIT $5)) AS f`

// exactSQL reads what fits once for all vectors. Ordered by an expression that no index has.
const exactSQL = `WITH fitting AS {materialized} (
		SELECT e.gift_id, e.embedding FROM product_embeddings e JOIN products p USING (gift_id)
		WHERE e.model_name = $3 AND e.model_version = $4 AND {where})
	SELECT q.n, f.gift_id, 1 - f.distance AS similarity FROM ` + asked + `, LATERAL (
		SELECT gift_id, embedding <=> q.v AS distance FROM fitting ORDER BY (embedding <=> q.v) + 0, gift_id LIMIT $5) AS f`

// statement fills in the filter. The arguments from the sixth on are the filter's.
func (q NearestQuery) statement(sql string, limit int) (string, []any) {
	numbers := make([]float32, 0, len(q.Vectors)*catalogue.Dimensions)
	for _, v := range q.Vectors {
		numbers = append(numbers, v...)
	}
	where, args := q.where([]any{numbers, catalogue.Dimensions, q.Model.Name, q.Model.Version, limit})
	return strings.ReplaceAll(sql, "{where}", where), args
}

// where is the filter, with the products that are not wanted.
func (q NearestQuery) where(args []any) (string, []any) {
	where, args := q.Filter.where(args)
	if len(q.Exclude) > 0 {
		args = append(args, q.Exclude)
		where += fmt.Sprintf(" AND p.gift_id <> ALL($%d::text[])", len(args))
	}
	return where, args
}

func exact(ctx context.Context, db DB, q NearestQuery) ([][]neighbour, error) {
	materialized := "NOT MATERIALIZED"
	if len(q.Vectors) > 1 {
		materialized = "MATERIALIZED"
	}
	sql, args := q.statement(strings.ReplaceAll(exactSQL, "{materialized}", materialized), q.Limit)
	found, err := projections.Select[neighbour](ctx, under(db, "plan_cache_mode", "force_custom_plan"), sql, args...)
	return q.lists(found), err
}

// byIndex searches the HNSW index, and compares what is not in it yet. It asks for more than is wanted,
// because what an index search finds last is what it is least sure of, and keeps the best. Beside each list
// it tells how many products the index had.
func (n *Nearest) byIndex(ctx context.Context, db DB, q NearestQuery, e estimate, columns string) (lists [][]neighbour, indexed []int, err error) {
	effort := n.effort(q, e)
	db = under(db,
		"hnsw.iterative_scan", "relaxed_order", "hnsw.ef_search", strconv.Itoa(effort.ef), "hnsw.max_scan_tuples", strconv.Itoa(effort.scan),
		// Each way of joining but following the index reads all vectors. The plan is the same for
		// all values, so it need not be made again.
		"enable_sort", "off", "enable_hashjoin", "off", "enable_mergejoin", "off", "enable_seqscan", "off", "plan_cache_mode", "force_generic_plan")
	sql, args := q.statement(strings.ReplaceAll(indexSQL, "{columns}", columns), effort.limit)
	found, err := projections.Select[neighbour](ctx, db, sql, args...)
	indexed = make([]int, len(q.Vectors))
	for _, f := range found {
		if !f.Unindexed {
			indexed[f.N-1]++
		}
	}
	return q.lists(found), indexed, err
}

// lists sorts what was found into a list for each vector and cuts them to the limit.
func (q NearestQuery) lists(found []neighbour) [][]neighbour {
	lists := make([][]neighbour, len(q.Vectors))
	for _, f := range found {
		lists[f.N-1] = append(lists[f.N-1], f)
	}
	for i, l := range lists {
		slices.SortFunc(l, func(a, b neighbour) int {
			return cmp.Or(cmp.Compare(b.Similarity, a.Similarity), cmp.Compare(a.GiftID, b.GiftID))
		})
		lists[i] = l[:min(len(l), q.Limit)]
	}
	return lists
}

// settled is a Querier whose queries run under settings of their own, in one round trip.
type settled struct {
	DB
	names, values []string
}

// under pairs names of settings with values, which come after those that db has.
func under(db DB, settings ...string) DB {
	s := settled{DB: db}
	if outer, ok := db.(settled); ok {
		s = settled{outer.DB, slices.Clone(outer.names), slices.Clone(outer.values)}
	}
	for pair := range slices.Chunk(settings, 2) {
		s.names, s.values = append(s.names, pair[0]), append(s.values, pair[1])
	}
	return s
}

// Query sends the settings along; they end with the pipeline's transaction.
func (s settled) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	set, values := make([]string, len(s.names)), make([]any, len(s.names))
	for i, name := range s.names {
		set[i], values[i] = fmt.Sprintf("set_config('%s', $%d, true)", name, i+1), s.values[i]
	}
	batch := &pgx.Batch{}
	batch.Queue("SELECT "+strings.Join(set, ", "), values...)
	batch.Queue(sql, args...)
	results := s.SendBatch(ctx, batch)
	if _, err := results.Exec(); err != nil {
		_ = results.Close() // says the same
		return nil, err
	}
	rows, err := results.Query()
	if err != nil {
		_ = results.Close()
		return nil, err
	}
	return &lastRows{rows, results}, nil
}

// lastRows ends the pipeline that it is the last of.
type lastRows struct {
	pgx.Rows
	results pgx.BatchResults
}

// Close gives the connection back.
func (r *lastRows) Close() {
	r.Rows.Close()
	_ = r.results.Close() // Err has told
}
