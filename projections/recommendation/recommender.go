package recommendation

import (
	"context"
	"slices"
	"sync"
	"time"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/recommend"
	"gifty/domain/recommendation"
	"gifty/projections/catalogue"
)

// Recommender makes pages: ideas lead to queries, the catalogue's candidates for them are ranked by
// what is known of the person and of what people took to, and the best are laid out. It may be used
// by many at once. Make it with NewRecommender.
type Recommender struct {
	finder     catalogue.Finder
	ideas      discovery.Generator
	policies   map[string]recommend.Policy
	experiment *Experiment
	now        func() time.Time

	taught kept[*lesson]
	priors kept[recommend.Priors]
}

// RecommenderOptions are what a Recommender needs beside the catalogue.
type RecommenderOptions struct {
	Ideas discovery.Generator // of what to look for, when an ask names no ideas
	// Ranking's experiment, when set, chooses among the policies for asks that name none. No policies:
	// recommend.DefaultPolicy.
	Ranking
	Now func() time.Time // nil: the system's clock
}

const (
	pageQueries = 5 // that a page is searched by
	heard       = 100
	learnedFor  = 5 * time.Second // that what everybody taught is kept before it is read again
	priorsFor   = time.Minute     // the same of the priors, which everybody's reactions are counted for
	pageReaders = 4
	// A page that gets short is searched for further, by so many queries and then by as many more each time.
	roundQueries, mostFurther = 5, 30
	mostTurns                 = 4  // queries of an idea that are searched for
	pageLimit                 = 24 // candidates a query, of each way of searching; pages look at fifteen
)

