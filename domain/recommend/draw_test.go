package recommend

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// plain contenders have no gift behind them: their similarities are given.
func plain(scores []float64, merchants []string) []*contender {
	pool := make([]*contender, len(scores))
	for i, s := range scores {
		pool[i] = &contender{Scored: &Scored{GiftID: fmt.Sprint(i), Score: s, Uncertainty: 0.1 + 0.1*float64(i), Band: -1}}
		if merchants != nil {
			pool[i].Merchant = merchants[i]
		}
	}
	return pool
}

// Over every page that can be drawn, probabilities add up to 1, as do those of each position.
func TestPropensitiesAddUpOverAllPages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scores := rapid.SliceOfN(rapid.Float64Range(-2, 2), 1, 5).Draw(t, "scores")
		merchants := rapid.SliceOfN(rapid.SampledFrom([]string{"", "m", "n"}), len(scores), len(scores)).Draw(t, "merchants")
		d := Draw{
			Relevance: 0.7, Temperature: rapid.SampledFrom([]float64{0, 0.01, 0.3, 5}).Draw(t, "T"),
			Epsilon: rapid.SampledFrom([]float64{0, 0.2, 1}).Draw(t, "epsilon"),
			Explore: Explore{Position: rapid.IntRange(0, 3).Draw(t, "explore"), Among: 2},
			Limits:  Limits{Merchant: rapid.IntRange(0, 2).Draw(t, "limit")},
		}
		var total func(prefix []int) float64
		total = func(prefix []int) float64 {
			g := newDrawing(d, plain(scores, merchants))
			for _, i := range prefix {
				g.take(g.pool[i])
			}
			eligible, odds := g.odds()
			if len(eligible) == 0 || len(prefix) == 3 {
				return 1
			}
			sum, all := 0.0, 0.0
			for n, c := range eligible {
				sum += odds[n]
				i := int(c.GiftID[0] - '0')
				all += odds[n] * total(append(prefix[:len(prefix):len(prefix)], i))
			}
			if math.Abs(sum-1) > 1e-9 {
				t.Fatalf("after %v the odds add up to %v", prefix, sum)
			}
			return all
		}
		if all := total(nil); math.Abs(all-1) > 1e-9 {
			t.Fatalf("all pages together have probability %v", all)
		}
	})
}

// What is drawn how often agrees with the propensities told, position by position.
func TestPagesAreDrawnAsOftenAsTheirPropensitiesSay(t *testing.T) {
	p := warm()
	p.Draw.Explore = Explore{Position: 2, Among: 3}
	lists := []List{{"q", gifts("a", 5, 0.8)}}
	for i := range lists[0].Candidates {
		lists[0].Candidates[i].Similarity = 0.9 - 0.07*float64(i)
		lists[0].Candidates[i].Vector = between(i%4, (i+1)%4, 0.8)
	}
	const draws = 6000
	times, told := map[string]int{}, map[string]float64{}
	for seed := range uint64(draws) {
		page := Serve(Inquiry{Policy: p, Limit: 3, Seed: seed}, lists)
		key, propensity := fmt.Sprint(itemIDs(page)), 1.0
		for _, item := range page.Items {
			propensity *= item.Propensity
		}
		times[key]++
		if before, again := told[key]; again && math.Abs(before-propensity) > 1e-12 {
			t.Fatalf("%s has propensities %v and %v", key, before, propensity)
		}
		told[key] = propensity
	}
	for key, p := range told {
		deviation := math.Sqrt(draws * p * (1 - p))
		if got, want := float64(times[key]), draws*p; math.Abs(got-want) > 5*deviation+1 {
			t.Errorf("%s was drawn %v times, %v expected", key, got, want)
		}
	}
}

func TestColdPagesAreCertain(t *testing.T) {
	page := Serve(Inquiry{Policy: cold()}, []List{{"q", gifts("a", 20, 0.8)}})
	for i, item := range page.Items {
		if item.Propensity != 1 || item.Exploratory {
			t.Errorf("%+v", item)
		}
		if want := fmt.Sprintf("a%02d", i); len(page.Items[0].GiftID) == 0 || item.GiftID != want && i == 0 {
			t.Errorf("%s at position %d", item.GiftID, i+1)
		}
	}
}

func TestOneExploratoryItem(t *testing.T) {
	p := warm()
	p.Draw.Explore = Explore{Position: 4, Among: 6}
	page := Serve(Inquiry{Policy: p, Seed: 3}, []List{{"q", gifts("a", 30, 0.8)}})
	for _, item := range page.Items {
		if item.Exploratory != (item.Position == 4) {
			t.Errorf("position %d: exploratory %v", item.Position, item.Exploratory)
		}
	}
	if got := page.Items[3].Propensity; got < 1./12 || got > 1./3 {
		t.Errorf("one of six alike is drawn with %v", got)
	}
}

