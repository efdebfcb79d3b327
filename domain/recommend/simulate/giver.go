// Package simulate makes up givers whose preferences are known, so that what a recommender does for
// them, and what an evaluation says of it, can be held against the truth. The givers know nothing of
// the recommender: they look at a gift's words, category and price.
package simulate

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strings"
)

// Giver is somebody who looks for a gift: what they tell, and, unexported, what they do not.
type Giver struct {
	Age       int
	Gender    string
	Relation  string
	Occasion  string
	Interests []string // as told: two that are true
	Budget    int64    // most that they want to pay, in whole units of some currency

	seed     uint64
	loves    []topic // the told interests and one that is not told
	thrift   float64 // how much a price over the budget repels, 1 to 4
	patience float64 // the share of those who look at a gift and go on to the next, 0.75 to 0.95
}

// Gift is what a giver sees of a gift.
type Gift struct {
	ID       string
	Title    string
	Category string
	Price    float64 // 0: not told
}

// New makes the giver of a seed and a number, always the same.
func New(seed, n uint64) Giver {
	chance := rand.New(rand.NewPCG(seed, n))
	g := Giver{
		Age: 18 + chance.IntN(53), Gender: pick(chance, "male", "female"),
		Relation: pick(chance, "friend", "partner", "father", "mother", "sister", "brother", "colleague"),
		Occasion: pick(chance, "birthday", "new_year", "", "anniversary"),
		Budget:   pick[int64](chance, 1500, 3000, 5000, 8000, 15000),
		seed:     chance.Uint64(), thrift: 1 + 3*chance.Float64(), patience: 0.75 + 0.2*chance.Float64(),
	}
	for _, i := range chance.Perm(len(topics))[:3] {
		g.loves = append(g.loves, topics[i])
	}
	for _, t := range g.loves[:2] {
		g.Interests = append(g.Interests, t.name)
	}
	return g
}

func pick[T any](chance *rand.Rand, from ...T) T { return from[chance.IntN(len(from))] }

// Utility is how much the giver likes a gift, about −2 to 3: whether it is about what the person
// loves, whether they care for its category, how its price suits, and a whim of their own about it.
// It is the same whenever they look.
func (g Giver) Utility(gift Gift) float64 {
	u := -0.4 + 0.5*g.whim("category", gift.Category) + 0.4*g.whim("gift", gift.ID) + g.price(gift.Price)
	text := strings.ToLower(gift.Title + " " + gift.Category)
	for _, t := range g.loves {
		if t.in(text) {
			u += 1.1
		}
	}
	return u
}

// price repels by what it is above the budget, and by being next to nothing beside it.
func (g Giver) price(price float64) float64 {
	if price <= 0 {
		return 0
	}
	share := price / float64(g.Budget)
	if share > 1 {
		return -0.3 - g.thrift*(share-1)
	}
	return -0.8 * max(0, 0.3-share) / 0.3
}

// whim is a normal deviate that is always the same for a thing.
func (g Giver) whim(kind, name string) float64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(kind + "\x00" + name)) // never fails
	return rand.New(rand.NewPCG(g.seed, h.Sum64())).NormFloat64()
}

// Attention is the probability that the giver looks at a position, from 1: they look from the first
// on, and go on with the same probability after each gift, whatever it is.
func (g Giver) Attention(position int) float64 { return math.Pow(g.patience, float64(position-1)) }

// Look draws how many gifts of a page the giver looks at, from the first.
func (g Giver) Look(gifts int, chance *rand.Rand) int {
	seen := min(1, gifts)
	for seen < gifts && chance.Float64() < g.patience {
		seen++
	}
	return seen
}

// Chances are the probabilities of what becomes of a gift that is looked at. They exclude each other;
// a gift that is liked or bought was clicked too. What is left is that nothing does.
type Chances struct{ Clicked, Liked, Disliked, Purchased float64 }

// Chances of a gift.
func (g Giver) Chances(gift Gift) Chances {
	u := g.Utility(gift)
	click := logistic(u - 0.8)
	buy := click * logistic(u-2.2)
	like := (click - buy) * logistic(u)
	return Chances{Clicked: click - buy - like, Liked: like, Disliked: 0.25 * (1 - click) * logistic(-u-0.5), Purchased: buy}
}

// Rewards are what each outcome is worth, in any unit.
type Rewards struct{ Clicked, Liked, Disliked, Purchased float64 }

// Expected is the reward to be expected of a gift at a position, from 1.
func (g Giver) Expected(gift Gift, position int, r Rewards) float64 {
	c := g.Chances(gift)
	return g.Attention(position) * (c.Clicked*r.Clicked + c.Liked*r.Liked + c.Disliked*r.Disliked + c.Purchased*r.Purchased)
}

// Outcome is what becomes of a gift.
type Outcome int

// The outcomes.
const (
	Nothing Outcome = iota
	Clicked
	Liked
	Disliked
	Purchased
)

// Respond draws what becomes of a gift that the giver looks at.
func (g Giver) Respond(gift Gift, chance *rand.Rand) Outcome {
	c, u := g.Chances(gift), chance.Float64()
	for _, o := range []struct {
		outcome Outcome
		chance  float64
	}{{Clicked, c.Clicked}, {Liked, c.Liked}, {Disliked, c.Disliked}, {Purchased, c.Purchased}} {
		if u -= o.chance; u < 0 {
			return o.outcome
		}
	}
	return Nothing
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
