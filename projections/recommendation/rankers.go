package recommendation

import (
	"context"
	"slices"
	"time"

	"gifty/domain/evaluate"
	"gifty/domain/recommend"
	"gifty/projections"
	"gifty/projections/catalogue"
)

// Comparison ranks as at a moment of the past, for those who chose something afterwards: what was asked
// for them last is searched for in the catalogue as it is now, and what they had met before the moment
// is not ranked. Nothing that was said since the moment is known to any ranker.
type Comparison struct {
	Recommender *Recommender
	History     *History
	Moment      time.Time
	// Shelf is what there is to rank. Vectors are filled in as things are ranked: those of a whole
	// catalogue need not fit in memory.
	Shelf map[string]evaluate.Item

	policy  recommend.Policy
	learned recommend.Learned
}

const readShelf = `SELECT gift_id, category FROM products WHERE is_active`

type shelved struct {
	GiftID   string  `json:"gift_id"`
	Category *string `json:"category"`
}

// Compare begins a comparison.
func Compare(ctx context.Context, r *Recommender, h *History, moment time.Time) (*Comparison, error) {
	c := &Comparison{Recommender: r, History: h, Moment: moment, Shelf: map[string]evaluate.Item{}, policy: r.policies[""]}
	c.policy.Draw.Temperature = 0 // the best, not a draw
	rows, err := projections.Select[shelved](ctx, r.finder.DB, readShelf)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		c.Shelf[row.GiftID] = evaluate.Item{Category: orEmpty(row.Category)}
	}
	c.learned, err = h.learned(ctx, c.policy, moment)
	return c, err
}

// Rankers are popularity, words only, vectors only, and ours. The baselines see the same filters as ours.
func (c *Comparison) Rankers(ctx context.Context, past []evaluate.Interaction) []evaluate.Ranker {
	popular := evaluate.Popularity(past)
	ranker := func(name string, rank func(*search, map[string]bool, []recommend.Reaction, int) ([]string, error)) evaluate.Ranker {
		return evaluate.Ranker{Name: name, Rank: func(who string, at time.Time, k int) ([]string, error) {
			ask, known := c.History.ask(who, at)
			if !known {
				return nil, nil
			}
			said, met := c.History.before(who, c.Moment)
			s := &search{Recommender: c.Recommender, ask: ask, excluded: slices.Clone(ask.Exclude)}
			for id := range met {
				s.excluded = append(s.excluded, id)
			}
			slices.Sort(s.excluded)
			ranked, err := rank(s, met, said, k)
			if err == nil {
				err = c.fill(ctx, ranked)
			}
			return ranked, err
		}}
	}
	return []evaluate.Ranker{
		ranker(popular.Name, func(_ *search, met map[string]bool, _ []recommend.Reaction, k int) ([]string, error) {
			all, err := popular.Rank("", c.Moment, k+len(met))
			all = slices.DeleteFunc(slices.Clone(all), func(id string) bool { return met[id] })
			return all[:min(len(all), k)], err
		}),
		ranker("words only", func(s *search, _ map[string]bool, _ []recommend.Reaction, k int) ([]string, error) {
			return s.alone(ctx, k, func(q catalogue.Query) catalogue.Query { return catalogue.Query{Text: q.Text} },
				func(c catalogue.Candidate) float64 { return c.WordScore })
		}),
		ranker("vectors only", func(s *search, _ map[string]bool, _ []recommend.Reaction, k int) ([]string, error) {
			return s.alone(ctx, k, func(q catalogue.Query) catalogue.Query { return catalogue.Query{Vector: q.Vector} },
				func(c catalogue.Candidate) float64 { return c.Similarity })
		}),
		ranker("ours", func(s *search, met map[string]bool, said []recommend.Reaction, k int) ([]string, error) {
			return c.ours(ctx, s, met, said, k)
		}),
	}
}

