package catalogue_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/domain/discovery"
	"gifty/domain/domaintest"
	"gifty/projections/all/alltest"
	products "gifty/projections/catalogue"
)

func finder(w *alltest.World, e catalogue.Embedder) products.Finder {
	return products.Finder{DB: w.Pool, Embedder: e}
}

// similarity is 0 where it was not measured.
func similarity(h products.Hit) float64 {
	if h.Similarity == nil {
		return 0
	}
	return *h.Similarity
}

func find(t testing.TB, f products.Finder, text string, filter products.Filter) []products.Hit {
	t.Helper()
	got, err := f.Search(context.Background(), products.SearchRequest{Text: text, Filter: filter, Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Hits) > 0 && got.Search.TopGiftID != got.Hits[0].GiftID {
		t.Fatalf("logged %s first, answered %s", got.Search.TopGiftID, got.Hits[0].GiftID)
	}
	var top *float64 // of the first that was measured
	for _, h := range slices.Backward(got.Hits) {
		if h.Similarity != nil {
			top = h.Similarity
		}
	}
	if (top == nil) != (got.Search.TopSimilarity == nil) || top != nil && *top != *got.Search.TopSimilarity {
		t.Fatalf("logged the similarity %v, answered %v", got.Search.TopSimilarity, top)
	}
	if !slices.IsSortedFunc(got.Hits, func(a, b products.Hit) int { return -compare(a.Score, b.Score) }) {
		t.Errorf("%q: the hits are not best first", text)
	}
	return got.Hits
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func ids(hits []products.Hit) (all []string) {
	for _, h := range hits {
		all = append(all, strings.TrimPrefix(h.GiftID, "shop:"))
	}
	slices.Sort(all)
	return all
}

// enough is how many products by meaning a search of 200 promises.
const enough = 200

// However narrow a filter, what fits it is found: the same as by looking at every product.
func TestFiltersNeverCostResults(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	const n = 400
	dice := rand.New(rand.NewPCG(1, 2))
	items, vectors := make([]catalogue.Item, n), map[string]catalogue.Vector{}
	for i := range items {
		it := item(fmt.Sprint(i), fmt.Sprintf("p%dq p%dr", i, dice.IntN(20)), int64(dice.IntN(1000)))
		it.Category, it.Merchant = fmt.Sprint("c", dice.IntN(5), "z"), fmt.Sprint("m", dice.IntN(7), "z")
		it.Available = dice.IntN(10) > 0
		if dice.IntN(10) == 0 {
			it.Price, it.Currency = nil, ""
		} else if dice.IntN(3) == 0 {
			it.Currency = "EUR"
		}
		items[i] = it
	}
	available := make([]catalogue.Item, n)
	for i, it := range items {
		it.Available = true
		available[i] = it
		v, err := alltest.Words{}.Embed(t.Context(), []string{catalogue.ContentText(it.Title, it.Category, "", it.Merchant)})
		if err != nil {
			t.Fatal(err)
		}
		vectors[it.ID] = v[0]
	}
	w.Import(t, available...)
	w.Embed(t, alltest.Words{})
	w.Settle(t)
	w.Import(t, items...) // some are gone by now
	w.CatchUp(t)
	if err := products.Analyze(t.Context(), w.Pool); err != nil { // few enough, as the planner then knows, to compare all
		t.Fatal(err)
	}

	index := &products.Nearest{Options: products.NearestOptions{Route: products.RouteIndex}}
	wanted, found := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		f := anyFilter(rt)
		// A word of no product: the answer is by meaning alone.
		query := fmt.Sprintf("p%dr c%dz unheard", rapid.IntRange(20, 30).Draw(rt, "word"), rapid.IntRange(5, 9).Draw(rt, "category"))
		asked, err := alltest.Words{}.Embed(rt.Context(), []string{query})
		if err != nil {
			rt.Fatal(err)
		}
		hits := find(t, finder(w, alltest.Words{}), query, f)
		fitting := slices.DeleteFunc(slices.Clone(items), func(it catalogue.Item) bool { return !fits(f, it) })
		if len(hits) != min(len(fitting), enough) {
			rt.Fatalf("%+v: %d hits of %d that fit", f, len(hits), len(fitting))
		}
		w, n := byIndex(rt, index, w.Pool, asked[0], f, fitting, vectors)
		wanted, found = wanted+w, found+n
		worst, found := 1.0, map[string]bool{}
		for _, h := range hits {
			id := strings.TrimPrefix(h.GiftID, "shop:")
			if exact := cosine(vectors[id], asked[0]); similarity(h) > exact+rounding || similarity(h) < exact-rounding {
				rt.Fatalf("%s is %f near, not %f", id, exact, similarity(h))
			}
			worst, found[id] = min(worst, similarity(h)), true
		}
		for _, it := range fitting {
			if !found[it.ID] && cosine(vectors[it.ID], asked[0]) > worst+2*rounding {
				rt.Fatalf("%+v: %s is missing", f, it.ID)
			}
		}
	})
	if float64(found) < 0.95*float64(wanted) {
		t.Errorf("the index found %d of the %d nearest", found, wanted)
	}
	if r := index.Recall(); r.Exact > 0 || r.Index == 0 || r.Short == 0 {
		t.Errorf("narrow filters should have fallen back, wide ones not: %+v", r)
	}
}

