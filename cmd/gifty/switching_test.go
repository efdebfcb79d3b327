package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gifty/projections/all/alltest"
)

// Another model makes its own vectors beside those that are there: each finds by its own, going back costs
// nothing, and a rebuild keeps both.
func TestModelsStandSideBySide(t *testing.T) {
	t.Parallel()
	model := encoder(t)
	p := at(t, alltest.Tables.URL(t))
	data := filepath.Join(p.dir, ".gifty")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(model, filepath.Join(data, "model")); err != nil {
		t.Fatal(err)
	}
	local := place{p.dir, append(slices.Clone(p.env), "GIFTY_EMBEDDER=local")}
	p.run(t, "import", shelves(t, p.dir, "Чай"))
	search := func(at place) string {
		t.Helper()
		return at.run(t, "search", "--json", "--limit", "3", "чем варить по утрам").out.String()
	}
	hashed, meant := search(p), search(local)
	if meant == hashed || !strings.Contains(meant, "similarity") {
		t.Errorf("the other model finds by its own vectors:\n%s\n%s", hashed, meant)
	}
	local.run(t, "rebuild", "product_embeddings")
	if got := search(local); got != meant {
		t.Errorf("after the rebuild:\n%s\n%s", meant, got)
	}
	if got := search(p); got != hashed {
		t.Errorf("the former model's vectors are kept, too:\n%s\n%s", hashed, got)
	}
	made := p.run(t, "events", "--type", "catalogue.product_embedded.v1", "--format", "jsonl").out.String()
	if former, other := strings.Count(made, `"hash-1024"`), strings.Count(made, `"use-lite-hash"`); former == 0 || former != other {
		t.Errorf("one model made %d vectors, the other %d: going back must make none", former, other)
	}
}
