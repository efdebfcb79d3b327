package catalogue

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/projections"
)

// RetrieveRequest asks for candidates for several queries at once, as a page of recommendations does.
type RetrieveRequest struct {
	Queries []Query
	Filter  Filter
	Exclude []string // gift ids that are not wanted
	Limit   int      // of each query's ranking by meaning, and by words of what a person typed, else half; 0: 60
	Ideas   []int    // the idea that each query is of; nil: each is of one of its own
	Typed   bool     // a person wrote the texts: the last word may be unfinished, any may be mistyped
}

// Query is what to look for. Either of its halves may be missing.
type Query struct {
	Text   string           // "": by meaning alone
	Vector catalogue.Vector // of the text, by the finder's model; nil: by words alone
}

// Candidate is a product that a query found, with what judging it takes.
type Candidate struct {
	*Gift
	// Similarity is the cosine of the query and the product, -1–1; 0 when it was not Measured, as either has no vector.
	Similarity float64
	Measured   bool
	Fit        float64 // mean similarity to all queries of the same idea that have a vector
	WordScore  float64 // the text search's, to compare within one query; 0 when no word hit
}

// Gift is what ranking and showing a product take. Queries that found the same product share it.
type Gift struct {
	GiftID       string         `json:"gift_id"`
	Title        string         `json:"title"`
	Description  *string        `json:"description"`
	Category     *string        `json:"category"`
	Merchant     *string        `json:"merchant"`
	ImageURL     *string        `json:"image_url"`
	ProductURL   string         `json:"product_url"`
	Price        *domain.Amount `json:"price"`
	Currency     *string        `json:"currency"` // ISO 4217
	Giftability  float64        `json:"giftability"`
	LLMGiftScore *float64       `json:"llm_gift_score"`
	Scores       []byte         `json:"llm_gift_vector"` // the language model's gift vector as JSON; nil without one
	UpdatedAt    time.Time      `json:"updated_at"`
	Stored       half           `json:"vector"`
	// Vector is of length 1, up to 16-bit rounding, by the finder's model; nil when it has none yet.
	Vector []float32 `json:"-"`
}

// retrieved is how many candidates a query takes of each ranking. It is more than a page looks at
// (15), because marketplaces are full of what is no gift, and what drops out must be made up for.
const retrieved = 60

