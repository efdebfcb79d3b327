package recommend

// FeaturesVersion names the order and the meaning of FeatureNames. Statistics of one version say
// nothing about another.
const FeaturesVersion = 1

// feature is one named signal and how to work it out.
type feature struct {
	name    string
	penalty bool // its weight is never above zero
	reacted bool // it is the person's own reactions that speak
	misfit  bool // a high value keeps an entry off pages that can do without it
	// value is 0–1, or −1–1 where the table says so, with the reasons worth showing.
	value func(*peers, *entry) (float64, []string)
}

// peers is what an entry's features are judged against: the request, and the best of its list.
type peers struct {
	budget     *budget
	rules      Rules
	similarity float64 // the highest
	words      float64 // the highest
	asked      *asked  // nil on previews and deep dives
	explaining bool    // the reasons of page features are wanted
}

// table lists every signal of the score. Previews know those before retrievalFeatures alone.
//
//	similarity         0–1   cosine of query and product
//	words              0–1   word score as a share of the list's best; where there is none, how much of
//	                         what the query names the texts name
//	giftability        0–1   how likely it is a gift: the stored score, else Giftability
//	price_fit          0–1   PriceFit; 0 without a budget
//	gender_mismatch    0–1   for the other gender
//	age_mismatch       0–1   for another age, by words, stated ages or the product's age range
//	relation_mismatch  0–1   romance where there is none, by words or axes; social risk at work
//	constraint_risk    0–1   what the constraints make unlikely without ruling it out
//	interest           0–1   1: the title names an interest, 0.8: has its words, 0.7: is of its kind
//	occasion_fit      −1–1   1 names the occasion, −1 names another one; ±0.6: a kind that suits or not
//	character         −1–1   the ten axes against what relation, occasion and mood ask; 0 without axes
//	taste             −1–1   the vector's product with the taste vector, see Taste
//	track, gap        −1–1   2·mean − 1 of the Beta posterior of the idea's track and gap
//	category          −1–1   the same of the product's category
//	prior             −1–1   what people of this relation and age like, see Priors
//	novelty            0–1   1/(1 + times it was offered before without having been seen)
var table = [...]feature{
	{"similarity", false, false, false, func(_ *peers, e *entry) (float64, []string) {
		return max(0, min(1, e.Similarity)), nil
	}},
	{"words", false, false, false, func(c *peers, e *entry) (float64, []string) {
		if c.words <= 0 {
			return e.coverage, nil
		}
		return max(0, e.WordScore/c.words), nil
	}},
	{"giftability", false, false, false, func(_ *peers, e *entry) (float64, []string) {
		return e.product.giftability, e.product.because
	}},
	{"price_fit", false, false, false, func(c *peers, e *entry) (float64, []string) {
		if c.budget == nil {
			return 0, nil
		}
		return priceFit(c.budget.share(e.Price)), nil
	}},
	{"gender_mismatch", true, false, true, penalty(Rules.gender)},
	{"age_mismatch", true, false, true, ageMismatch},
	{"relation_mismatch", true, false, false, relationMismatch},
	{"constraint_risk", true, false, false, penalty(Rules.risk)},
	{"interest", false, false, false, onPage((*asked).interest)},
	{"occasion_fit", false, false, false, onPage((*asked).occasionFit)},
	{"character", false, false, false, onPage((*asked).character)},
	{"taste", false, true, false, onPage((*asked).tasteOf)},
	{"track", false, true, false, onPage((*asked).track)},
	{"gap", false, true, false, onPage((*asked).gap)},
	{"category", false, true, false, onPage((*asked).category)},
	{"prior", false, false, false, onPage((*asked).prior)},
	{"novelty", false, false, false, onPage((*asked).novelty)},
}

// retrievalFeatures is how many features need nothing but a Request; the next is the interest.
const (
	retrievalFeatures = 8
	interestFeature   = retrievalFeatures
)

// FeatureNames lists the features in the order of Scored.Values and of Statistics.
func FeatureNames() []string {
	names := make([]string, len(table))
	for i, f := range table {
		names[i] = f.name
	}
	return names
}

// penalty makes a feature of one of the rules.
func penalty(rule func(Rules, *reading) misfit) func(*peers, *entry) (float64, []string) {
	return func(c *peers, e *entry) (float64, []string) {
		return rule(c.rules, e.product.reading).asFeature()
	}
}

func (m misfit) asFeature() (float64, []string) {
	if m.degree == 0 {
		return 0, nil
	}
	return m.degree, []string{m.reason}
}

func ageMismatch(c *peers, e *entry) (float64, []string) {
	m := c.rules.age(e.product.reading)
	if age := c.rules.person.Age; age != nil {
		m = m.or(statedAge(*age, ageRange(e.Candidate)))
		if e.AgeFrom == nil && e.AgeTo == nil {
			m = m.or(e.product.reading.notForChildren(*age))
		}
	}
	return m.asFeature()
}

// ageRange is the ages that a product is made for, as its data say.
func ageRange(c *Candidate) patterns {
	var p patterns
	if c.AgeFrom != nil {
		p.minAge = *c.AgeFrom
	}
	if c.AgeTo != nil {
		p.maxAge = *c.AgeTo
	}
	return p
}

func relationMismatch(c *peers, e *entry) (float64, []string) {
	m := c.rules.relation(e.product.reading)
	if e.Axes != nil {
		m = m.or(c.rules.relationOfAxes(*e.Axes))
	}
	return m.asFeature()
}

// onPage makes a feature that only served pages have. Its reason is one word or none.
func onPage(value func(*asked, *entry) (float64, string)) func(*peers, *entry) (float64, []string) {
	return func(c *peers, e *entry) (float64, []string) {
		if c.asked == nil {
			return 0, nil
		}
		v, why := value(c.asked, e)
		if !c.explaining || why == "" {
			return v, nil
		}
		return v, []string{why}
	}
}