// NewRecommender fails for an experiment whose arms are not among the policies.
func NewRecommender(finder catalogue.Finder, o RecommenderOptions) (*Recommender, error) {
	if finder.Readings == nil {
		var err error
		if finder.Readings, err = catalogue.NewReadings(); err != nil {
			return nil, err
		}
	}
	if len(o.Policies) == 0 {
		o.Policies = []recommend.Policy{recommend.DefaultPolicy()}
	}
	r := &Recommender{
		finder: finder, ideas: o.Ideas, policies: map[string]recommend.Policy{},
		experiment: o.Experiment, now: o.Now,
		taught: kept[*lesson]{last: learnedFor}, priors: kept[recommend.Priors]{last: priorsFor},
	}
	if r.now == nil {
		r.now = time.Now
	}
	for _, p := range o.Policies {
		if err := p.Validate(); err != nil {
			return nil, err
		}
		r.policies[p.Name] = r.floored(p)
	}
	r.policies[""] = r.floored(o.Policies[0])
	if e := o.Experiment; e != nil {
		if err := e.complete().check(o.knows); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// floored is a policy with the embedding model's floor, unless it has one of its own.
func (r *Recommender) floored(p recommend.Policy) recommend.Policy {
	if p.Floor == 0 {
		p.Floor = catalogue.FloorOf(r.finder.Embedder.Model().Name)
	}
	return p
}

var _ recommendation.Recommender = (*Recommender)(nil)

// Recommend makes a page.
func (r *Recommender) Recommend(ctx context.Context, a recommendation.Ask) (page recommendation.Page, err error) {
	pages, err := r.Draw(ctx, a, a.Seed)
	if err != nil {
		return page, err
	}
	return pages[0], nil
}

// Draw makes the pages that chance would make of an ask, one for each seed in place of the ask's own, of
// one look at what is known.
func (r *Recommender) Draw(ctx context.Context, a recommendation.Ask, seeds ...int64) (pages []recommendation.Page, err error) {
	began := time.Now()
	policy, exposure, err := r.policy(a)
	if err != nil {
		return nil, err
	}
	s := search{Recommender: r, ask: a}
	q := recommend.Inquiry{
		Person: person(a.Brief), Budget: a.Brief.Budget, Currency: a.Brief.Currency, Language: a.Brief.Language, Limit: a.Limit, Policy: policy,
	}
	if len(a.Exclude) > 0 {
		s.excluded, q.Excluded = slices.Clone(a.Exclude), map[string]bool{}
		for _, id := range a.Exclude {
			q.Excluded[id] = true
		}
	}
	if err := s.know(ctx, &q); err != nil {
		return nil, err
	}
	if err := s.findAll(ctx, s.filter(), s.excluded); err != nil {
		return nil, err
	}
	model, wide := r.finder.Embedder.Model(), false
	for _, seed := range seeds {
		q.Seed = uint64(seed)
		laid, err := s.lay(ctx, &q)
		if err != nil {
			return nil, err
		}
		if len(laid.Items) == 0 && !wide { // what comes nearest may cost more, or have been met before
			if err := s.findAll(ctx, catalogue.Filter{Currency: a.Brief.Currency}, nil); err != nil {
				return nil, err
			}
			if q.NoProducts, err = s.noProducts(ctx); err != nil {
				return nil, err
			}
			laid, wide = recommend.Serve(q, s.lists), true
		}
		page := s.page(laid)
		page.Making = recommendation.Making{
			Policy: recommendation.Policy{Name: policy.Name, Version: policy.Version}, Exposure: exposure, CataloguePosition: s.position,
			EmbeddingModel: model.Name, EmbeddingVersion: model.Version, EngineVersion: catalogue.EngineVersion,
			FeaturesVersion: recommend.FeaturesVersion, ExecutionMS: float64(time.Since(began).Microseconds()) / 1000,
		}
		pages = append(pages, page)
	}
	return pages, nil
}

// lay lays out a page, and searches for more while it is shorter than was asked, or than pages are where that
// was not said; what is more of one query than the policy would have does not count.
func (s *search) lay(ctx context.Context, q *recommend.Inquiry) (recommend.Page, error) {
	for {
		laid := recommend.Serve(*q, s.lists)
		now := varied(laid, q.Policy.Draw.Limits.Query)
		if now >= min(q.Limit, recommendation.DefaultLimit) {
			return laid, nil
		}
		if more, err := s.widen(ctx, q); err != nil || !more {
			return laid, err
		}
	}
}

// varied counts a page's gifts, of each query at most so many; 0: all.
func varied(page recommend.Page, most int) (n int) {
	of := map[int]int{}
	for _, item := range page.Items {
		if of[item.Query]++; most == 0 || of[item.Query] <= most {
			n++
		}
	}
	return n
}

// policy is the one that the ask names, or its arm's, or the one in force.
func (r *Recommender) policy(a recommendation.Ask) (recommend.Policy, *recommendation.Exposure, error) {
	name := a.Policy
	var exposure *recommendation.Exposure
	if e := r.experiment; name == "" && e != nil {
		unit := a.GiverID
		if a.RecipientID != nil {
			unit = *a.RecipientID
		}
		if name = recommend.Assign(e.Name, unit.String(), e.Shares); name != "" {
			exposure = &recommendation.Exposure{Experiment: e.Name, Bucket: name}
		}
	}
	policy, known := r.policies[name]
	if !known {
		return policy, nil, domain.Invalid("policy_unknown", "there is no policy %q; leave it out for the one in force", name).On("policy", "is not known")
	}
	return policy, exposure, nil
}

// lesson is what everybody taught, and the weights that it makes of policies.
type lesson struct {
	taught  recommend.Statistics
	mu      sync.Mutex
	learned map[string]recommend.Learned // by policy
}

func (l *lesson) weights(p recommend.Policy) recommend.Learned {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.learned[p.Name]; !known {
		l.learned[p.Name] = recommend.Posterior(p.Weights, l.taught)
	}
	return l.learned[p.Name]
}

// taughtWeights are a policy's weights as feedback has moved them.
func (r *Recommender) taughtWeights(ctx context.Context, p recommend.Policy) (recommend.Learned, error) {
	l, err := r.taught.get(ctx, r.now, func(ctx context.Context) (*lesson, error) {
		taught, err := TotalStatistics(ctx, r.finder.DB)
		return &lesson{taught: taught, learned: map[string]recommend.Learned{}}, err
	})
	if err != nil {
		return recommend.Learned{}, err
	}
	return l.weights(p), nil
}

// likings are how kinds of people took to categories.
func (r *Recommender) likings(ctx context.Context) (recommend.Priors, error) {
	return r.priors.get(ctx, r.now, func(ctx context.Context) (recommend.Priors, error) {
		return ReadPriors(ctx, r.finder.DB)
	})
}
