package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"gifty/projections/all/alltest"
	"gifty/projections/catalogue"
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
	small := place{p.dir, append(slices.Clone(p.env), "GIFTY_EMBEDDER=tei", "GIFTY_EMBEDDER_URL="+smallModel(t), "GIFTY_EMBEDDER_MODEL=small", "GIFTY_EMBEDDER_DIM=64")}
	if got := search(small); got == hashed || !strings.Contains(got, `"similarity": 0.`) {
		t.Errorf("a model of fewer dimensions:\n%s", got)
	}
	if got := search(p); got != hashed {
		t.Errorf("beside the small model:\n%s\n%s", hashed, got)
	}
	made := p.run(t, "events", "--type", "catalogue.product_embedded.v1", "--format", "jsonl").out.String()
	if former, other := strings.Count(made, `"hash-1024"`), strings.Count(made, `"use-lite-hash"`); former == 0 || former != other {
		t.Errorf("one model made %d vectors, the other %d: going back must make none", former, other)
	}

	p.run(t, "vectors").says(t, "hash-1024", "use-lite-hash", "small", "searched by with these settings")
	p.begin(t, nil, "vectors", "retire", "nobody", "1").fails(t, 1, "there are no vectors of nobody 1")
	var models []catalogue.EmbeddingModel
	if err := json.Unmarshal([]byte(p.run(t, "vectors", "list", "--json").out.String()), &models); err != nil || len(models) != 3 {
		t.Fatalf("%+v, %v", models, err)
	}
	for _, m := range models {
		if m.Vectors == 0 || m.Vectors != m.Present || m.Vectors != models[0].Vectors {
			t.Errorf("%+v", models)
		}
		if m.Name == "hash-1024" {
			p.begin(t, nil, "vectors", "retire", m.Name, m.Version).fails(t, 1, "these settings search by hash-1024")
		} else {
			p.run(t, "vectors", "retire", m.Name, m.Version).says(t, fmt.Sprint(m.Vectors, " vectors of ", m.Name))
		}
	}
	local.run(t, "vectors", "make")
	server := local.begin(t, nil, "serve", "--listen", "127.0.0.1:0", "--demo", "never")
	for _, m := range models {
		if m.Name == "use-lite-hash" {
			server.until(t, func() bool { return servedAt.MatchString(server.out.String()) })
			server.until(t, func() bool { // it says so once it has a connection for that
				if run := p.begin(t, nil, "vectors", "retire", m.Name, m.Version); run.code() == 1 {
					return strings.Contains(run.err.String(), "a running server searches by use-lite-hash")
				}
				local.run(t, "vectors", "make")
				return false
			})
			server.signal(t, syscall.SIGTERM)
			server.done(t)
			p.run(t, "vectors", "retire", m.Name, m.Version)
		}
	}
	if got := search(p); got != hashed {
		t.Errorf("without the others:\n%s\n%s", hashed, got)
	}
	p.run(t, "rebuild", "product_embeddings")
	if out := p.run(t, "vectors").out.String(); strings.Contains(out, "use-lite-hash") || strings.Contains(out, "small") {
		t.Errorf("after retiring and rebuilding: %s", out)
	}
	local.run(t, "vectors", "make").says(t, "vector of use-lite-hash")
	if got := search(local); got != meant {
		t.Errorf("made again:\n%s\n%s", meant, got)
	}
	p.run(t, "verify", "--deep")
}

// smallModel is a service with TEI's protocol whose vectors have 64 dimensions, by the letters of a text.
func smallModel(t *testing.T) (address string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request struct{ Inputs []string }
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		vectors := make([][]float32, len(request.Inputs))
		for i, text := range request.Inputs {
			vectors[i] = make([]float32, 64)
			for _, letter := range text {
				vectors[i][letter%64]++
			}
		}
		if err := json.NewEncoder(w).Encode(vectors); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}
