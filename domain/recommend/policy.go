package recommend

// Policy is everything about ranking that may be tuned: a named, versioned configuration. Policies
// can be compared, and the zero value stands for DefaultPolicy wherever one is asked for.
type Policy struct {
	Name    string  `json:"name"`    // of the line of policies, such as "warm"
	Version int     `json:"version"` // 1 and up within a name; what was served says which
	Weights Weights `json:"weights"`
	// Queries, PerQuery: how many lists a preview looks at, and how many candidates of each.
	Queries  int `json:"queries"`
	PerQuery int `json:"per_query"`
	// KeptPerQuery is how many of each query's gifts a preview shows; DeepDive how many a deep dive does.
	KeptPerQuery int `json:"kept_per_query"`
	DeepDive     int `json:"deep_dive"`
	// Minimum is how many gifts a preview or deep dive has although they are weak, where that many
	// may be offered. A served page has no such fillers.
	Minimum int `json:"minimum"`
	// Relevance is the share of its idea's best relevance that a gift needs to be on a page, previews and
	// served pages alike.
	Relevance float64 `json:"relevance"`
	// Floor is the relevance that a gift needs whatever the best: cosine, plus 0.4 when
	// its texts name all that the query asks for. What it should be depends on the embedding model; 0
	// leaves it to whoever knows the model.
	Floor float64 `json:"floor"`
	// Loved is the share of the relevance asked of others that is asked of a gift which shows one of the
	// person's interests: it is to the point whatever the idea was. Served pages alone know it.
	Loved float64 `json:"loved"`
	// Cheapest is the share of the budget that a gift must cost at least, except where half of what was
	// found costs less: a trinket is no gift for whoever has fifty times its price to spend.
	Cheapest float64 `json:"cheapest"`
	// Giftability is the score that a gift needs to be on a page.
	Giftability float64 `json:"giftability"`
	// Misfit is the degree of gender or age mismatch from which a gift is not on a page.
	Misfit float64 `json:"misfit"`
	Draw   Draw    `json:"draw"`
}

// Draw is how a served page is drawn from the scored candidates.
type Draw struct {
	// Pool is how many of the best-scored candidates take part.
	Pool int `json:"pool"`
	// Reach is how many points below the best score, the person's own reactions aside, a candidate
	// may be and still take part: a page is rather short than padded.
	Reach float64 `json:"reach"`
	// Relevance is λ of maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): a
	// candidate's utility is λ·score − (1−λ)·(its highest similarity to a gift already on the page).
	Relevance float64 `json:"lambda"`
	// Temperature is T of the Plackett–Luce draw, in units of utility; 0 always takes the best and
	// turns Epsilon and Explore off.
	Temperature float64 `json:"temperature"`
	// Epsilon is the share of each draw that is uniform over all who may be drawn.
	Epsilon float64 `json:"epsilon"`
	Explore Explore `json:"explore"`
	Limits  Limits  `json:"limits"`
	// Duplicate is the cosine from which two products whose titles share a third of their words are
	// the same goods. Titles that nearly agree are the same goods whatever their vectors say.
	Duplicate float64 `json:"duplicate"`
}

// Explore is the place on a page that is given to what is uncertain.
type Explore struct {
	Position int `json:"position"` // from 1; 0: no such place
	Among    int `json:"among"`    // how many of the next best it is drawn from
	// Epsilon is the share of the draw that is uniform over all who may be drawn, so that the log can tell of
	// a policy that finds others the next best.
	Epsilon float64 `json:"epsilon"`
}

// Limits are how many gifts of one kind a page holds while there are others; 0: no limit. A limit
// never makes a page shorter: when nothing else is left it gives way, see Serve.
type Limits struct {
	Query    int `json:"query"`
	Merchant int `json:"merchant"`
	Category int `json:"category"`
	Band     int `json:"price_band"` // see priceBand
}

// Weights are what each feature counts, by the feature's name. Features run from 0 or −1 to 1, so a
// weight is the most that a feature can move a score; those of the penalties are below zero.
type Weights struct {
	Similarity  float64 `json:"similarity"` // typical lists span 0.2 to 0.4 of cosine, so 2 moves as much as the rest
	Words       float64 `json:"words"`
	Giftability float64 `json:"giftability"`
	PriceFit    float64 `json:"price_fit"`
	Gender      float64 `json:"gender_mismatch"`
	Age         float64 `json:"age_mismatch"`
	Relation    float64 `json:"relation_mismatch"`
	Risk        float64 `json:"constraint_risk"`
	Interest    float64 `json:"interest"`
	Occasion    float64 `json:"occasion_fit"`
	Character   float64 `json:"character"`
	Taste       float64 `json:"taste"`
	Track       float64 `json:"track"`
	Gap         float64 `json:"gap"`
	Category    float64 `json:"category"`
	Prior       float64 `json:"prior"`
	Novelty     float64 `json:"novelty"`
}

// inOrder is the weights in the order of FeatureNames.
func (w Weights) inOrder() []float64 {
	return []float64{
		w.Similarity, w.Words, w.Giftability, w.PriceFit, w.Gender, w.Age, w.Relation, w.Risk,
		w.Interest, w.Occasion, w.Character, w.Taste, w.Track, w.Gap, w.Category, w.Prior, w.Novelty,
	}
}

// DefaultPolicy is what is in force when nothing else was configured. Of two gifts whose scores differ by
// 0.1 the better is drawn first in about two cases of three: sharp enough for the best to stand high, and
// soft enough for its pages to tell what a policy somewhat different would have earned.
func DefaultPolicy() Policy {
	return Policy{
		Name: "default", Version: 3,
		Weights: Weights{
			Similarity: 2, Words: 0.3, Giftability: 1, PriceFit: 0.7,
			Gender: -1.2, Age: -1.2, Relation: -0.8, Risk: -0.4,
			Interest: 0.5, Occasion: 0.4, Character: 0.4, Taste: 2,
			Track: 0.3, Gap: 0.2, Category: 0.4, Prior: 0.3, Novelty: 0.1,
		},
		Queries: 3, PerQuery: 15, KeptPerQuery: 4, DeepDive: 15, Minimum: 2,
		Relevance: 0.7, Loved: 0.7, Cheapest: 0.05, Giftability: NotAGift, Misfit: 0.8,
		Draw: Draw{
			Pool: 60, Reach: 1.2, Relevance: 0.7, Temperature: 0.1, Epsilon: 0.01, Duplicate: 0.92,
			Explore: Explore{Position: 8, Among: 10, Epsilon: 0.05},
			Limits:  Limits{Query: 3, Merchant: 6, Category: 6, Band: 6},
		},
	}
}

// FormerPolicies are the default's former versions, by which pages in the log may have been served.
func FormerPolicies() []Policy {
	second := DefaultPolicy()
	second.Version, second.Loved, second.Cheapest, second.Minimum = 2, 1, 0, 4
	first := second
	first.Version, first.Draw.Temperature, first.Draw.Explore.Epsilon = 1, 0.03, 0
	return []Policy{first, second}
}

// RanksAs tells whether served pages are the same under both: names, versions and what previews alone know aside.
func (p Policy) RanksAs(q Policy) bool {
	for _, each := range []*Policy{&p, &q} {
		each.Name, each.Version, each.Queries, each.PerQuery, each.KeptPerQuery, each.DeepDive, each.Minimum = "", 0, 0, 0, 0, 0, 0
	}
	return p == q
}

func (p Policy) orDefault() Policy {
	if p == (Policy{}) {
		return DefaultPolicy()
	}
	return p
}

func (r Request) policy() Policy { return r.Policy.orDefault() }
