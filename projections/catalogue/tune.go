package catalogue

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"

	"gifty/domain/catalogue"
	"gifty/projections"
)

// Tuned is how hard the index must be searched for one model.
type Tuned struct {
	EF     int     // candidates kept: hnsw.ef_search
	Recall float64 // share of the ten nearest that this found of the sample
	Sample int     // how many searches it was tried on
	Rows   int     // vectors of the model that were in the index at that time
}

const (
	defaultRecall  = 0.99
	tunedOn        = 10 // the nearest that recall is about
	tunedSample    = 96
	growthToRetune = 1.5
)

// Tune finds the least effort at which index searches find the wanted share of the ten nearest
// products of a model, by repeating searches for some products' own vectors, moved a little, exactly.
// It keeps the result. New vectors that are not in the index yet flatter it, so it is to be tuned again
// when they are. On a hundred thousand products it takes some seconds. Without vectors
// it changes nothing.
func (n *Nearest) Tune(ctx context.Context, db DB, m catalogue.Model) (Tuned, error) {
	db = under(db, "max_parallel_workers_per_gather", "0")
	rows, sample, err := sampleOf(ctx, db, m)
	if err != nil || len(sample) == 0 {
		return n.tuned(m), err
	}
	q := NearestQuery{Model: m, Vectors: sample, Limit: tunedOn}
	var right [][]neighbour
	for _, v := range sample { // one at a time: together they would have all vectors copied to a file
		one := q
		one.Vectors = []catalogue.Vector{v}
		lists, err := exact(ctx, db, one)
		if err != nil {
			return Tuned{}, err
		}
		right = append(right, lists...)
	}
	e := estimate{fitting: float64(rows), all: float64(rows)}
	t, err := n.leastEffort(func(ef int) (Tuned, error) {
		t := Tuned{EF: ef, Sample: len(sample), Rows: rows}
		try := &Nearest{efforts: map[catalogue.Model]Tuned{m: t}}
		got, _, err := try.byIndex(ctx, db, q, e, "")
		t.Recall = recallOf(bare(got), bare(right))
		return t, err
	})
	if err != nil {
		return Tuned{}, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.efforts == nil {
		n.efforts = map[catalogue.Model]Tuned{}
	}
	n.efforts[m] = t
	return t, nil
}

// What a graph does not lead to, hardly any effort finds: where plateau steps in a row find no more than
// hardly, what the first of them found is all there is to be had.
const (
	plateau = 3
	hardly  = 0.002
)

// leastEffort is the first step that finds half of what the wanted recall may miss, as a sample flatters;
// or, where more effort stops helping before that, the first that finds as much, if that is what is wanted.
func (n *Nearest) leastEffort(try func(ef int) (Tuned, error)) (Tuned, error) {
	wanted := cmp.Or(n.Options.Recall, defaultRecall)
	var tried []Tuned
	for _, ef := range []int{40, 60, 80, 100, 140, 200, 280, 400, 560, 800, maxEF} {
		t, err := try(ef)
		if err != nil {
			return Tuned{}, err
		}
		tried = append(tried, t)
		if t.Recall >= wanted+(1-wanted)/2 {
			return t, nil
		}
		first := len(tried) - 1 - plateau
		if first >= 0 && tried[first].Recall >= wanted && t.Recall <= tried[first].Recall+hardly {
			return tried[first], nil
		}
	}
	return tried[len(tried)-1], nil
}

// indexedOf are the vectors of a model that are in the index: all, in a table of a version that has no such column.
const indexedOf = ` FROM (SELECT true AS indexed) AS older, LATERAL (
	SELECT FROM product_embeddings WHERE model_name = $1 AND model_version = $2 AND indexed) AS e`

// sampleOf are some of a model's vectors, moved as far from where they were as words are from what
// they describe; and how many vectors of the model are in the index.
func sampleOf(ctx context.Context, db DB, m catalogue.Model) (rows int, sample []catalogue.Vector, err error) {
	counted, _, err := projections.First[struct {
		N int `json:"n"`
	}](ctx, db, `SELECT count(*) AS n`+indexedOf, m.Name, m.Version)
	if err != nil || counted.N == 0 {
		return 0, nil, err
	}
	dice := rand.New(rand.NewPCG(uint64(counted.N), 0)) // any will do; the same are easier to follow
	picked, err := projections.Select[struct {
		Vector half `json:"vector"`
	}](ctx, db, `SELECT halfvec_send(embedding) AS vector FROM product_embeddings
		WHERE model_name = $1 AND model_version = $2 ORDER BY hashtext(gift_id) LIMIT $3`, m.Name, m.Version, tunedSample)
	for _, p := range picked {
		sample = append(sample, moved(p.Vector.floats(), dice))
	}
	return counted.N, sample, err
}

// moved adds noise half as long as the vector.
func moved(v []float32, dice *rand.Rand) catalogue.Vector {
	noise := make([]float32, len(v))
	for i := range v {
		noise[i] = float32(dice.NormFloat64())
	}
	scale := 0.5 * norm(v) / max(norm(noise), 1e-9)
	out := make(catalogue.Vector, len(v))
	for i := range v {
		out[i] = v[i] + float32(scale)*noise[i]
	}
	return out
}

// recallOf is the mean share of what is right that was found. What is as near as the last of the right
// ones is as right.
func recallOf(got, right [][]Neighbour) float64 {
	sum, lists := 0.0, 0
	for i, want := range right {
		if len(want) == 0 {
			continue
		}
		lists++
		found := 0
		for _, g := range got[i][:min(len(got[i]), len(want))] {
			if g.Similarity >= want[len(want)-1].Similarity || slices.ContainsFunc(want, func(w Neighbour) bool { return w.GiftID == g.GiftID }) {
				found++
			}
		}
		sum += float64(found) / float64(len(want))
	}
	if lists == 0 {
		return 1
	}
	return sum / float64(lists)
}
