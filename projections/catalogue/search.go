package catalogue

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pgvector/pgvector-go"
	"golang.org/x/sync/errgroup"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/domain/discovery"
	"gifty/domain/recommend"
	"gifty/projections"
)

// EngineVersion names this way of searching in search logs.
const EngineVersion = "hybrid_v1"

// retrieved is how many candidates a query takes of each ranking. It is more than a page looks at
// (15), because marketplaces are full of what is no gift, and what drops out must be made up for.
const retrieved = 60

// Finder finds products: by meaning (vectors of one model) and by words, fused.
type Finder struct {
	DB       projections.Querier
	Embedder catalogue.Embedder
	Policy   recommend.Policy // the zero value stands for recommend.DefaultPolicy
}

var _ discovery.Finder = Finder{}

// candidate is a product that a query retrieved.
type candidate struct {
	GiftID       string         `json:"gift_id"`
	Title        string         `json:"title"`
	Description  *string        `json:"description"`
	Category     *string        `json:"category"`
	Merchant     *string        `json:"merchant"`
	Price        *domain.Amount `json:"price"`
	Currency     *string        `json:"currency"`
	LLMGiftScore *float64       `json:"llm_gift_score"`
	Similarity   float64        `json:"similarity"` // to the query
	Fit          float64        `json:"fit"`        // mean similarity to all of the idea's queries
	WordScore    float64        `json:"word_score"`
}

