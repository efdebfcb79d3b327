package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gifty/domain/recommend"
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
	leastPage     = 4 // gifts of five
)

// trinket is a share of a budget at which nothing is a gift, whatever the catalogue.
const trinket = 0.01

func TestEveryQuizGetsIdeasWithProductsWithinItsBudget(t *testing.T) {
	t.Parallel()
	quizzes, feed := shared(t, "data/quizzes.json"), shared(t, "data/products-ru.jsonl")
	p := at(t, stocked(t, feed))
	var answers []struct {
		Quiz struct {
			Budget      float64 `json:"budget_rub"`
			Age         int     `json:"recipient_age"`
			Gender      string  `json:"recipient_gender"`
			Relation    string  `json:"relationship"`
			Constraints []string
		}
		Hypotheses []struct {
			Title    string
			Products []struct {
				GiftID   string `json:"gift_id"`
				Title    string
				Category string
				Price    float64
				Currency string
			}
		}
		Page struct {
			Items []struct {
				GiftID, Title, Reason string
				Price                 float64
			}
		}
	}
	run := p.run(t, "recommend", "--quiz", quizzes, "--json")
	if err := json.Unmarshal([]byte(run.out.String()), &answers); err != nil || len(answers) == 0 {
		t.Fatal(err, len(answers))
	}
	for n, a := range answers {
		titles, good := map[string]bool{}, 0
		rules := recommend.NewRules(recommend.Person{Age: &a.Quiz.Age, Gender: a.Quiz.Gender, Relation: a.Quiz.Relation, Constraints: a.Quiz.Constraints})
		for _, h := range a.Hypotheses {
			if titles[h.Title] {
				t.Errorf("quiz %d: the idea %q comes twice", n+1, h.Title)
			}
			titles[h.Title] = true
			if len(h.Products) >= leastProducts {
				good++
			}
			for i, each := range h.Products {
				// Descriptions, which are not printed, may say better of a thing: that all its parts are large, that it is a gift.
				if why, vetoed := rules.Vetoed(each.Title, "", each.Category); vetoed && !strings.Contains(why, "may hold") {
					t.Errorf("quiz %d: %s: %s", n+1, each.Title, why)
				}
				if gift, why := recommend.Giftability(each.Title, "", each.Category); gift < recommend.NotAGift/2 {
					t.Errorf("quiz %d: %s is no gift: %.2f, %v", n+1, each.Title, gift, why)
				}
				for _, other := range h.Products[:i] {
					if other.GiftID == each.GiftID || recommend.ReadText(other.Title, "", "").Same(recommend.ReadText(each.Title, "", "")) {
						t.Errorf("quiz %d: %s stands beside %s", n+1, each.Title, other.Title)
					}
				}
				if each.Currency != "RUB" || each.Price > 1.1*a.Quiz.Budget {
					t.Errorf("quiz %d: %s costs %v %s, and the budget is %v RUB", n+1, each.Title, each.Price, each.Currency, a.Quiz.Budget)
				}
			}
		}
		if len(a.Page.Items) < leastPage {
			t.Errorf("quiz %d: a page of %d gifts", n+1, len(a.Page.Items))
		}
		for _, i := range a.Page.Items {
			if i.Reason == "" || i.Price > 1.1*a.Quiz.Budget || i.Price < trinket*a.Quiz.Budget {
				t.Errorf("quiz %d: %+v, and the budget is %v RUB", n+1, i, a.Quiz.Budget)
			}
		}
		if good < leastIdeas {
			t.Errorf("quiz %d: %d ideas of %d have %d products", n+1, good, len(a.Hypotheses), leastProducts)
		}
	}
}
