package simulate

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func TestAGiverIsTheSameForASeedAndANumber(t *testing.T) {
	t.Parallel()
	if one, two := New(7, 3), New(7, 3); !reflect.DeepEqual(one, two) {
		t.Errorf("%+v and %+v", one, two)
	}
	if one, two := New(7, 3), New(7, 4); one.seed == two.seed {
		t.Error("two givers are one")
	}
}

func TestGiversLikeWhatTheyLoveAndCanPay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := New(rapid.Uint64().Draw(t, "seed"), rapid.Uint64().Draw(t, "number"))
		about := Gift{ID: "1", Title: g.loves[2].signs[0], Price: float64(g.Budget) / 2}
		plain := about
		plain.Title = "шнурок"
		if g.Utility(about) <= g.Utility(plain) {
			t.Errorf("%+v does not like %q", g, about.Title)
		}
		dear := about
		dear.Price *= 3
		if g.Utility(dear) >= g.Utility(about) {
			t.Error("a price over the budget does not repel")
		}
		c := g.Chances(about)
		sum := c.Clicked + c.Liked + c.Disliked + c.Purchased
		if sum < 0 || sum > 1 || min(c.Clicked, c.Liked, c.Disliked, c.Purchased) < 0 {
			t.Errorf("%+v", c)
		}
	})
}

// What givers do is what their chances and attention say.
func TestResponsesFollowTheChances(t *testing.T) {
	t.Parallel()
	g, gift := New(1, 2), Gift{ID: "1", Title: "кофе", Price: 900}
	chance := rand.New(rand.NewPCG(1, 2))
	const n, at = 20_000, 4
	looked, counts := 0.0, [Purchased + 1]float64{}
	for range n {
		if g.Look(10, chance) >= at {
			looked++
		}
		counts[g.Respond(gift, chance)]++
	}
	c := g.Chances(gift)
	for i, want := range []float64{g.Attention(at), c.Clicked, c.Liked, c.Disliked, c.Purchased} {
		got := looked / n
		if i > 0 {
			got = counts[i] / n
		}
		if math.Abs(got-want) > 4*math.Sqrt(want*(1-want)/n)+1e-4 {
			t.Errorf("%d: %v instead of %v", i, got, want)
		}
	}
}
