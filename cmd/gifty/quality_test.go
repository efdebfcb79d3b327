package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gifty/domain/catalogue/demo"
	"gifty/projections/all/alltest"
)

// encoder is the folder of the sentence encoder's weights; the test is skipped where there are none.
func encoder(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../../.gifty/model")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "uselite", "model.json")); err != nil {
		t.Skip("the encoder's weights are not in .gifty/model: run 'make model'")
	}
	return dir
}

// shelves writes the demo's offers of these categories, in either language, as a feed.
func shelves(t *testing.T, dir string, categories ...string) string {
	t.Helper()
	var lines strings.Builder
	for item, err := range demo.Items() {
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(categories, item.Category) {
			continue
		}
		line, err := json.Marshal(map[string]any{
			"id": item.ID, "title": item.Title, "description": item.Description, "price": item.Price, "currency": item.Currency,
			"category": item.Category, "merchant": item.Merchant, "product_url": item.ProductURL,
		})
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(line, '\n'))
	}
	feed := filepath.Join(dir, "shelves.jsonl")
	if err := os.WriteFile(feed, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return feed
}

// Each has one interest; what stands under the first ideas must come from the shelves of that
// interest, though all the others' stand beside them.
var singleMinded = []struct {
	quiz    string
	shelves []string
}{
	{`{"recipient_age":52,"interests":["fishing"],"language":"en","budget":200,"currency":"EUR"}`, []string{"Fishing"}},
	{`{"recipient_age":40,"interests":["bbq"],"language":"en","budget":200,"currency":"EUR"}`, []string{"Barbecue and grill"}},
	{`{"recipient_age":30,"interests":["кофе"],"budget":20000}`, []string{"Кофе"}},
	{`{"recipient_age":6,"interests":["динозавры"],"budget":9000,"constraints":["kids_safe","no_small_parts"]}`, []string{"Игры и игрушки", "Динозавры"}},
}

// With the encoder that a newcomer has, an idea's page holds what the idea promises.
func TestPagesAnswerTheirIdeas(t *testing.T) {
	t.Parallel()
	model := encoder(t)
	p := at(t, alltest.Tables.URL(t), "GIFTY_EMBEDDER=local")
	if err := os.Mkdir(filepath.Join(p.dir, ".gifty"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(model, filepath.Join(p.dir, ".gifty", "model")); err != nil {
		t.Fatal(err)
	}
	p.run(t, "import", shelves(t, p.dir, "Fishing", "Barbecue and grill", "Desk and office", "Кофе", "Кожа и сумки", "Игры и игрушки", "Динозавры"))
	var quizzes []string
	for _, s := range singleMinded {
		quizzes = append(quizzes, s.quiz)
	}
	file := filepath.Join(p.dir, "quizzes.json")
	if err := os.WriteFile(file, []byte("["+strings.Join(quizzes, ",")+"]"), 0o600); err != nil {
		t.Fatal(err)
	}
	var answers []struct {
		Hypotheses []struct {
			Title    string
			Products []struct{ Title, Category string }
		}
	}
	run := p.run(t, "recommend", "--quiz", file, "--count", "2", "--json")
	if err := json.Unmarshal([]byte(run.out.String()), &answers); err != nil || len(answers) != len(singleMinded) {
		t.Fatal(err, len(answers))
	}
	for n, a := range answers {
		fits, all := 0, 0
		for _, h := range a.Hypotheses {
			for _, product := range h.Products {
				all++
				if slices.Contains(singleMinded[n].shelves, product.Category) {
					fits++
					continue
				}
				t.Logf("%s: under %q stands %q", singleMinded[n].quiz, h.Title, product.Title)
			}
		}
		if len(a.Hypotheses) != 2 || all < leastProducts || float64(fits) < 0.8*float64(all) {
			t.Errorf("%s: %d ideas with %d products, of which %d belong there", singleMinded[n].quiz, len(a.Hypotheses), all, fits)
		}
	}
}