// byIndex searches through the index, which may miss the nearest but must never come back with fewer
// than fit. It returns how many products it should have found, and how many it has.
func byIndex(t *rapid.T, n *products.Nearest, db products.DB, asked catalogue.Vector, f products.Filter, fitting []catalogue.Item, vectors map[string]catalogue.Vector) (wanted, found int) {
	const limit = 10
	lists, err := n.Search(t.Context(), db, products.NearestQuery{
		Model: alltest.Words{}.Model(), Vectors: []catalogue.Vector{asked}, Filter: f, Limit: limit,
	})
	if err != nil {
		t.Fatal(err)
	}
	var right []float64
	for _, it := range fitting {
		right = append(right, cosine(vectors[it.ID], asked))
	}
	slices.SortFunc(right, func(a, b float64) int { return compare(b, a) })
	right = right[:min(len(right), limit)]
	if len(lists[0]) != len(right) {
		t.Fatalf("%+v: the index search has %d of %d", f, len(lists[0]), len(right))
	}
	for _, hit := range lists[0] {
		id := strings.TrimPrefix(hit.GiftID, "shop:")
		if !slices.ContainsFunc(fitting, func(it catalogue.Item) bool { return it.ID == id }) {
			t.Fatalf("%+v: %s does not fit", f, id)
		}
		if cosine(vectors[id], asked) >= right[len(right)-1]-rounding {
			found++
		}
	}
	return len(right), found
}

// rounding is what a cosine of vectors of 16-bit floats may be off.
const rounding = 2e-3

func cosine(a, b catalogue.Vector) (sum float64) {
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

func anyFilter(t *rapid.T) (f products.Filter) {
	amount := rapid.Map(rapid.Int64Range(0, 1000), func(n int64) *domain.Amount { return new(domain.WholeAmount(n)) })
	f.MinPrice = rapid.OneOf(rapid.Just[*domain.Amount](nil), amount).Draw(t, "min")
	f.MaxPrice = rapid.OneOf(rapid.Just[*domain.Amount](nil), amount).Draw(t, "max")
	f.Currency = rapid.SampledFrom([]string{"", "RUB", "EUR", "USD", "rub"}).Draw(t, "currency")
	f.Category = rapid.SampledFrom([]string{"", "", "c1z", "c2z", "c9z"}).Draw(t, "category")
	f.Merchant = rapid.SampledFrom([]string{"", "", "m1z", "m2z", "m9z"}).Draw(t, "merchant")
	f.Inactive = rapid.Bool().Draw(t, "inactive")
	return f
}

func fits(f products.Filter, it catalogue.Item) bool {
	switch {
	case !it.Available && !f.Inactive,
		f.MinPrice != nil && (it.Price == nil || it.Price.LessThan(f.MinPrice.Decimal)),
		f.MaxPrice != nil && (it.Price == nil || it.Price.GreaterThan(f.MaxPrice.Decimal)),
		f.Currency != "" && it.Currency != strings.ToUpper(f.Currency),
		f.Category != "" && it.Category != f.Category, f.Merchant != "" && it.Merchant != f.Merchant:
		return false
	}
	return true
}

func TestWordsAreFound(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	var mugs []catalogue.Item
	for i := range 300 {
		mug := item(fmt.Sprint("mug", i), "Кружка", int64(i))
		mug.Merchant = fmt.Sprint("m", i%100)
		mugs = append(mugs, mug)
	}
	w.Import(t, append(mugs, item("samovar", "Самовар тульский", 9000), item("usb", "USB-C cable", 100), item("reilly", "O'Reilly & Sons", 1))...)
	w.CatchUp(t)
	f := finder(w, alltest.Words{})
	check := func(t *testing.T) {
		for query, want := range map[string][]string{
			"самовары": {"samovar"}, "тульских самоваров": {"samovar"}, "usb": {"usb"}, "CABLES": {"usb"}, "o'reilly": {"reilly"},
			"самвар": {"samovar"}, "тульскй": {"samovar"}, "самов": {"samovar"}, "cabl": {"usb"}, "cabel": {"usb"}, "mug123": nil,
			"xкабель usb": {"usb"}, "xодно & | ! ( ' \" \\ %": nil, "'": nil, "для": nil, "🎁": nil,
		} {
			hits := find(t, f, query, products.Filter{})
			byWords := slices.DeleteFunc(hits, func(h products.Hit) bool { return h.WordScore == 0 })
			if got := ids(byWords); !slices.Equal(got, want) {
				t.Errorf("%q: %v, want %v", query, got, want)
			}
		}
		for filter, want := range map[products.Filter][]string{
			{Merchant: "m7"}: {"mug107", "mug207", "mug7"}, {MaxPrice: new(domain.WholeAmount(2)), Currency: "RUB"}: {"mug0", "mug1", "mug2", "reilly"},
		} {
			hits := slices.DeleteFunc(find(t, f, "кружку reilly", filter), func(h products.Hit) bool { return h.WordScore == 0 })
			if got := ids(hits); !slices.Equal(got, want) {
				t.Errorf("%+v: %v, want %v", filter, got, want)
			}
		}
	}
	t.Run("without a single vector", check)
	if hits := find(t, f, "самовар", products.Filter{}); len(hits) != 1 || hits[0].Similarity != nil || hits[0].WordScore <= 0 || hits[0].Score <= 0 {
		t.Errorf("%+v", hits)
	}
	w.Embed(t, alltest.Words{})
	t.Run("beside vectors", check)
	if hits := find(t, f, "xсамовар самовар", products.Filter{}); hits[0].GiftID != "shop:samovar" {
		t.Errorf("the best is %s", hits[0].GiftID)
	}
}

// Cosines of different models mean nothing.
func TestModelsNeverMeet(t *testing.T) {
	t.Parallel()
	for name, route := range map[string]products.Route{"comparing all": products.RouteExact, "by the index": products.RouteIndex} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testModelsNeverMeet(t, &products.Nearest{Options: products.NearestOptions{Route: route}})
		})
	}
}

