package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	"gifty/domain/catalogue"
	readcatalogue "gifty/projections/catalogue"
)

const (
	searchQueries = 100 // for each figure of recall
	searchRounds  = 2000
	searchLimit   = 10
)

// benchSearch searches a made-up catalogue by meaning. The catalogue is copied into the active read
// tables, and the index of its vectors is built after that, as a rebuild does. Recall is measured
// against comparing all vectors that fit in this process. Speed is measured beside a bare pgvector
// query over the same index, with the effort that ours has found to be enough, in turn.
func benchSearch(ctx context.Context, env environment) error {
	products, err := benchProducts()
	if err != nil {
		return err
	}
	p, err := newPast(ctx, env, 0)
	if err != nil {
		return err
	}
	defer p.close()
	s := newShop(products)
	indexing, err := s.fill(ctx, p.pool, products)
	if err != nil {
		return err
	}
	print("search.index_s", indexing.Seconds(), "s")
	nearest := &readcatalogue.Nearest{}
	began := time.Now()
	tuned, err := nearest.Tune(ctx, p.pool, benchModel)
	if err != nil {
		return err
	}
	print("search.tune_s", time.Since(began).Seconds(), "s")
	print("search.ef", float64(tuned.EF), "candidates")
	if err := s.measureRecall(ctx, p.pool, nearest); err != nil {
		return err
	}
	if err := s.measureSpeed(ctx, p.pool, nearest, tuned.EF); err != nil {
		return err
	}
	return s.measurePages(ctx, p.pool, nearest)
}

// shares are filters that leave a share of the products, by price.
var shares = []struct {
	name  string
	share float64
}{{"", 1}, {"_10pct", 0.1}, {"_1pct", 0.01}, {"_01pct", 0.001}}

// leaving is a filter that leaves about a share of the active products, from some price on.
func (s *shop) leaving(share float64) readcatalogue.Filter {
	if share == 1 {
		return readcatalogue.Filter{}
	}
	wide := max(1, int(share*float64(len(s.prices))))
	from := s.rand.IntN(len(s.prices) - wide)
	return readcatalogue.Filter{MinPrice: roubles(s.prices[from]), MaxPrice: roubles(s.prices[from+wide-1]), Currency: "RUB"}
}

func roubles(price float64) *domain.Amount {
	amount, err := domain.NewAmount(fmt.Sprintf("%.2f", price))
	if err != nil {
		return nil // of a number so printed there is none
	}
	return &amount
}

func (s *shop) measureRecall(ctx context.Context, pool *pgxpool.Pool, nearest *readcatalogue.Nearest) error {
	missing := 0
	for _, of := range shares {
		recall := 0.0
		var ms []float64
		for range searchQueries {
			_, v := s.ask()
			filter := s.leaving(of.share)
			began := time.Now()
			got, err := nearest.Search(ctx, pool, readcatalogue.NearestQuery{Model: benchModel, Vectors: []catalogue.Vector{v}, Filter: filter, Limit: searchLimit})
			if err != nil {
				return err
			}
			ms = append(ms, milliseconds(time.Since(began)))
			right := s.nearest(v, filter, searchLimit)
			missing += len(right) - len(got[0])
			found := 0
			for _, hit := range got[0] {
				if slices.Contains(right, hit.GiftID) {
					found++
				}
			}
			recall += float64(found) / float64(max(1, len(right)))
		}
		print("search.recall_at_10"+of.name, recall/searchQueries, "share")
		if of.name != "" {
			print("search.p50_ms"+of.name, median(ms), "ms")
		}
	}
	print("search.rows_missing", float64(missing), "rows")
	return nil
}