// Without chance and limits the items' utilities never rise along a page: each was the best left.
func TestMarginalRelevanceFalls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := cold()
		p.Draw.Relevance = rapid.Float64Range(0, 1).Draw(t, "lambda")
		page := Serve(Inquiry{Policy: p}, anyServed(t))
		last := math.Inf(1)
		for i, item := range page.Items {
			nearest := int8(0)
			for _, s := range page.Candidates {
				for k := 0; s.GiftID == item.GiftID && k < i; k++ {
					nearest = max(nearest, s.Near[k])
				}
			}
			u := p.Draw.Relevance*item.Score - (1-p.Draw.Relevance)*float64(nearest)/100
			if u > last+1e-9 {
				t.Fatalf("utility rises to %v at position %d", u, item.Position)
			}
			last = u
		}
	})
}

func TestDiversityCostsRelevance(t *testing.T) {
	list := gifts("a", 4, 0.8)
	for i := range list {
		list[i].Vector = between(0, 1, 0.9)
	}
	list[3].Vector, list[3].Similarity = axis(2), 0.78
	p := cold()
	p.Draw.Relevance = 0.5
	if got := itemIDs(Serve(Inquiry{Policy: p}, []List{{"q", list}})); got[1] != "a03" {
		t.Errorf("got %v, want what is unlike the first second", got)
	}
	p.Draw.Relevance = 1
	if got := itemIDs(Serve(Inquiry{Policy: p}, []List{{"q", list}})); got[3] != "a03" {
		t.Errorf("got %v, want the order of scores", got)
	}
}

func TestLimitsHoldWhileThereAreOthers(t *testing.T) {
	tests := map[string]struct {
		limits Limits
		spread func(c *Candidate, n int)
		key    func(Scored) string
		reason Dropped
	}{
		"merchant": {Limits{Merchant: 2}, func(c *Candidate, n int) { c.Merchant = fmt.Sprint(n % 3) }, func(s Scored) string { return s.Merchant }, DroppedMerchant},
		"category": {Limits{Category: 2}, func(c *Candidate, n int) { c.Category = fmt.Sprint(n % 3) }, func(s Scored) string { return s.Category }, DroppedCategory},
		"band":     {Limits{Band: 2}, func(c *Candidate, n int) { c.Price = rub(int64(200 + 300*(n%3))) }, func(s Scored) string { return fmt.Sprint(s.Band) }, DroppedBand},
	}
	for name, tt := range tests {
		for _, limit := range []int{6, 9} {
			t.Run(fmt.Sprint(name, limit), func(t *testing.T) {
				list := gifts("a", 30, 0.8)
				for i := range list {
					tt.spread(&list[i], i/10)
				}
				p := cold()
				p.Draw.Limits = tt.limits
				page := Serve(Inquiry{Policy: p, Limit: limit, Budget: budgetOf(1000)}, []List{{"q", list}})
				if len(page.Items) != limit {
					t.Fatalf("%d items of %d: a limit made the page short", len(page.Items), limit)
				}
				counts := map[string]int{}
				for _, item := range page.Items[:6] {
					counts[tt.key(scoredOf(t, page, item.GiftID))]++
				}
				for key, n := range counts {
					if n != 2 {
						t.Errorf("%d of %q while there were others", n, key)
					}
				}
			})
		}
	}
}

func TestLimitedCandidatesSaySo(t *testing.T) {
	list := gifts("a", 6, 0.8)
	for i := range list {
		list[i].Merchant = "big"
	}
	list[5].Merchant = "small"
	p := cold()
	p.Draw.Limits.Merchant = 1
	page := Serve(Inquiry{Policy: p, Limit: 2}, []List{{"q", list}})
	if got := itemIDs(page); got[1] != "a05" || scoredOf(t, page, "a02").Dropped != DroppedMerchant {
		t.Errorf("%v: %s", got, asJSON(t, page.Candidates))
	}
}

func TestChooseNeverTakesTheImpossible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		odds := rapid.SliceOfN(rapid.SampledFrom([]float64{0, 0.25, 1e-300}), 1, 6).Draw(t, "odds")
		odds = append(odds, 0.5, 0)
		if got := choose(odds, rapid.Float64Range(0, 0.9999999).Draw(t, "u")); odds[got] == 0 {
			t.Fatalf("took %d of %v", got, odds)
		}
	})
}

func TestTitlesTellWhatIsAlikeWithoutVectors(t *testing.T) {
	a, b := gift("a", 0.8), gift("b", 0.8)
	a.Title, b.Title = "Кружка с котом", "Кружка с собакой и бантом"
	page := Serve(Inquiry{Policy: cold()}, []List{{"q", []Candidate{a, b}}})
	if got := scoredOf(t, page, "b").Near[0]; got != 25 {
		t.Errorf("similarity %d, want one word of four", got)
	}
}

func TestDot(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{0, 1, 7, 8, 9, 1024} {
		a, b, want := make([]float32, n), make([]float32, n), 0.0
		for i := range a {
			a[i], b[i] = r.Float32(), r.Float32()
			want += float64(a[i]) * float64(b[i])
		}
		if got := dot(a, b); math.Abs(got-want) > 1e-4*(1+want) {
			t.Errorf("%d: %v, want %v", n, got, want)
		}
	}
}
