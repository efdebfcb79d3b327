package catalogue_test

import (
	"fmt"
	"slices"
	"testing"

	"gifty/domain/catalogue"
	"gifty/projections"
	"gifty/projections/all/alltest"
	products "gifty/projections/catalogue"
)

// holdSettling keeps new vectors from their index until it is released.
func holdSettling(t *testing.T, w *alltest.World) (release func()) {
	t.Helper()
	tx, err := w.Pool.Begin(t.Context())
	if err == nil {
		_, err = tx.Exec(t.Context(), `SELECT pg_advisory_xact_lock(x'67696634'::int, hashtext($1 || '_v' || $2::int))`,
			products.Embeddings.Name, products.Embeddings.Version)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// What a search finds does not depend on which vectors are in the index already.
func TestSearchWhileVectorsAreIndexed(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	model := alltest.Words{}.Model()
	indexed := func(first, last int) {
		var items []catalogue.Item
		for i := first; i < last; i++ {
			items = append(items, item(fmt.Sprint(i), fmt.Sprintf("thing%d kind%d", i, i%5), int64(10+i%2)))
		}
		w.Import(t, items...)
		w.Embed(t, alltest.Words{})
	}
	indexed(0, 40)
	w.Settle(t)
	release := holdSettling(t, w)
	indexed(20, 90) // of the first some anew: their texts are the same, and so they stay
	w.Import(t, item("3", "thing3 kind4 new", 10))
	w.Embed(t, alltest.Words{})

	search := func(when string, route products.Route) [][]products.Neighbour {
		n := &products.Nearest{Options: products.NearestOptions{Route: route}}
		lists, err := n.Search(t.Context(), w.Pool, products.NearestQuery{
			Model: model, Vectors: embed(t, "kind3", "kind4 new", "thing50"), Filter: products.Filter{MaxPrice: item("", "", 10).Price}, Limit: 12,
		})
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		return lists
	}
	want := search("exact", products.RouteExact)
	same := func(when string) {
		got := search(when, products.RouteIndex)
		for i := range want {
			if !slices.Equal(got[i], want[i]) {
				t.Fatalf("%s, vector %d: %v, want %v", when, i, got[i], want[i])
			}
		}
	}
	same("before")
	if s := embeddings(t, w); s.Unindexed != 51 {
		t.Errorf("%d vectors wait, not 51", s.Unindexed)
	}
	if v, err := w.Engine.Verify(t.Context(), projections.VerifyOptions{Deep: true}); err != nil || len(v.Findings) > 0 {
		t.Errorf("half indexed: %v, %v", v.Findings, err)
	}
	release()
	for embeddings(t, w).Unindexed > 0 {
		same("meanwhile")
	}
	same("after")
	if err := w.Engine.Rebuild(t.Context(), []string{products.Embeddings.Name}, projections.RebuildOptions{}); err != nil {
		t.Fatal(err)
	}
	same("rebuilt")
}

func embeddings(t *testing.T, w *alltest.World) projections.Status {
	t.Helper()
	list, err := w.Engine.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return list[slices.IndexFunc(list, func(s projections.Status) bool { return s.Table == products.Embeddings.Name && s.Active })]
}

// Until the present version of the vectors is built, one without the column serves.
func TestSearchInATableOfAnOlderVersion(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	w.Import(t, item("cup", "clay cup", 100), item("rod", "fishing rod", 300))
	w.Embed(t, alltest.Words{})
	w.Settle(t)
	model := alltest.Words{}.Model()
	if _, err := w.Pool.Exec(t.Context(), `DROP VIEW product_embeddings; CREATE VIEW product_embeddings AS SELECT
		gift_id, model_name, model_version, dim, embedding, content_hash, embedded_at FROM `+fmt.Sprintf("product_embeddings_v%d", products.Embeddings.Version)); err != nil {
		t.Fatal(err)
	}
	n := &products.Nearest{Options: products.NearestOptions{Route: products.RouteIndex}}
	lists, err := n.Search(t.Context(), w.Pool, products.NearestQuery{Model: model, Vectors: embed(t, "fishing"), Limit: 2})
	if err != nil || len(lists[0]) != 2 || lists[0][0].GiftID != "shop:rod" {
		t.Errorf("%v, %v", lists, err)
	}
	if tuned, err := n.Tune(t.Context(), w.Pool, model); err != nil || tuned.Rows != 2 {
		t.Errorf("%+v, %v", tuned, err)
	}
}
