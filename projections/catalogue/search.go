package catalogue

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/domain/discovery"
	"gifty/domain/recommend"
	"gifty/projections"
)

// EngineVersion names this way of searching in search logs.
const EngineVersion = "hybrid_v1"

// Finder finds products: by meaning (vectors of one model) and by words, fused.
type Finder struct {
	DB       DB
	Embedder catalogue.Embedder
	Policy   recommend.Policy // the zero value stands for recommend.DefaultPolicy
	// Nearest is shared by whoever searches the same database; nil: untuned, and nothing is remembered.
	Nearest *Nearest
	// Readings are shared likewise; nil: nothing is remembered.
	Readings *Readings
	// Weights of the rankings in Search; the zero value stands for DefaultSearchWeights.
	Weights SearchWeights
}

// SearchWeights are what the two rankings count beside each other in a search by a person.
type SearchWeights struct {
	Meaning, Words float64
}

// DefaultSearchWeights count both alike: who types words expects them to count.
func DefaultSearchWeights() SearchWeights { return SearchWeights{Meaning: 1, Words: 1} }

func (f Finder) nearest() *Nearest {
	if f.Nearest == nil {
		return &Nearest{}
	}
	return f.Nearest
}

var _ discovery.Finder = Finder{}

// Find searches for each wish's first queries, all at once, and lays out a page for each. Products over
// the budget and its margin never come back, nor do those in another currency, nor what the person has had.
func (f Finder) Find(ctx context.Context, b discovery.Brief, wishes []discovery.Wish) ([]discovery.Found, error) {
	policy := f.preview()
	filter := Filter{Currency: b.Currency}
	if b.Budget != nil {
		ceiling := recommend.Ceiling(b.Budget.Amount)
		filter.MaxPrice, filter.Currency = &ceiling, b.Budget.Currency
	}
	began := time.Now()
	var texts []string
	request := RetrieveRequest{Filter: filter, Exclude: b.Had, Ideas: []int{}}
	for i, w := range wishes {
		for _, query := range w.Queries[:min(len(w.Queries), policy.Queries)] {
			texts, request.Ideas = append(texts, query), append(request.Ideas, i)
		}
	}
	vectors, err := f.vectors(ctx, texts)
	if err != nil {
		return nil, err
	}
	request.Queries = paired(texts, vectors)
	candidates, err := f.Retrieve(ctx, request)
	if err != nil {
		return nil, err
	}
	each := time.Since(began) / time.Duration(max(1, len(texts)))
	found := make([]discovery.Found, len(wishes))
	for i, w := range wishes {
		n := min(len(w.Queries), policy.Queries)
		found[i] = f.page(b, policy, w.Queries[:n], candidates[:n])
		for q, query := range w.Queries[:n] {
			found[i].Searches = append(found[i].Searches, f.logged(query, filter, candidates[q], policy.PerQuery, each))
		}
		candidates = candidates[n:]
	}
	return found, nil
}

// page lays out what an idea's queries found.
func (f Finder) page(b discovery.Brief, policy recommend.Policy, queries []string, candidates [][]Candidate) (found discovery.Found) {
	lists := make([]recommend.List, len(queries))
	for i, query := range queries {
		lists[i] = recommend.List{Query: query, Candidates: f.forRanking(candidates[i])}
	}
	for _, p := range recommend.Preview(recommend.Request{Person: person(b), Budget: b.Budget, Policy: policy}, lists) {
		i := slices.IndexFunc(candidates[p.Query], func(c Candidate) bool { return c.GiftID == p.GiftID })
		found.Links = append(found.Links, discovery.Link{
			GiftID: p.GiftID, Rank: p.Rank, Similarity: candidates[p.Query][i].Similarity, Unmeasured: !candidates[p.Query][i].Measured,
			Score: p.Score, Query: queries[p.Query],
		})
		if p.Fits {
			found.Fitting++
		}
	}
	return found
}

// preview is the policy for pages under ideas: the finder's, or the default one tuned for them. Of
// each query it keeps twice as many gifts as a page shows, because ideas of one answer share them.
func (f Finder) preview() recommend.Policy {
	if f.Policy != (recommend.Policy{}) {
		return f.Policy
	}
	p := recommend.DefaultPolicy()
	p.KeptPerQuery *= 2
	p.Weights.Words, p.Relevance, p.Floor = wordsUnderIdeas, nearUnderIdeas, FloorOf(f.Embedder.Model().Name)
	return p
}

