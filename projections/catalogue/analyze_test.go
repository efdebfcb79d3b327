package catalogue_test

import (
	"fmt"
	"testing"

	"gifty/domain/catalogue"
	"gifty/projections/all/alltest"
	products "gifty/projections/catalogue"
)

// What was written since the last vacuum is not read through for each word of each search.
func TestAnalyzeMergesNewWordsIntoTheirIndex(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	var items []catalogue.Item
	for i := range 200 {
		items = append(items, item(fmt.Sprint(i), fmt.Sprintf("thing%d kind%d of its own", i, i%7), 10))
	}
	w.Import(t, items...)
	w.CatchUp(t)
	if err := products.Analyze(t.Context(), w.Pool); err != nil {
		t.Fatal(err)
	}
	var indexes, pages int
	err := w.Pool.QueryRow(t.Context(), `SELECT count(*), sum(gin_clean_pending_list(indexrelid)) FROM pg_index JOIN pg_class k ON k.oid = indexrelid JOIN pg_am a ON a.oid = k.relam
		WHERE amname = 'gin' AND indrelid = to_regclass($1)`, fmt.Sprintf("%s_v%d", products.Products.Name, products.Products.Version)).Scan(&indexes, &pages)
	if err != nil || indexes != 2 || pages != 0 {
		t.Fatalf("%d indexes have %d pages to merge, error %v", indexes, pages, err)
	}
}
