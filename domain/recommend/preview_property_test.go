package recommend

import (
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"gifty/domain"
)

// someTitles holds gifts, things that are none, things that some must not have, and near-duplicates.
var someTitles = []string{
	"Плюшевый медведь с бантом", "Медведь плюшевый с бантом", "Ароматическая свеча «Инжир»", "Кружка «Лучший папа»",
	"Тормозные колодки для Toyota", "Модуль реле 5В для Arduino", "Женское платье с цветами", "Мужской кожаный ремень",
	"Вино красное сухое", "Бокалы для вина, 2 шт.", "Складной нож EDC", "Детский рюкзак для мальчиков", "Погремушка для новорождённых",
	"Вибратор", "Электронная сигарета", "Настольная игра 14+", "Шарф из шерсти", "Тонометр", "Кабель USB", "Wooden train set",
	"Wireless headphones", "Кулон «Люблю тебя»", "Пазл 1000 элементов", "Пазл на 1000 элементов", "", "Товар",
}

func anyRequest(t *rapid.T) Request {
	tags := Constraints()
	var req Request
	req.Person = Person{
		Gender:      rapid.SampledFrom([]string{"", "male", "female", "nonbinary"}).Draw(t, "gender"),
		Relation:    rapid.SampledFrom([]string{"", "partner", "boss", "friend"}).Draw(t, "relation"),
		Constraints: rapid.SliceOfN(rapid.SampledFrom(tags), 0, 3).Draw(t, "constraints"),
	}
	if rapid.Bool().Draw(t, "age known") {
		req.Person.Age = aged(rapid.IntRange(0, 90).Draw(t, "age"))
	}
	if rapid.Bool().Draw(t, "budget given") {
		req.Budget = &domain.Money{Amount: domain.WholeAmount(rapid.Int64Range(1, 5000).Draw(t, "budget")), Currency: "RUB"}
	}
	return req
}

// anyLists makes lists in which a gift is the same product wherever it stands.
func anyLists(t *rapid.T) []List {
	lists := make([]List, rapid.IntRange(0, 5).Draw(t, "lists"))
	for q := range lists {
		lists[q].Candidates = rapid.SliceOfN(rapid.Custom(anyCandidate), 0, 24).Draw(t, "candidates")
	}
	return lists
}

func anyCandidate(t *rapid.T) Candidate {
	n := rapid.IntRange(0, 60).Draw(t, "product")
	c := Candidate{GiftID: fmt.Sprintf("g%02d", n), Title: someTitles[n%len(someTitles)], Currency: []string{"RUB", "RUB", "RUB", "EUR", ""}[n%5]}
	if n%11 != 0 {
		price := domain.WholeAmount(int64(n*n) + 10)
		c.Price = &price
	}
	c.Similarity = float64(rapid.IntRange(-2, 9).Draw(t, "similarity")) / 10
	c.WordScore = float64(rapid.IntRange(0, 3).Draw(t, "words"))
	return c
}

func TestPagesKeepTheirPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		req, lists := anyRequest(t), anyLists(t)
		checkPage(t, req, lists, Preview(req, lists), 12)
		checkPage(t, req, lists, DeepDive(req, lists), 15)
	})
}

func checkPage(t *rapid.T, req Request, lists []List, picks []Pick, most int) {
	if len(picks) > most {
		t.Fatalf("%d picks", len(picks))
	}
	offered := offerable(req, lists)
	seen := map[string]bool{}
	for i, p := range picks {
		if _, may := offered[p.GiftID]; !may {
			t.Fatalf("%s may not be offered", p.GiftID)
		}
		if p.Rank != i+1 {
			t.Fatalf("rank %d at place %d", p.Rank, i+1)
		}
		if seen[p.GiftID] {
			t.Fatalf("%s twice", p.GiftID)
		}
		seen[p.GiftID] = true
	}
	fitting := 0
	for _, p := range picks {
		if p.Fits {
			fitting++
		}
	}
	if fitting < len(picks) && len(picks) > DefaultPolicy().Minimum {
		t.Fatalf("%d fit, and %d more fill a page that is long enough", fitting, len(picks)-fitting)
	}
}

// offerable is what stands in the first three lists, fits the budget and is not vetoed, by id with
// its title.
func offerable(req Request, lists []List) map[string]string {
	rules := NewRules(req.Person)
	offered := map[string]string{}
	for _, list := range lists[:min(3, len(lists))] {
		for _, c := range list.Candidates {
			if req.Budget != nil && (c.Price == nil || c.Currency != req.Budget.Currency || c.Price.GreaterThan(Ceiling(req.Budget.Amount).Decimal)) {
				continue
			}
			if _, vetoed := rules.Vetoed(c.Title, c.Description, c.Category); !vetoed {
				offered[c.GiftID] = c.Title
			}
		}
	}
	return offered
}

func TestOrderOfCandidatesNeverShows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		req, lists := anyRequest(t), anyLists(t)
		shuffled := make([]List, len(lists))
		for q, list := range lists {
			shuffled[q] = List{Query: list.Query, Candidates: rapid.Permutation(list.Candidates).Draw(t, "shuffled")}
		}
		if a, b := Preview(req, lists), Preview(req, shuffled); !reflect.DeepEqual(a, b) {
			t.Fatalf("preview depends on order: %v and %v", idsOf(a), idsOf(b))
		}
		if a, b := DeepDive(req, lists), DeepDive(req, shuffled); !reflect.DeepEqual(a, b) {
			t.Fatalf("deep dive depends on order: %v and %v", idsOf(a), idsOf(b))
		}
	})
}