func testModelsNeverMeet(t *testing.T, nearest *products.Nearest) {
	w := alltest.New(t)
	w.Import(t, item("1", "aaa", 1), item("2", "bbb", 1))
	w.Embed(t, alltest.Words{})
	w.Import(t, item("3", "ccc", 1))
	one, two := finder(w, alltest.Words{}), finder(w, alltest.Words{Version: "2"})
	one.Nearest, two.Nearest = nearest, nearest
	w.CatchUp(t)
	if got := ids(find(t, one, "other", products.Filter{})); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("by the first model: %v", got)
	}
	if got := find(t, two, "other", products.Filter{}); len(got) != 0 {
		t.Errorf("by the second model: %v", got)
	}
	if got := find(t, two, "aaa", products.Filter{}); len(got) != 1 || got[0].Similarity != nil {
		t.Errorf("by words, beside another model's vector: %+v", got)
	}
	w.Embed(t, alltest.Words{Version: "2"})
	hits := find(t, two, "bbb", products.Filter{})
	if got := ids(hits); !slices.Equal(got, []string{"1", "2", "3"}) || hits[0].GiftID != "shop:2" || similarity(hits[0]) < 1-rounding {
		t.Errorf("by the second model at last: %v, the best %+v", got, hits[0])
	}
	if got := ids(find(t, one, "other", products.Filter{})); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("by the first model: %v", got)
	}
}

// seek finds a page for an idea of these queries, beside another idea's.
func seek(ctx context.Context, f products.Finder, queries ...string) (discovery.Found, error) {
	found, err := f.Find(ctx, discovery.Quiz{Budget: new(int64(1000))}.Brief(), []discovery.Wish{
		{Title: "Something", Queries: queries}, {Title: "Something else", Queries: []string{"cups", "saucers", "spoons"}},
	})
	if err != nil {
		return discovery.Found{}, err
	}
	return found[0], nil
}

