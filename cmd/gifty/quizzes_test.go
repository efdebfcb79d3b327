package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"gifty/projections/all/alltest"
)

// shared finds a file of sample data in a folder "shared" beside one of the folders above.
func shared(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		path := filepath.Join(filepath.Dir(dir), "shared", name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	t.Skipf("there is no shared/%s beside the repository", name)
	return ""
}

// What a quiz must get of a catalogue that has it, most of which is no gift.
const (
	leastIdeas    = 3
	leastProducts = 4 // of each of those ideas
)

func TestEveryQuizGetsIdeasWithProductsWithinItsBudget(t *testing.T) {
	t.Parallel()
	quizzes, feed := shared(t, "data/quizzes.json"), shared(t, "data/products-ru.jsonl")
	p := at(t, alltest.Tables.URL(t))
	p.run(t, "import", "--demo", feed)
	var answers []struct {
		Quiz struct {
			Budget float64 `json:"budget_rub"`
		}
		Hypotheses []struct {
			Title    string
			Products []struct {
				Title    string
				Price    float64
				Currency string
			}
		}
	}
	run := p.run(t, "recommend", "--quiz", quizzes, "--json")
	if err := json.Unmarshal([]byte(run.out.String()), &answers); err != nil || len(answers) == 0 {
		t.Fatal(err, len(answers))
	}
	for n, a := range answers {
		titles, good := map[string]bool{}, 0
		for _, h := range a.Hypotheses {
			if titles[h.Title] {
				t.Errorf("quiz %d: the idea %q comes twice", n+1, h.Title)
			}
			titles[h.Title] = true
			if len(h.Products) >= leastProducts {
				good++
			}
			for _, each := range h.Products {
				if each.Currency != "RUB" || each.Price > 1.1*a.Quiz.Budget {
					t.Errorf("quiz %d: %s costs %v %s, and the budget is %v RUB", n+1, each.Title, each.Price, each.Currency, a.Quiz.Budget)
				}
			}
		}
		if good < leastIdeas {
			t.Errorf("quiz %d: %d ideas of %d have %d products", n+1, good, len(a.Hypotheses), leastProducts)
		}
	}
}
