package main

import (
	"encoding/json"
	"strings"
	"testing"

	"gifty/projections/all/alltest"
)

func TestRecommendingPrintsIdeasAsJSON(t *testing.T) {
	t.Parallel()
	p := at(t, alltest.Tables.URL(t))
	p.run(t, "import", "--no-embed", p.write(t, "feed.jsonl", products(1, 40)))
	quiz := `{"budget_rub":120,"city":"Пермь","interests":"дом, сад"}`
	p.write(t, "quiz.json", quiz)
	run := p.run(t, "recommend", "--quiz", "quiz.json", "--json", "--count", "3", "--products", "2")
	var answers []map[string]any
	if err := json.Unmarshal([]byte(run.out.String()), &answers); err != nil || len(answers) != 1 {
		t.Fatal(err, run.out)
	}
	has(t, "the answer", answers[0], "quiz", "recipient_id", "hypotheses", "page")
	if got, err := json.Marshal(answers[0]["quiz"]); string(got) != quiz {
		t.Errorf("the quiz came back as %s, %v", got, err)
	}
	ideas, total := answers[0]["hypotheses"].([]any), 0
	if len(ideas) != 3 {
		t.Errorf("%d ideas", len(ideas))
	}
	for _, i := range ideas {
		idea := i.(map[string]any)
		has(t, "an idea", idea, "id", "title", "description", "reasoning", "gap", "search_queries", "products")
		products := idea["products"].([]any)
		total += len(products)
		if len(products) > 2 {
			t.Errorf("%d products of an idea", len(products))
		}
		for rank, each := range products {
			product := each.(map[string]any)
			has(t, "a product", product, "gift_id", "title", "price", "currency", "category", "merchant", "product_url", "similarity", "rank")
			if product["rank"] != float64(rank+1) || product["currency"] != "RUB" || product["price"].(float64) > 132 {
				t.Errorf("the product of rank %d is %v", rank+1, product)
			}
		}
	}
	if total == 0 {
		t.Error("no product was found")
	}
}

// has checks that an object has these names and no other.
func has(t *testing.T, what string, object map[string]any, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, ok := object[name]; !ok {
			t.Errorf("%s lacks %q", what, name)
		}
	}
	if len(object) != len(names) {
		t.Errorf("%s has more than %v: %v", what, names, object)
	}
}

// A recipient is told once and asked for again; flags say what differs this time.
func TestRecommendingForARecipient(t *testing.T) {
	t.Parallel()
	p := at(t, alltest.Tables.URL(t))
	p.run(t, "import", "--no-embed", p.write(t, "feed.jsonl", products(1, 40)))
	var answers []struct {
		RecipientID string `json:"recipient_id"`
	}
	first := p.run(t, "recommend", "--age", "52", "--relation", "father", "--interests", "fishing", "--json", "--count", "1")
	if err := json.Unmarshal([]byte(first.out.String()), &answers); err != nil || len(answers) != 1 {
		t.Fatal(err, first.out)
	}
	again := p.run(t, "recommend", "--recipient", answers[0].RecipientID, "--occasion", "birthday", "--effort", "low", "--mode", "quick_fix", "--deadline", "3")
	if !strings.HasPrefix(again.out.String(), "\nfather · 52 · fishing · birthday\n\n1. ") {
		t.Error(again.out)
	}
	p.run(t, "gaps", "--below", "1").says(t, "ideas", "WHAT") // whose words are sealed
	p.begin(t, nil, "recommend", "--recipient", "01981b5e-8c00-7000-8000-000000000001").fails(t, 1, "there is no such recipient")
}

func TestRecommendingForAPersonDescribedByFlags(t *testing.T) {
	t.Parallel()
	p := at(t, alltest.Tables.URL(t))
	p.run(t, "import", "--no-embed", p.write(t, "feed.jsonl", products(1, 40)))
	run := p.run(t, "recommend", "--age", "52", "--relation", "father", "--interests", "fishing,bbq", "--budget", "8000", "--count", "1")
	if !strings.HasPrefix(run.out.String(), "\nfather · 52 · fishing, bbq · ≤ 8000 RUB\n\n1. ") {
		t.Error(run.out)
	}
}