// alone ranks by one half of the queries: each query's order, the orders fused.
func (s *search) alone(ctx context.Context, k int, half func(catalogue.Query) catalogue.Query, score func(catalogue.Candidate) float64) ([]string, error) {
	queries, _, err := s.where(ctx)
	if err != nil {
		return nil, err
	}
	var halves []catalogue.Query
	for _, q := range queries {
		if q = half(q); q.Text != "" || q.Vector != nil {
			halves = append(halves, q)
		}
	}
	if len(halves) == 0 {
		return nil, nil
	}
	found, err := s.finder.Retrieve(ctx, catalogue.RetrieveRequest{Queries: halves, Filter: s.filter(), Exclude: s.excluded, Limit: pageLimit})
	if err != nil {
		return nil, err
	}
	rankings := make([]recommend.Ranking, len(found))
	for i, list := range found {
		rankings[i].Weight = 1
		for _, c := range list {
			rankings[i].Hits = append(rankings[i].Hits, recommend.Hit{GiftID: c.GiftID, Score: score(c)})
		}
	}
	var ids []string
	for _, hit := range recommend.Fuse(rankings...) {
		ids = append(ids, hit.GiftID)
	}
	return ids[:min(len(ids), k)], nil
}

// ours is the page that the policy in force would have thought best.
func (c *Comparison) ours(ctx context.Context, s *search, met map[string]bool, said []recommend.Reaction, k int) (ids []string, err error) {
	if s.queries, s.about, err = s.where(ctx); err != nil {
		return nil, err
	}
	if err := c.describe(ctx, said); err != nil {
		return nil, err
	}
	if err := s.findAll(ctx, s.filter(), s.excluded); err != nil {
		return nil, err
	}
	b := s.ask.Brief
	page, err := s.lay(ctx, &recommend.Inquiry{
		Person: person(b), Budget: b.Budget, Language: b.Language, Limit: k, Policy: c.policy, Seed: uint64(s.ask.Seed),
		Taste: recommend.TasteFrom(said, c.Moment, recommend.TasteOptions{}), Learned: c.learned, Ideas: s.about, Seen: met,
	})
	if err != nil {
		return nil, err
	}
	for _, item := range page.Items {
		ids = append(ids, item.GiftID)
	}
	return ids, nil
}

const readDescribed = `SELECT p.gift_id, p.title, p.category, e.embedding::real[] AS vector
	FROM products p LEFT JOIN product_embeddings e ON e.gift_id = p.gift_id AND e.model_name = $2 AND e.model_version = $3
	WHERE p.gift_id = ANY($1)`

type described struct {
	GiftID   string    `json:"gift_id"`
	Title    string    `json:"title"`
	Category *string   `json:"category"`
	Vector   []float32 `json:"vector"`
}

func (c *Comparison) read(ctx context.Context, ids []string) (map[string]described, error) {
	model := c.Recommender.finder.Embedder.Model()
	rows, err := projections.Select[described](ctx, c.Recommender.finder.DB, readDescribed, ids, model.Name, model.Version)
	byID := make(map[string]described, len(rows))
	for _, row := range rows {
		byID[row.GiftID] = row
	}
	return byID, err
}

// describe says of what the reactions are.
func (c *Comparison) describe(ctx context.Context, said []recommend.Reaction) error {
	ids := make([]string, len(said))
	for i, r := range said {
		ids[i] = r.GiftID
	}
	known, err := c.read(ctx, ids)
	for i := range said {
		d := known[said[i].GiftID]
		said[i].Title, said[i].Category, said[i].Vector = d.Title, orEmpty(d.Category), d.Vector
	}
	return err
}

// fill puts the vectors of what was ranked on the shelf.
func (c *Comparison) fill(ctx context.Context, ranked []string) error {
	var lacking []string
	for _, id := range ranked {
		if c.Shelf[id].Vector == nil {
			lacking = append(lacking, id)
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	known, err := c.read(ctx, lacking)
	for id, d := range known {
		c.Shelf[id] = evaluate.Item{Vector: d.Vector, Category: orEmpty(d.Category)}
	}
	return err
}
