package recommend

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// benchWorld is five lists of sixty candidates of 1024 dimensions, a person with forty reactions.
func benchWorld(read bool) (Inquiry, []List) {
	r := rand.New(rand.NewPCG(1, 2))
	lists := make([]List, 5)
	for q := range lists {
		center := randomUnit(r, 1024)
		for i := range 60 {
			c := gift(fmt.Sprintf("g%d-%02d", q, i), 0.3+0.4*r.Float64())
			c.Title = someTitles[r.IntN(len(someTitles))] + fmt.Sprintf(" %d %s", i, []string{"красный", "синий", "для дома", "с узором"}[q%4])
			c.Merchant, c.Category = fmt.Sprint("m", i%9), fmt.Sprint("c", i%7)
			c.Vector = near(r, center, 0.6)
			if read {
				c.Text = ReadText(c.Title, "", c.Category)
			}
			lists[q].Candidates = append(lists[q].Candidates, c)
		}
	}
	var reactions []Reaction
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for i := range 40 {
		reactions = append(reactions, Reaction{
			GiftID: fmt.Sprint("r", i), Kind: []ReactionKind{Liked, Disliked, Clicked}[i%3], At: now.Add(-time.Duration(i) * 24 * time.Hour),
			Vector: randomUnit(r, 1024), Category: fmt.Sprint("c", i%7), Title: "Кружка",
		})
	}
	age := 30
	return Inquiry{
		Person: Person{Age: &age, Gender: "female", Relation: "friend", Occasion: "birthday", Interests: []string{"coffee", "books"}},
		Budget: budgetOf(1000), Language: Russian, Seed: 7, Taste: TasteFrom(reactions, now, TasteOptions{}),
	}, lists
}

func randomUnit(r *rand.Rand, n int) []float32 { return near(r, make([]float32, n), 0) }

// near is a unit vector whose cosine with a unit centre is about c.
func near(r *rand.Rand, center []float32, c float64) []float32 {
	v := make([]float32, len(center))
	sum := 0.0
	for i := range v {
		v[i] = float32(c)*center[i] + float32(math.Sqrt(1-c*c)*r.NormFloat64()/math.Sqrt(float64(len(v))))
		sum += float64(v[i]) * float64(v[i])
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
	return v
}

func BenchmarkServe(b *testing.B) {
	for name, read := range map[string]bool{"texts read before": true, "texts read now": false} {
		b.Run(name, func(b *testing.B) {
			q, lists := benchWorld(read)
			b.ReportAllocs()
			for b.Loop() {
				if page := Serve(q, lists); len(page.Items) != PageSize {
					b.Fatal(len(page.Items), page.Notice)
				}
			}
		})
	}
}