// Retrieve answers a list of candidates for each query: the most similar first, then by words.
func (f Finder) Retrieve(ctx context.Context, r RetrieveRequest) ([][]Candidate, error) {
	r.Limit = cmp.Or(r.Limit, retrieved)
	e, err := f.nearest().estimate(ctx, f.DB, NearestQuery{Model: f.Embedder.Model(), Filter: r.Filter})
	if err != nil {
		return nil, err
	}
	var nearest [][]neighbour
	var words [][]wordHit
	group, inner := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		nearest, err = f.byMeaning(inner, r, e)
		return err
	})
	group.Go(func() (err error) {
		words, err = f.byWords(inner, r, e)
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	gifts, err := f.gifts(ctx, nearest, words)
	if err != nil {
		return nil, err
	}
	scores := make([]map[string]float64, len(r.Queries))
	for i := range r.Queries {
		scores[i] = map[string]float64{}
		for _, n := range nearest[i] {
			scores[i][n.GiftID] = 0
		}
		for _, w := range words[i] {
			scores[i][w.GiftID] = w.Score
		}
	}
	return r.candidates(scores, gifts), nil
}

// byMeaning leaves an empty list to a query without a vector.
func (f Finder) byMeaning(ctx context.Context, r RetrieveRequest, e estimate) ([][]neighbour, error) {
	q := NearestQuery{Model: f.Embedder.Model(), Filter: r.Filter, Exclude: r.Exclude, Limit: r.Limit}
	var at []int
	for i, query := range r.Queries {
		if query.Vector != nil {
			q.Vectors, at = append(q.Vectors, query.Vector), append(at, i)
		}
	}
	lists := make([][]neighbour, len(r.Queries))
	size := togetherExact
	if f.nearest().route(q, e) == RouteIndex {
		size = together
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(connections)
	for _, part := range parts(len(q.Vectors), size) {
		group.Go(func() error {
			some := q
			some.Vectors = q.Vectors[part[0]:part[1]]
			found, err := f.nearest().search(ctx, f.DB, some, giftColumns+", halfvec_send(e.embedding) AS vector")
			for j, list := range found {
				lists[at[part[0]+j]] = list
			}
			return err
		})
	}
	return lists, group.Wait()
}

// How many queries one connection searches for, one after the other. What fits a narrow filter is read
// once for all of them, so then more stay together.
const (
	together      = 2 // in the index of vectors
	togetherExact = 12
	togetherWords = 12
	connections   = 4 // for one request, of each way of searching
)

// parts divides n queries among connections, [from, to) each.
func parts(n, size int) (parts [][2]int) {
	for from := 0; from < n; from += size {
		parts = append(parts, [2]int{from, min(n, from+size)})
	}
	return parts
}

// wide is the share of the products that a filter leaves from which it is quicker to look at a word's
// hits one by one than to find all products that fit.
const wide = 0.02

func (f Finder) byWords(ctx context.Context, r RetrieveRequest, e estimate) ([][]wordHit, error) {
	q := wordQuery{Filter: r.Filter, Exclude: r.Exclude, Limit: r.Limit, Typed: r.Typed}
	if !r.Typed {
		q.Limit = (r.Limit + 1) / 2
	}
	q.Wide = e.share >= wide
	lists := make([][]wordHit, len(r.Queries))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(connections)
	for _, part := range parts(len(r.Queries), togetherWords) {
		group.Go(func() error {
			some := q
			for _, query := range r.Queries[part[0]:part[1]] {
				some.Texts = append(some.Texts, query.Text)
			}
			found, err := some.search(ctx, f.DB)
			copy(lists[part[0]:], found)
			return err
		})
	}
	return lists, group.Wait()
}

const giftColumns = `, p.title, p.description, p.category, p.merchant, p.image_url, p.product_url, p.price, p.currency, p.giftability,
	p.llm_gift_score, p.llm_gift_vector, p.updated_at`

// giftsSQL: OFFSET 0 keeps the planner from joining all vectors to the few products found, which it
// likes while its statistics are those of an empty table.
const giftsSQL = `SELECT p.gift_id, e.vector` + giftColumns + `
	FROM unnest($1::text[]) AS w(gift_id), LATERAL (SELECT * FROM products v WHERE v.gift_id = w.gift_id OFFSET 0) AS p
	LEFT JOIN LATERAL (SELECT halfvec_send(v.embedding) AS vector FROM product_embeddings v
		WHERE v.gift_id = p.gift_id AND v.model_name = $2 AND v.model_version = $3 OFFSET 0) e ON true`

// gifts are the products found, each once. Those are read that the search by meaning did not bring along.
func (f Finder) gifts(ctx context.Context, nearest [][]neighbour, words [][]wordHit) (map[string]*Gift, error) {
	gifts, unread := map[string]*Gift{}, map[string]struct{}{}
	for _, list := range nearest {
		for i := range list {
			g := &list[i].Gift
			switch {
			case gifts[g.GiftID] != nil:
			case g.Stored == nil:
				unread[g.GiftID] = struct{}{}
			default:
				gifts[g.GiftID] = g
			}
		}
	}
	for _, list := range words {
		for _, w := range list {
			if gifts[w.GiftID] == nil {
				unread[w.GiftID] = struct{}{}
			}
		}
	}
	if len(unread) > 0 {
		m := f.Embedder.Model()
		rows, err := projections.Select[Gift](ctx, f.DB, giftsSQL, slices.Collect(maps.Keys(unread)), m.Name, m.Version)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			gifts[rows[i].GiftID] = &rows[i]
		}
	}
	widen(gifts)
	return gifts, nil
}

// widen makes vectors of what is stored, cut from one piece of memory: hundreds of pieces cost more than
// the widening.
func widen(gifts map[string]*Gift) {
	n := 0
	for _, g := range gifts {
		n += g.Stored.dim()
	}
	room := make([]float32, n)
	for _, g := range gifts {
		if dim := g.Stored.dim(); dim > 0 {
			g.Vector, room = g.Stored.into(room[:dim:dim]), room[dim:]
		}
		g.Stored = nil
	}
}

// candidates compares each query's products with all queries of its idea. What is near one query by
// accident and far from the idea's others is probably no answer to the idea.
func (r RetrieveRequest) candidates(found []map[string]float64, gifts map[string]*Gift) [][]Candidate {
	lists := make([][]Candidate, len(r.Queries))
	lengths := make(map[string]float64, len(gifts))
	for id, g := range gifts {
		lengths[id] = norm(g.Vector)
	}
	for _, idea := range r.byIdea() {
		similarity := make([]float64, len(idea))
		ids, vectors := r.of(idea, found)
		for id := range ids {
			g, fit := gifts[id], 0.0
			if g == nil {
				continue // gone since it was found
			}
			for i, q := range idea {
				similarity[i] = 0
				if both := lengths[id] * norm(r.Queries[q].Vector); both > 0 {
					similarity[i] = max(-1, min(1, dot(g.Vector, r.Queries[q].Vector)/both))
				}
				fit += similarity[i] / float64(max(1, vectors))
			}
			for i, q := range idea {
				if score, in := found[q][id]; in {
					lists[q] = append(lists[q], Candidate{Gift: g, Similarity: similarity[i], Measured: g.Vector != nil && r.Queries[q].Vector != nil, Fit: fit, WordScore: score})
				}
			}
		}
	}
	for _, list := range lists {
		slices.SortFunc(list, func(a, b Candidate) int {
			return cmp.Or(cmp.Compare(b.Similarity, a.Similarity), cmp.Compare(b.WordScore, a.WordScore), cmp.Compare(a.GiftID, b.GiftID))
		})
	}
	return lists
}

// byIdea are the places of each idea's queries.
func (r RetrieveRequest) byIdea() (ideas [][]int) {
	at := map[int]int{}
	for q := range r.Queries {
		idea := q
		if r.Ideas != nil {
			idea = r.Ideas[q]
		}
		i, known := at[idea]
		if !known {
			i, ideas = len(ideas), append(ideas, nil)
			at[idea] = i
		}
		ideas[i] = append(ideas[i], q)
	}
	return ideas
}

// of is what an idea's queries found, and how many of them have a vector.
func (r RetrieveRequest) of(idea []int, found []map[string]float64) (ids map[string]struct{}, vectors int) {
	ids = map[string]struct{}{}
	for _, q := range idea {
		if r.Queries[q].Vector != nil {
			vectors++
		}
		for id := range found[q] {
			ids[id] = struct{}{}
		}
	}
	return ids, vectors
}