func TestFind(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	f := finder(w, alltest.Words{})
	empty, err := seek(t.Context(), f, "teapot", "xунисон", "!!!")
	if err != nil || len(empty.Links) != 0 || len(empty.Searches) != 3 {
		t.Fatalf("in an empty catalogue: %+v, %v", empty, err)
	}
	for _, s := range empty.Searches {
		if s.ResultsCount != 0 || s.TopSimilarity != nil || s.AvgSimilarity != nil || s.TopGiftID != "" || s.MaxPrice.String() != "1100" {
			t.Errorf("a search that found nothing is logged as %+v", s)
		}
	}
	if got, err := f.Search(t.Context(), products.SearchRequest{Text: "teapot"}); err != nil || len(got.Hits) != 0 || got.Search.ResultsCount != 0 {
		t.Errorf("%+v, %v", got, err)
	}

	dear, foreign, gone, priceless := item("dear", "Teapot dear", 1101), item("foreign", "Teapot foreign", 10), item("gone", "Teapot gone", 10), item("priceless", "Teapot", 0)
	foreign.Currency, priceless.Price, priceless.Currency = "EUR", nil, ""
	w.Import(t, item("1", "Teapot of clay", 1100), item("2", "Unisono xунисон", 500), item("3", "Cups", 1), dear, foreign, gone, priceless)
	w.Embed(t, alltest.Words{})
	gone.Available = false
	w.Import(t, gone)
	w.CatchUp(t)
	found, err := seek(t.Context(), f, "teapot", "xунисон", "!!!", "cups")
	if err != nil {
		t.Fatal(err)
	}
	var linked []string
	for i, l := range found.Links {
		linked = append(linked, strings.TrimPrefix(l.GiftID, "shop:"))
		if l.Rank != i+1 || l.Similarity < -1 || l.Similarity > 1 || l.Query == "" {
			t.Errorf("link %d: %+v", i, l)
		}
	}
	for _, never := range []string{"dear", "foreign", "gone", "priceless"} {
		if slices.Contains(linked, never) {
			t.Errorf("%s is offered", never)
		}
	}
	if found.Fitting != 1 || linked[0] != "1" {
		t.Errorf("of %v the first %d fit", linked, found.Fitting)
	}
	brief := discovery.Quiz{}.Brief()
	brief.Had = []string{"shop:1"}
	again, err := f.Find(t.Context(), brief, []discovery.Wish{{Title: "Something", Queries: []string{"teapot"}}})
	if err != nil || len(again[0].Links) == 0 || slices.ContainsFunc(again[0].Links, func(l discovery.Link) bool { return l.GiftID == "shop:1" }) {
		t.Errorf("who has the teapot is offered %+v, %v", again, err)
	}
	abroad, err := f.Find(t.Context(), discovery.Quiz{Currency: "eur"}.Brief(), []discovery.Wish{{Title: "Something", Queries: []string{"teapot"}}})
	if err != nil || len(abroad[0].Links) != 1 || abroad[0].Links[0].GiftID != "shop:foreign" {
		t.Errorf("without a budget, for EUR alone: %+v, %v", abroad, err)
	}
	unknown, err := seek(t.Context(), f, "xунисон") // the model does not know the word
	if err != nil || unknown.Fitting != 1 || unknown.Links[0].GiftID != "shop:2" {
		t.Errorf("by words alone: %+v, %v", unknown, err)
	}
	if s := unknown.Searches[0]; s.ResultsCount != 1 || s.TopSimilarity != nil || s.AvgSimilarity != nil {
		t.Errorf("what was not measured is logged as %+v", s)
	}
	if len(found.Searches) != 3 { // the fourth query is one too many
		t.Fatalf("%d searches", len(found.Searches))
	}
	s := found.Searches[0]
	if s.Query != "teapot" || s.ResultsCount != 3 || s.TopGiftID != "shop:1" || *s.TopSimilarity < *s.AvgSimilarity || *s.TopSimilarity < 0.5 ||
		s.Currency != "RUB" || s.ExecutionMS <= 0 || s.EngineVersion != products.EngineVersion || s.EmbeddingModel != "words" {
		t.Errorf("logged as %+v", s)
	}
}

// broken is an embedder that does not answer.
type broken struct{ alltest.Words }

var errAway = domain.Unavailable("away", "away")

func (broken) Embed(context.Context, []string) ([]catalogue.Vector, error) { return nil, errAway }

func TestSearchRefuses(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	f := finder(w, alltest.Words{})
	for _, c := range []struct {
		code string
		req  products.SearchRequest
	}{
		{"query_empty", products.SearchRequest{Text: " \n"}}, {"query_invalid", products.SearchRequest{Text: "a\x00"}}, {"query_invalid", products.SearchRequest{Text: "\xe9"}},
		{"limit_invalid", products.SearchRequest{Text: "a", Limit: 201}}, {"limit_invalid", products.SearchRequest{Text: "a", Limit: -1}},
	} {
		_, err := f.Search(t.Context(), c.req)
		domaintest.Refused(t, err, c.code)
	}
	if _, err := finder(w, broken{}).Search(t.Context(), products.SearchRequest{Text: "a"}); !errors.Is(err, errAway) {
		t.Errorf("without an embedder: %v", err)
	}
	if _, err := seek(t.Context(), finder(w, broken{}), "a", "b", "c"); !errors.Is(err, errAway) {
		t.Errorf("without an embedder: %v", err)
	}
}