// What pages under ideas ask for. Of 648 products judged by eye, each beside the idea it was found
// for, 54 in a hundred belonged there; of those above these bounds 85.
const (
	wordsUnderIdeas = 0.8
	nearUnderIdeas  = 0.6
)

// FloorOf is the relevance below which a product has nothing to do with what was asked, by the model
// that made the vectors; 0 for models of which we know too little.
func FloorOf(model string) float64 {
	if model == "use-lite-hash" {
		return 0.6
	}
	return 0
}

func paired(texts []string, vectors []catalogue.Vector) []Query {
	queries := make([]Query, len(texts))
	for i := range texts {
		queries[i] = Query{texts[i], vectors[i]}
	}
	return queries
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

// forRanking hands candidates to the ranking. Half of the similarity is that to all of the idea's
// queries.
func (f Finder) forRanking(candidates []Candidate) []recommend.Candidate {
	out := make([]recommend.Candidate, len(candidates))
	for i, c := range candidates {
		read := f.Readings.Read(c.Gift)
		out[i] = recommend.Candidate{
			GiftID: c.GiftID, Title: c.Title, Description: text(c.Description), Category: text(c.Category),
			Merchant: text(c.Merchant), Price: c.Price, Currency: text(c.Currency),
			Similarity: (c.Similarity + c.Fit) / 2, WordScore: c.WordScore, Giftability: c.LLMGiftScore,
			Text: read.Text, Axes: read.Axes,
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

// logged fills every column of the search log that searching can fill. Similarities are those of
// the results that are looked at and have vectors; the top one is of the first of these.
func (f Finder) logged(query string, filter Filter, candidates []Candidate, looked int, took time.Duration) discovery.Search {
	candidates = candidates[:min(len(candidates), looked)]
	s := discovery.Search{
		Query: query, ResultsCount: len(candidates), MaxPrice: filter.MaxPrice, Currency: filter.Currency,
		ExecutionMS: float64(took.Microseconds()) / 1000, EngineVersion: EngineVersion,
		EmbeddingModel: f.Embedder.Model().Name,
	}
	if len(candidates) > 0 {
		s.TopGiftID = candidates[0].GiftID
	}
	sum, measured := 0.0, 0
	for _, c := range candidates {
		if !c.Measured {
			continue
		}
		if measured == 0 {
			s.TopSimilarity = new(c.Similarity)
		}
		sum, measured = sum+c.Similarity, measured+1
	}
	if measured > 0 {
		s.AvgSimilarity = new(sum / float64(measured))
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
	Similarity *float64 `json:"similarity" doc:"cosine of query and product, -1–1; null where either has no vector"`
	WordScore  float64  `json:"word_score" doc:"the text search's score, 0 when no word hit"`
	Score      float64  `json:"score" doc:"both rankings fused by reciprocal rank"`
}

func hit(p Product, c Candidate, score float64) Hit {
	h := Hit{Product: p, WordScore: c.WordScore, Score: score}
	if c.Measured {
		h.Similarity = &c.Similarity
	}
	return h
}

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
	lists, err := f.Retrieve(ctx, RetrieveRequest{
		Queries: paired([]string{req.Text}, vectors), Filter: req.Filter, Limit: max(retrieved, req.Limit), Typed: true,
	})
	if err != nil {
		return SearchResult{}, err
	}
	weights := cmp.Or(f.Weights, DefaultSearchWeights())
	candidates, meaning, words := lists[0], recommend.Ranking{Weight: weights.Meaning}, recommend.Ranking{Weight: weights.Words}
	byID := map[string]Candidate{}
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
		at := slices.IndexFunc(fused, func(h recommend.Hit) bool { return h.GiftID == p.GiftID })
		result.Hits[i] = hit(p, byID[p.GiftID], fused[at].Score)
	}
	shown := make([]Candidate, len(fused)) // in the order that the person sees
	for i, h := range fused {
		shown[i] = byID[h.GiftID]
	}
	result.Search = f.logged(req.Text, req.Filter, shown, req.Limit, time.Since(began))
	return result, nil
}