// Find searches for the wish's first queries at once and lays out a page. Products over the budget
// and its margin never come back, nor do those in another currency.
func (f Finder) Find(ctx context.Context, w discovery.Wish) (discovery.Found, error) {
	policy := f.Policy
	if policy == (recommend.Policy{}) {
		policy = recommend.DefaultPolicy()
	}
	queries := w.Queries[:min(len(w.Queries), policy.Queries)]
	filter := Filter{}
	if b := w.Brief.Budget; b != nil {
		ceiling := recommend.Ceiling(b.Amount)
		filter.MaxPrice, filter.Currency = &ceiling, b.Currency
	}
	began := time.Now()
	vectors, err := f.vectors(ctx, queries)
	if err != nil {
		return discovery.Found{}, err
	}
	embedding := time.Since(began) / time.Duration(max(1, len(queries)))
	found := discovery.Found{Searches: make([]discovery.Search, len(queries))}
	lists, retrievedBy := make([]recommend.List, len(queries)), make([][]candidate, len(queries))
	group, ctx := errgroup.WithContext(ctx)
	for i, query := range queries {
		group.Go(func() error {
			began := time.Now()
			candidates, err := f.retrieve(ctx, query, vectors, i, filter, retrieved)
			if err != nil {
				return err
			}
			retrievedBy[i] = candidates
			lists[i] = recommend.List{Query: query, Candidates: forRanking(candidates)}
			found.Searches[i] = f.logged(query, filter, candidates, policy.PerQuery, embedding+time.Since(began))
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return discovery.Found{}, err
	}
	for _, p := range recommend.Preview(recommend.Request{Person: person(w.Brief), Budget: w.Brief.Budget, Policy: policy}, lists) {
		i := slices.IndexFunc(retrievedBy[p.Query], func(c candidate) bool { return c.GiftID == p.GiftID })
		found.Links = append(found.Links, discovery.Link{
			GiftID: p.GiftID, Rank: p.Rank, Similarity: retrievedBy[p.Query][i].Similarity, Score: p.Score, Query: queries[p.Query],
		})
	}
	return found, nil
}

func person(b discovery.Brief) recommend.Person {
	p := recommend.Person{
		Age: b.Age, Gender: string(b.Gender), Relation: string(b.Relation), Occasion: b.Occasion, Interests: b.Interests,
	}
	if b.Person != "" {
		p.Relation = b.Person
	}
	for _, c := range b.Constraints {
		p.Constraints = append(p.Constraints, string(c))
	}
	return p
}

// forRanking hands candidates to the ranking. What is near one query by accident and far from the
// idea's others is probably no answer to the idea, so half of the similarity is that to all of them.
func forRanking(candidates []candidate) []recommend.Candidate {
	out := make([]recommend.Candidate, len(candidates))
	for i, c := range candidates {
		out[i] = recommend.Candidate{
			GiftID: c.GiftID, Title: c.Title, Description: text(c.Description), Category: text(c.Category),
			Merchant: text(c.Merchant), Price: c.Price, Currency: text(c.Currency),
			Similarity: (c.Similarity + c.Fit) / 2, WordScore: c.WordScore, Giftability: c.LLMGiftScore,
		}
	}
	return out
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// vectors embeds the queries; one whose words the model does not know gets nil and is searched by
// words alone.
func (f Finder) vectors(ctx context.Context, queries []string) ([]catalogue.Vector, error) {
	vectors, err := f.Embedder.Embed(ctx, queries)
	if err == nil || !wordless(err) {
		return vectors, err
	}
	vectors = make([]catalogue.Vector, len(queries))
	for i, q := range queries {
		one, err := f.Embedder.Embed(ctx, []string{q})
		switch {
		case err == nil:
			vectors[i] = one[0]
		case !wordless(err):
			return nil, err
		}
	}
	return vectors, nil
}

func wordless(err error) bool {
	var known *domain.Error
	return errors.As(err, &known) && known.Code == "text_without_words"
}

// retrieve runs one of an idea's queries both ways. Filters come first and the comparison is exact, so a narrow
// filter never costs results. A query's words are alternatives: any of them may hit.
func (f Finder) retrieve(ctx context.Context, query string, vectors []catalogue.Vector, own int, filter Filter, limit int) ([]candidate, error) {
	m := f.Embedder.Model()
	var vector any // NULL: by words alone
	all := []string{}
	for i, v := range vectors {
		if v == nil {
			continue
		}
		text := pgvector.NewHalfVector(v).String()
		all = append(all, `"`+text+`"`)
		if i == own {
			vector = text
		}
	}
	where, args := filter.where([]any{vector, m.Name, m.Version, telling(query), limit, "{" + strings.Join(all, ",") + "}"})
	return projections.Select[candidate](ctx, f.DB, strings.ReplaceAll(retrieveSQL, "{where}", where), args...)
}

// telling leaves a query the words that tell one product from another: nearly everything in a gift
// shop is a gift and half of it a set, and the text search does not know how common a word is. A
// query of nothing else keeps its words.
func telling(query string) string {
	words := slices.DeleteFunc(strings.Fields(strings.ToLower(query)), func(w string) bool {
		return slices.ContainsFunc(commonStems(), func(stem string) bool { return strings.HasPrefix(w, stem) })
	})
	if len(words) == 0 {
		return query
	}
	return strings.Join(words, " ")
}

func commonStems() []string {
	return []string{"подар", "сувенир", "набор", "комплект", "gift", "present", "kit"}
}

// retrieveSQL: OFFSET 0 keeps the planner from joining all vectors to the few products found, which
// it likes while its statistics are those of an empty table.
const retrieveSQL = `WITH meaning AS (
		SELECT e.gift_id FROM product_embeddings e JOIN products p USING (gift_id)
		WHERE e.model_name = $2 AND e.model_version = $3 AND $1::halfvec IS NOT NULL AND {where}
		ORDER BY e.embedding <=> $1::halfvec, e.gift_id LIMIT $5
	), asked AS (
		SELECT replace(plainto_tsquery('russian', $4)::text, ' & ', ' | ')::tsquery AS q
	), words AS (
		SELECT p.gift_id, ts_rank_cd(p.search, asked.q, 1) AS score FROM products p, asked
		WHERE p.search @@ asked.q AND {where}
		ORDER BY score DESC, p.gift_id LIMIT $5
	), found AS (
		SELECT gift_id FROM meaning UNION SELECT gift_id FROM words
	)
	SELECT p.gift_id, p.title, p.description, p.category, p.merchant, p.price, p.currency, p.llm_gift_score,
		coalesce(1 - (e.embedding <=> $1::halfvec), 0) AS similarity,
		coalesce((SELECT avg(1 - (e.embedding <=> v)) FROM unnest($6::halfvec[]) v), 0) AS fit, coalesce(w.score, 0)::float8 AS word_score
	FROM found JOIN products p USING (gift_id)
	LEFT JOIN LATERAL (SELECT v.embedding FROM product_embeddings v
		WHERE v.gift_id = p.gift_id AND v.model_name = $2 AND v.model_version = $3 OFFSET 0) e ON true
	LEFT JOIN words w ON w.gift_id = p.gift_id
	ORDER BY similarity DESC, word_score DESC, p.gift_id`

// logged fills every column of the search log that searching can fill. Similarities are those of
// the best results a page looks at.
func (f Finder) logged(query string, filter Filter, candidates []candidate, looked int, took time.Duration) discovery.Search {
	candidates = candidates[:min(len(candidates), looked)]
	s := discovery.Search{
		Query: query, ResultsCount: len(candidates), MaxPrice: filter.MaxPrice, Currency: filter.Currency,
		ExecutionMS: float64(took.Microseconds()) / 1000, EngineVersion: EngineVersion,
		EmbeddingModel: f.Embedder.Model().Name,
	}
	if len(candidates) > 0 {
		sum := 0.0
		for _, c := range candidates {
			sum += c.Similarity
		}
		top, mean := candidates[0].Similarity, sum/float64(len(candidates))
		s.TopSimilarity, s.AvgSimilarity, s.TopGiftID = &top, &mean, candidates[0].GiftID
	}
	return s
}

// SearchRequest is what a person asks the catalogue in words.
type SearchRequest struct {
	Text   string
	Filter Filter
	Limit  int // 1 to projections.MaxLimit; 0: 20
}

// SearchResult is what was found, best first, and what to log of it.
type SearchResult struct {
	Hits   []Hit
	Search discovery.Search
}

// Hit is a product found.
type Hit struct {
	Product
	Similarity float64 `json:"similarity" doc:"cosine of query and product, -1–1"`
	WordScore  float64 `json:"word_score" doc:"the text search's score, 0 when no word hit"`
	Score      float64 `json:"score" doc:"both rankings fused by reciprocal rank"`
}

// Weights of the two rankings in a search by a person, who expects the words typed to count.
const (
	meaningWeight = 1.0
	wordsWeight   = 1.0
)

// Search finds products for a person's words.
func (f Finder) Search(ctx context.Context, req SearchRequest) (SearchResult, error) {
	if req.Limit == 0 {
		req.Limit = 20
	}
	if req.Limit < 1 || req.Limit > projections.MaxLimit {
		return SearchResult{}, domain.Invalid("limit_invalid", "limit must be between 1 and %d", projections.MaxLimit)
	}
	if strings.TrimSpace(req.Text) == "" {
		return SearchResult{}, domain.Invalid("query_empty", "say what to search for")
	}
	if !utf8.ValidString(req.Text) || strings.ContainsRune(req.Text, 0) {
		return SearchResult{}, domain.Invalid("query_invalid", "the words to search for must be UTF-8 without NUL")
	}
	began := time.Now()
	vectors, err := f.vectors(ctx, []string{req.Text})
	if err != nil {
		return SearchResult{}, err
	}
	candidates, err := f.retrieve(ctx, req.Text, vectors, 0, req.Filter, max(retrieved, req.Limit))
	if err != nil {
		return SearchResult{}, err
	}
	meaning, words := recommend.Ranking{Weight: meaningWeight}, recommend.Ranking{Weight: wordsWeight}
	byID := map[string]candidate{}
	for _, c := range candidates {
		byID[c.GiftID] = c
		meaning.Hits = append(meaning.Hits, recommend.Hit{GiftID: c.GiftID, Score: c.Similarity})
		if c.WordScore > 0 {
			words.Hits = append(words.Hits, recommend.Hit{GiftID: c.GiftID, Score: c.WordScore})
		}
	}
	fused := recommend.Fuse(meaning, words)
	fused = fused[:min(len(fused), req.Limit)]
	ids := make([]string, len(fused))
	for i, h := range fused {
		ids[i] = h.GiftID
	}
	products, err := ByID(ctx, f.DB, ids)
	if err != nil {
		return SearchResult{}, err
	}
	result := SearchResult{Hits: make([]Hit, len(products))}
	for i, p := range products {
		c := byID[p.GiftID]
		result.Hits[i] = Hit{Product: p, Similarity: c.Similarity, WordScore: c.WordScore}
		for _, h := range fused {
			if h.GiftID == p.GiftID {
				result.Hits[i].Score = h.Score
			}
		}
	}
	result.Search = f.logged(req.Text, req.Filter, candidates, req.Limit, time.Since(began))
	return result, nil
}

// Analyze tells Postgres's planner what the tables hold. Left to autovacuum it plans searches for
// an empty catalogue until a minute or more after an import. It needs a pool or connection that
// may also execute.
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
	return nil
}
