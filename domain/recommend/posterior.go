package recommend

// Counts is how often something was liked and disliked; decayed votes make fractions.
type Counts struct {
	Good float64 `json:"good"`
	Bad  float64 `json:"bad"`
}

// betaPrior is a and b of the Beta prior of every posterior: two likes and two dislikes, so that one
// vote moves a mean from 0.5 to 0.6.
const betaPrior = 2

func (c Counts) total() float64 { return max(0, finite(c.Good)) + max(0, finite(c.Bad)) }

// lean is 2·mean − 1 of Beta(2 + good, 2 + bad): 0 when nothing is known, towards 1 liked, −1 disliked.
func (c Counts) lean() float64 {
	return (max(0, finite(c.Good)) - max(0, finite(c.Bad))) / (c.total() + 2*betaPrior)
}

// PriorKey is a kind of person and a kind of product.
type PriorKey struct {
	Relation string // partner, friend, family, colleague, boss …
	Segment  string // as AgeSegment names it
	Category string // the product's
}

// PriorOf is the key of a product's category for a person, whose relation and age are as they were told.
func PriorOf(relation string, age *int, category string) PriorKey {
	return PriorKey{relationGroup(relation), AgeSegment(age), category}
}

// Priors is how people of a relation and age took to a category, counted over everyone. What is not
// in it is judged by the package's own table of what suits whom, which counts as much as 10 votes.
type Priors map[PriorKey]Counts

const priorTrials = 10

// posterior is the lean of a track, gap or category, and what it is of.
func (t *Taste) posterior(of int, key string) (float64, string) {
	c, known := t.posteriors[of][key]
	if !known {
		return 0, ""
	}
	return c.lean(), key
}
