package catalogue_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gifty/domain/catalogue"
	"gifty/projections/all/alltest"
	products "gifty/projections/catalogue"
)

func embed(t testing.TB, texts ...string) []catalogue.Vector {
	t.Helper()
	vectors, err := alltest.Words{}.Embed(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	return vectors
}

func TestSearchWithoutVectors(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	for _, route := range []products.Route{products.RouteEstimated, products.RouteExact, products.RouteIndex} {
		n := &products.Nearest{Options: products.NearestOptions{Route: route}}
		q := products.NearestQuery{Model: alltest.Words{}.Model(), Vectors: embed(t, "a", "b"), Limit: 5}
		for range 2 { // in an empty catalogue, then in one without vectors
			lists, err := n.Search(t.Context(), w.Pool, q)
			if err != nil || len(lists) != 2 || len(lists[0])+len(lists[1]) != 0 {
				t.Errorf("route %d: %v, %v", route, lists, err)
			}
			w.Import(t, item("1", "a", 1))
			w.CatchUp(t)
		}
		if tuned, err := n.Tune(t.Context(), w.Pool, q.Model); err != nil || tuned.Sample != 0 {
			t.Errorf("tuned on nothing: %+v, %v", tuned, err)
		}
		q.Vectors = nil
		if lists, err := n.Search(t.Context(), w.Pool, q); err != nil || len(lists) != 0 {
			t.Errorf("asked for nothing: %v, %v", lists, err)
		}
	}
}

func TestRecallIsWatched(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	var items []catalogue.Item
	for i := range 60 {
		items = append(items, item(fmt.Sprint(i), fmt.Sprintf("thing%d kind%d", i, i%5), 10))
	}
	w.Import(t, items...)
	w.Embed(t, alltest.Words{})
	w.Settle(t)
	model, repeated := alltest.Words{}.Model(), make(chan float64)
	n := &products.Nearest{Options: products.NearestOptions{
		Sampled: 1, Route: products.RouteIndex, Repeated: func(_ catalogue.Model, share float64) { repeated <- share },
	}}
	tuned, err := n.Tune(t.Context(), w.Pool, model)
	if err != nil || tuned.Rows != 60 || tuned.Sample == 0 || tuned.EF < 1 || tuned.Recall < 0.9 {
		t.Fatalf("%+v, %v", tuned, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		n.Watch(ctx, w.Pool, []catalogue.Model{model}, func(err error) { t.Error(err) })
	}()
	q := products.NearestQuery{Model: model, Vectors: embed(t, "kind3"), Limit: 5}
	search := func() {
		if _, err := n.Search(t.Context(), w.Pool, q); err != nil {
			t.Fatal(err)
		}
	}
	for got := false; !got; { // Watch may not have begun when the first searches go
		search()
		select {
		case share := <-repeated:
			if got = true; share < 0.9 {
				t.Errorf("found %f of the nearest", share)
			}
		default:
		}
	}
	for range 100 { // nobody takes what is repeated: searches must not wait for that
		search()
	}
	r := n.Recall()
	if r.Sampled == 0 || r.Wanted != 5*r.Sampled || r.Found > r.Wanted || r.Dropped == 0 || r.Recent <= 0 || r.Exact != 0 {
		t.Errorf("%+v", r)
	}
	stop()
	for open := true; open; {
		select {
		case <-repeated:
		case <-ended:
			open = false
		}
	}
	search() // and nobody watches any more
}

func TestRetrieve(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	w.Import(t, item("cup", "clay cup", 100), item("pot", "clay pot", 200), item("rod", "fishing rod", 300), item("dear", "clay pot pot", 9000))
	w.Embed(t, alltest.Words{})
	w.Import(t, item("new", "clay whistle", 50))
	w.CatchUp(t)
	vectors := embed(t, "clay pot", "fishing")
	for _, route := range []products.Route{products.RouteExact, products.RouteIndex} {
		f := finder(w, alltest.Words{})
		f.Nearest = &products.Nearest{Options: products.NearestOptions{Route: route}}
		lists, err := f.Retrieve(t.Context(), products.RetrieveRequest{
			Queries: []products.Query{{Text: "clay pot", Vector: vectors[0]}, {Vector: vectors[1]}, {Text: "rod"}, {}},
			Filter:  products.Filter{MaxPrice: item("", "", 1000).Price}, Exclude: []string{"shop:cup"}, Ideas: []int{7, 7, 7, 7},
		})
		if err != nil || len(lists) != 4 {
			t.Fatalf("%v, %v", lists, err)
		}
		var got [][]string
		for _, list := range lists {
			var ids []string
			for _, c := range list {
				ids = append(ids, strings.TrimPrefix(c.GiftID, "shop:"))
			}
			got = append(got, ids)
		}
		for i, want := range [][]string{{"pot", "rod", "new"}, {"rod", "pot"}, {"rod"}, nil} {
			slices.Sort(got[i])
			if slices.Sort(want); !slices.Equal(got[i], want) {
				t.Errorf("query %d found %v, want %v", i, got[i], want)
			}
		}
		checkCandidates(t, lists, vectors)
	}
}

func checkCandidates(t *testing.T, lists [][]products.Candidate, vectors []catalogue.Vector) {
	t.Helper()
	pot, last := lists[0][0], lists[0][len(lists[0])-1]
	stored := embed(t, catalogue.ContentText("clay pot", "", "", ""))[0]
	near, far := cosine(stored, vectors[0]), cosine(stored, vectors[1])
	switch {
	case pot.GiftID != "shop:pot" || pot.Title != "clay pot" || pot.Price.String() != "200" || *pot.Currency != "RUB" || pot.UpdatedAt.IsZero() || pot.Giftability <= 0:
		t.Errorf("the best is %+v", pot.Gift)
	case len(pot.Vector) != catalogue.Dimensions || cosine(pot.Vector, stored) < 1-rounding:
		t.Error("the vector is another")
	case pot.WordScore <= 0 || pot.Similarity < near-rounding || pot.Similarity > near+rounding || pot.Fit < (near+far)/2-rounding || pot.Fit > (near+far)/2+rounding:
		t.Errorf("%f near, %f fit, %f by words", pot.Similarity, pot.Fit, pot.WordScore)
	case last.GiftID != "shop:new" || last.Vector != nil || last.Similarity != 0 || last.WordScore <= 0:
		t.Errorf("what has no vector is %+v", last)
	case lists[2][0].Similarity != 0 || lists[2][0].Fit <= 0:
		t.Errorf("found by words alone: %+v", lists[2][0])
	}
}
