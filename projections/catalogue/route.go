package catalogue

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"gifty/domain/catalogue"
	"gifty/projections"
)

// Route is a way of searching by meaning.
type Route int

const (
	// RouteEstimated leaves the choice to the estimate of how many products fit.
	RouteEstimated Route = iota
	// RouteExact compares all products that fit.
	RouteExact
	// RouteIndex follows the HNSW index, and passes over what does not fit.
	RouteIndex
)

// estimate is the planner's guess of how many products fit a filter, and of how many vectors the
// index holds, of whatever model.
type estimate struct {
	fitting, all float64
	share        float64 // of the products that fit
	expires      time.Time
}

// remembered is how long an estimate is good for, and estimatesKept how many are kept. Catalogues
// change slowly, and what an estimate gets wrong costs time, never results.
const (
	remembered    = time.Minute
	estimatesKept = 4096
)

// The costs of searching in microseconds, as measured on a hundred thousand products in memory; their
// proportions alone matter.
const (
	costOfFitting = 8.0  // finding a product that fits, and its vector
	costOfCompare = 1.2  // the distance of two vectors
	costOfEffort  = 13.0 // the index, for each of the ef nearest that it keeps
	costOfPassing = 22.0 // the index going on to the next nearest, and looking whether it fits
)

// certain is how many products that fit are compared in any case: it takes milliseconds, and the
// answer is the same each time.
const certain = 1000

// route picks what is likely to take less time.
func (n *Nearest) route(q NearestQuery, e estimate) Route {
	if n.Options.Route != RouteEstimated {
		return n.Options.Route
	}
	if e.fitting <= max(certain, float64(2*q.Limit)) {
		return RouteExact
	}
	vectors := float64(len(q.Vectors))
	all := e.fitting * (costOfFitting + vectors*costOfCompare)
	w := n.effort(q, e)
	index := vectors * (float64(w.ef)*costOfEffort + float64(w.limit)*e.all/e.fitting*costOfPassing)
	if all <= index {
		return RouteExact
	}
	return RouteIndex
}

// effort is how hard the index is searched.
type effort struct {
	ef    int // the candidates that a step keeps: 1–1000
	scan  int // how many vectors are looked at, at most
	limit int // how many that fit are asked for
}

const (
	maxEF = 1000
	// spare is how many more than wanted an index search under a narrow filter asks for, and twice as
	// many at most. The last of what it finds are those that it is least sure of.
	spare = tunedOn
	// patience is how many times the vectors that a search should need it may look at before all
	// that fit are compared instead.
	patience = 4
)

func (n *Nearest) effort(q NearestQuery, e estimate) effort {
	passing := max(1, e.all/max(1, e.fitting)) // vectors for each that fits
	limit := q.Limit + int(math.Ceil(float64(min(q.Limit, spare))*(1-1/passing)))
	ef := max(n.tuned(q.Model).EF, int(1.2*float64(q.Limit)*min(passing, 2)))
	return effort{
		ef: min(maxEF, ef), limit: limit,
		scan: max(2000, int(math.Min(math.MaxInt32, patience*passing*float64(limit)))),
	}
}

// estimate asks the planner, whose statistics answer within a quarter of a millisecond. Counting
// takes as long as comparing, and is right about nothing more that matters.
func (n *Nearest) estimate(ctx context.Context, db DB, q NearestQuery) (estimate, error) {
	where, args := q.Filter.where([]any{q.Model.Name, q.Model.Version})
	key := fmt.Sprint(q.Model.Dim, where, args)
	now := time.Now()
	n.mu.Lock()
	known, ok := n.estimates[key]
	n.mu.Unlock()
	if ok && now.Before(known.expires) {
		return known, nil
	}
	stock, err := n.inStock(ctx, db, q.Model)
	if err != nil {
		return estimate{}, err
	}
	where, args = q.Filter.where(nil)
	fitting, err := planned(ctx, db, `SELECT FROM products p WHERE `+where, args...)
	if err != nil {
		return estimate{}, err
	}
	share := min(1, fitting/max(1, stock.products))
	e := estimate{fitting: stock.vectors * share, all: stock.all, share: share, expires: now.Add(remembered)}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.estimates == nil || len(n.estimates) >= estimatesKept {
		n.estimates = map[string]estimate{}
	}
	n.estimates[key] = e
	return e, nil
}

// stock is the planner's guess of what there is, whatever the filter.
type stock struct {
	products, vectors float64 // and vectors of the model
	all               float64 // vectors of all models
	expires           time.Time
}

// inStock is the same for all filters, and asked for as seldom.
func (n *Nearest) inStock(ctx context.Context, db DB, m catalogue.Model) (s stock, err error) {
	now := time.Now()
	n.mu.Lock()
	known, ok := n.stocks[m]
	n.mu.Unlock()
	if ok && now.Before(known.expires) {
		return known, nil
	}
	s.expires = now.Add(remembered)
	if s.all, err = planned(ctx, db, `SELECT FROM product_embeddings`); err != nil {
		return s, err
	}
	if s.vectors, err = planned(ctx, db, `SELECT FROM product_embeddings WHERE model_name = $1 AND model_version = $2`, m.Name, m.Version); err != nil {
		return s, err
	}
	if s.products, err = planned(ctx, db, `SELECT FROM products p`); err != nil {
		return s, err
	}
	// A model has a vector a product at most. Of vectors never analysed the planner expects many more
	// than there are, for it does not know how long they are.
	s.vectors = min(s.vectors, s.products)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stocks == nil {
		n.stocks = map[catalogue.Model]stock{}
	}
	n.stocks[m] = s
	return s, nil
}

// planned is how many rows the planner expects of a query.
func planned(ctx context.Context, db projections.Querier, sql string, args ...any) (float64, error) {
	row, _, err := projections.First[struct {
		Plan json.RawMessage `json:"QUERY PLAN"`
	}](ctx, db, `EXPLAIN (FORMAT JSON) `+sql, args...)
	if err != nil {
		return 0, err
	}
	var plans []struct {
		Plan struct {
			Rows float64 `json:"Plan Rows"`
		}
	}
	if err := json.Unmarshal(row.Plan, &plans); err != nil {
		return 0, fmt.Errorf("read a query plan: %w", err)
	}
	if len(plans) == 0 {
		return 0, nil
	}
	return plans[0].Plan.Rows, nil
}

// tuned is the model's index search as tuned, or what serves most models untuned.
func (n *Nearest) tuned(m catalogue.Model) Tuned {
	n.mu.Lock()
	defer n.mu.Unlock()
	if t, ok := n.efforts[m]; ok {
		return t
	}
	return Tuned{EF: 100}
}
