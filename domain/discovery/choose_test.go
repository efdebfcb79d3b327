package discovery_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"gifty/domain/discovery"
)

// goods finds products of these ids, all of which fit, best first.
func goods(ids ...string) discovery.Found {
	found := discovery.Found{Fitting: len(ids), Searches: []discovery.Search{search()}}
	for i, id := range ids {
		found.Links = append(found.Links, discovery.Link{GiftID: id, Rank: i + 1, Score: 1 - float64(i)/100})
	}
	return found
}

func titles(names ...string) (ideas []discovery.Idea) {
	for _, n := range names {
		ideas = append(ideas, idea(n))
	}
	return ideas
}

// pages generates count ideas and returns what stands under each, and under which titles it searched.
func (w *world) pages(t testing.TB, count int) (shown []string, pages map[string][]string, searched map[string]bool) {
	t.Helper()
	at := w.log.Now(t)
	if _, err := w.Generate(w.ctx, discovery.GenerateHypotheses{SessionID: "s", Count: count, Quiz: told}); err != nil {
		t.Fatal(err)
	}
	pages, searched = map[string][]string{}, map[string]bool{}
	for _, e := range w.log.Since(t, at) {
		switch e := e.Event.(type) {
		case discovery.HypothesisGenerated:
			shown = append(shown, e.Title)
		case discovery.ProductsLinked:
			for i, l := range e.Links {
				if title := shown[len(shown)-1]; l.Rank == i+1 {
					pages[title] = append(pages[title], l.GiftID)
				}
			}
		case discovery.CatalogueSearched:
			searched[fmt.Sprint(e.HypothesisTitle, " ", e.HypothesisID != nil)] = true
		}
	}
	return shown, pages, searched
}

func expectPage(t testing.TB, pages map[string][]string, title string, want ...string) {
	t.Helper()
	if !slices.Equal(pages[title], want) {
		t.Errorf("under %q stand %v, want %v", title, pages[title], want)
	}
}

func TestIdeasWithoutGoodsMakeRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.muse.answer.Ideas = titles("Bees", "Tea", "Skis", "Coffee")
	w.shelf.titled = map[string]discovery.Found{
		"Bees": goods(), "Tea": goods("t1", "t2", "t3", "t4", "t5"), "Skis": goods("s1", "s2"), "Coffee": goods("c1", "c2", "c3", "c4"),
	}
	shown, pages, searched := w.pages(t, 2)
	if !slices.Equal(shown, []string{"Tea", "Coffee"}) {
		t.Errorf("shown are %v", shown)
	}
	expectPage(t, pages, "Tea", "t1", "t2", "t3", "t4", "t5")
	if !searched["Skis false"] || !searched["Tea true"] || searched["Skis true"] {
		t.Errorf("searches: %v", searched)
	}

	shown, pages, _ = w.pages(t, 3)
	if !slices.Equal(shown, []string{"Tea", "Skis", "Coffee"}) {
		t.Errorf("with one missing, shown are %v", shown)
	}
	expectPage(t, pages, "Skis", "s1", "s2")
}

func TestProductsStandUnderOneIdea(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.muse.answer.Ideas = titles("Lures", "Tackle bag")
	bag := goods("bag", "b1", "b2", "b3", "chair")
	bag.Links[0].Score = 2
	w.shelf.titled = map[string]discovery.Found{"Lures": goods("l1", "bag", "l2", "l3", "l4", "chair"), "Tackle bag": bag}
	_, pages, _ := w.pages(t, 2)
	expectPage(t, pages, "Lures", "l1", "l2", "l3", "l4")
	expectPage(t, pages, "Tackle bag", "bag", "b1", "b2", "b3", "chair")
}

func TestShortPagesAreFilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.muse.answer.Ideas = titles("Tea", "Cups")
	cups := goods("c1", "t1", "near", "nearer")
	cups.Fitting = 2
	w.shelf.titled = map[string]discovery.Found{"Tea": goods("t1", "t2", "t3", "t4"), "Cups": cups}
	_, pages, _ := w.pages(t, 2)
	expectPage(t, pages, "Tea", "t1", "t2", "t3", "t4")
	expectPage(t, pages, "Cups", "c1", "near", "nearer") // t1 stands under Tea
}

// An idea all of whose products stand under others comes after one for which the catalogue has nothing.
func TestIdeasThatAddNothingComeLast(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.muse.answer.Ideas = titles("Tea", "Tea again", "A walk")
	tea := goods("t1", "t2", "t3", "t4")
	w.shelf.titled = map[string]discovery.Found{"Tea": tea, "Tea again": tea, "A walk": {}}
	made, _, _ := w.pages(t, 2)
	if len(made) != 2 || made[1] != "A walk" {
		t.Errorf("%v", made)
	}
}

func TestPagesOfAnAnswer(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		names := rapid.SliceOfNDistinct(rapid.StringMatching("[A-Z]{3}"), 0, 8, rapid.ID).Draw(rt, "ideas")
		w.muse.answer.Ideas = titles(names...)
		w.shelf.titled = map[string]discovery.Found{}
		for _, n := range names {
			found := goods(rapid.SliceOfNDistinct(rapid.StringMatching("[a-d][0-5]"), 0, 14, rapid.ID).Draw(rt, "goods")...)
			found.Fitting = rapid.IntRange(0, len(found.Links)).Draw(rt, "fitting")
			w.shelf.titled[n] = found
		}
		count := rapid.IntRange(1, 6).Draw(rt, "count")
		shown, pages, _ := w.pages(t, count)
		inOrder := func(a, b string) int {
			return cmp.Or(cmp.Compare(min(1, len(pages[b])), min(1, len(pages[a]))), slices.Index(names, a)-slices.Index(names, b))
		}
		if len(shown) != min(count, len(names)) || !slices.IsSortedFunc(shown, inOrder) {
			rt.Fatalf("%v are shown of %v", shown, names)
		}
		places := map[string][]int{}
		for _, page := range pages {
			for _, id := range page {
				places[id] = append(places[id], len(page))
			}
			if len(page) > 10 {
				rt.Fatalf("%d products under an idea", len(page))
			}
		}
		for id, lengths := range places {
			if longest := slices.Max(lengths); len(lengths) > 1 && slices.Min(lengths) > 4 {
				rt.Fatalf("%s stands under several ideas, of %d and %d products", id, slices.Min(lengths), longest)
			}
		}
	})
}

// Who asks no model may be asked again, where the catalogue has nothing for what came first.
func TestFurtherIdeasAreAskedForWhereTheCatalogueLacksTheFirst(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		calls []discovery.ModelCall
		want  string
	}{
		{"rules", nil, "Third"},
		{"a model", []discovery.ModelCall{{}}, "First"},
	} {
		w := newWorld(t)
		w.muse.answer = discovery.Generated{Ideas: titles("First", "Second", "Third"), Calls: tt.calls}
		w.muse.limited = true
		w.shelf.titled = map[string]discovery.Found{"First": {}, "Second": {}, "Third": goods("t1", "t2")}
		if shown, _, _ := w.pages(t, 1); len(shown) != 1 || shown[0] != tt.want {
			t.Errorf("%s: %v", tt.name, shown)
		}
	}
}
