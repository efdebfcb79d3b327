package main

import (
	"encoding/json"
	"fmt"
	"math"
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

// quizAnswer is what is printed for one quiz.
type quizAnswer struct {
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

// outline is an answer without a feed's own words, which may not be kept here: each idea with the kinds of goods that it
// found, by the word of their titles that says so, and the share of the budget that they cost.
func (a *quizAnswer) outline() string {
	var b strings.Builder
	for _, h := range a.Hypotheses {
		fmt.Fprintf(&b, "   %s\n", h.Title)
		for _, p := range h.Products {
			kind := "a thing of which nothing is known"
			if _, why := recommend.Giftability(p.Title, "", p.Category); len(why) > 0 {
				kind = why[0]
			}
			fmt.Fprintf(&b, "     %3.0f %%  %s\n", 100*p.Price/a.Quiz.Budget, kind)
		}
	}
	return b.String()
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
	var answers []quizAnswer
	run := p.run(t, "recommend", "--quiz", quizzes, "--json")
	if err := json.Unmarshal([]byte(run.out.String()), &answers); err != nil || len(answers) == 0 {
		t.Fatal(err, len(answers))
	}
	var read strings.Builder
	for n, a := range answers {
		fmt.Fprintf(&read, "quiz %d, of %.0f RUB\n%s\n", n+1, a.Quiz.Budget, a.outline())
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
	resembles(t, "testdata/quizzes.txt", read.String())
}

// resembles compares a text with a file whose lines are nearly all the same: an index of vectors finds nearly all that it should.
func resembles(t *testing.T, file, text string) {
	t.Helper()
	want := kept(t, file, text)
	count := map[string]int{}
	for line := range strings.Lines(want) {
		count[line]++
	}
	missing, lines := 0, 0
	for line := range strings.Lines(text) {
		lines++
		if count[line]--; count[line] < 0 {
			missing++
		}
	}
	if missing > lines/20 || math.Abs(float64(lines-strings.Count(want, "\n"))) > float64(lines)/20 {
		t.Errorf("%s: %d of %d lines differ; run with -update and read the difference", file, missing, lines)
	}
}