// measureSpeed also says what a search by the words and the meaning of a text takes, rows and all.
func (s *shop) measureSpeed(ctx context.Context, pool *pgxpool.Pool, nearest *readcatalogue.Nearest, ef int) error {
	finder := readcatalogue.Finder{DB: pool, Embedder: known{}, Nearest: nearest}
	var ours, raw, hybrid []float64
	search := func(v catalogue.Vector) error {
		began := time.Now()
		_, err := nearest.Search(ctx, pool, readcatalogue.NearestQuery{Model: benchModel, Vectors: []catalogue.Vector{v}, Limit: searchLimit})
		ours = append(ours, milliseconds(time.Since(began)))
		return err
	}
	bare := func(v catalogue.Vector) error {
		took, err := bareSearch(ctx, pool, v, ef)
		raw = append(raw, milliseconds(took))
		return err
	}
	for round := range searchRounds {
		text, v := s.ask()
		// Who comes second finds the way through the index in the processor's cache.
		turns := []func(catalogue.Vector) error{search, bare}
		if round%2 == 1 {
			slices.Reverse(turns)
		}
		for _, turn := range turns {
			if err := turn(v); err != nil {
				return err
			}
		}
		began := time.Now()
		if _, err := finder.Retrieve(ctx, readcatalogue.RetrieveRequest{Queries: []readcatalogue.Query{{Text: text, Vector: v}}}); err != nil {
			return err
		}
		hybrid = append(hybrid, milliseconds(time.Since(began)))
	}
	print("search.p50_ms", median(ours), "ms")
	print("search.p99_ms", percentile(ours, 0.99), "ms")
	print("search.raw_p50_ms", median(raw), "ms")
	print("search.ratio_raw", median(ours)/median(raw), "x")
	print("search.hybrid_p50_ms", median(hybrid), "ms")
	return nil
}

// bareSearch is what a program does that knows nothing of filters, models or products gone.
func bareSearch(ctx context.Context, pool *pgxpool.Pool, v catalogue.Vector, ef int) (time.Duration, error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, fmt.Sprint("SET hnsw.ef_search = ", ef)); err != nil {
		return 0, err
	}
	began := time.Now()
	rows, err := conn.Query(ctx, `SELECT gift_id FROM product_embeddings WHERE indexed ORDER BY embedding <=> $1::real[]::halfvec LIMIT $2`, []float32(v), searchLimit)
	if err != nil {
		return 0, err
	}
	for rows.Next() {
	}
	rows.Close()
	took := time.Since(began)
	if rows.Err() != nil {
		return 0, rows.Err()
	}
	_, err = conn.Exec(ctx, "RESET hnsw.ef_search")
	return took, err
}

const (
	pageQueries = 5
	pageCallers = 8
	pageRounds  = 100 // a caller
	pageLimit   = 40  // of each query's two rankings; a page looks at fifteen
)

// measurePages retrieves what a page of recommendations ranks: five queries whose vectors are known,
// within a budget, the products' vectors included.
func (s *shop) measurePages(ctx context.Context, pool *pgxpool.Pool, nearest *readcatalogue.Nearest) error {
	finder := readcatalogue.Finder{DB: pool, Embedder: known{}, Nearest: nearest}
	requests := make([]readcatalogue.RetrieveRequest, pageCallers*pageRounds)
	for i := range requests {
		budget := roubles(s.prices[len(s.prices)/5+s.rand.IntN(len(s.prices)*4/5)])
		requests[i].Limit = pageLimit
		requests[i].Filter = readcatalogue.Filter{MaxPrice: budget, Currency: "RUB"}
		for range pageQueries {
			text, v := s.ask()
			requests[i].Queries = append(requests[i].Queries, readcatalogue.Query{Text: text, Vector: v})
		}
	}
	for _, callers := range []int{1, pageCallers} {
		ms, took, err := callAll(callers, requests[:callers*pageRounds], func(r readcatalogue.RetrieveRequest) error {
			_, err := finder.Retrieve(ctx, r)
			return err
		})
		if err != nil {
			return err
		}
		name := fmt.Sprintf("search.page%d_", callers)
		print(name+"p50_ms", median(ms), "ms")
		print(name+"p99_ms", percentile(ms, 0.99), "ms")
		print(name+"per_s", float64(len(ms))/took.Seconds(), "pages/s")
	}
	r := nearest.Recall()
	fmt.Fprintf(os.Stderr, "bench: %d vectors by comparing all, %d by the index, %d by both\n", r.Exact, r.Index, r.Short)
	return nil
}

// known stands for an embedder whose vectors are all known by now.
type known struct{}

func (known) Model() catalogue.Model { return benchModel }

func (known) Embed(context.Context, []string) ([]catalogue.Vector, error) {
	return nil, domain.Unavailable("not_embedding", "nothing is embedded here")
}
