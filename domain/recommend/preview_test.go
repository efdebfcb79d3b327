package recommend

import (
	"fmt"
	"math"
	"testing"

	"gifty/domain"
)

func rub(n int64) *domain.Amount { a := domain.WholeAmount(n); return &a }

// gift is a candidate that nothing speaks against, its title unlike any other's.
func gift(id string, similarity float64) Candidate {
	return Candidate{GiftID: id, Title: "Кружка " + id + id + " " + id, Price: rub(900), Currency: "RUB", Similarity: similarity}
}

func gifts(prefix string, n int, best float64) []Candidate {
	list := make([]Candidate, n)
	for i := range list {
		list[i] = gift(fmt.Sprintf("%s%02d", prefix, i), best-0.001*float64(i))
	}
	return list
}

func budgetOf(n int64) *domain.Money {
	return &domain.Money{Amount: domain.WholeAmount(n), Currency: "RUB"}
}

func idsOf(picks []Pick) []string {
	ids := make([]string, len(picks))
	for i, p := range picks {
		ids[i] = p.GiftID
	}
	return ids
}

func expect(t *testing.T, picks []Pick, want ...string) {
	t.Helper()
	if got := idsOf(picks); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestPreviewTakesFourOfEachQueryInTurn(t *testing.T) {
	lists := []List{{"a", gifts("a", 20, 0.8)}, {"b", gifts("b", 20, 0.6)}, {"c", gifts("c", 2, 0.7)}, {"d", gifts("d", 9, 0.9)}}
	picks := Preview(Request{Budget: budgetOf(1000)}, lists)
	expect(t, picks, "a00", "b00", "c00", "a01", "b01", "c01", "a02", "b02", "a03", "b03")
	for i, p := range picks {
		if p.Rank != i+1 {
			t.Errorf("place %d has rank %d", i+1, p.Rank)
		}
		if want := int(p.GiftID[0] - 'a'); p.Query != want {
			t.Errorf("%s is of query %d, want %d", p.GiftID, p.Query, want)
		}
	}
}

func TestPreviewOffersTheNextWhenTheBestIsShown(t *testing.T) {
	same := gifts("a", 15, 0.8)
	expect(t, Preview(Request{}, []List{{"x", same}, {"y", same}, {"z", same}}),
		"a00", "a01", "a02", "a03", "a04", "a05", "a06", "a07", "a08", "a09", "a10", "a11")
}

func TestPreviewCollapsesNearDuplicates(t *testing.T) {
	shop := func(id string, similarity float64, price int64) Candidate {
		return Candidate{GiftID: id, Title: "Плед вязаный из хлопка серый 150x200", Price: rub(price), Currency: "RUB", Similarity: similarity}
	}
	picks := Preview(Request{Budget: budgetOf(1000)}, []List{
		{"q", append(gifts("a", 3, 0.5), shop("cheap", 0.5, 90), shop("fitting", 0.5, 900))},
		{"r", []Candidate{shop("other", 0.4, 900)}},
	})
	expect(t, picks, "a00", "a01", "a02", "fitting")
}

func TestPreviewLeavesOutWhatMayNotBeOffered(t *testing.T) {
	dear, unpriced, foreign := gift("dear", 0.9), gift("unpriced", 0.9), gift("foreign", 0.9)
	dear.Price, unpriced.Price, foreign.Currency = rub(1101), nil, "EUR"
	wine := gift("wine", 0.9)
	wine.Title = "Вино красное сухое"
	list := append(gifts("a", 2, 0.8), dear, unpriced, foreign, wine)
	person := Person{Constraints: []string{"no_alcohol"}}
	expect(t, Preview(Request{Person: person, Budget: budgetOf(1000)}, []List{{"q", list}}), "a00", "a01")
	if n := len(Preview(Request{Person: person}, []List{{"q", list}})); n != 4 {
		t.Errorf("without a budget %d gifts, want four of those that are not wine", n)
	}
}

func TestPageFillersDropOut(t *testing.T) {
	part, far, dress := gift("part", 0.8), gift("far", 0.3), gift("dress", 0.8)
	part.Title = "Тормозные колодки передние"
	dress.Title = "Женское вечернее платье"
	person := Person{Gender: "male", Age: aged(40)}
	list := append(gifts("a", 4, 0.8), part, far, dress)
	expect(t, Preview(Request{Person: person}, []List{{"q", list}}), "a00", "a01", "a02", "a03")
	t.Run("and what comes near fills a page that is short", func(t *testing.T) {
		list := append(gifts("a", 1, 0.8), part, far, dress, gift("near", 0.5))
		picks := Preview(Request{Person: person}, []List{{"q", list}})
		expect(t, picks, "a00", "near")
		if !picks[0].Fits || picks[1].Fits {
			t.Errorf("got %+v", picks)
		}
	})
	t.Run("but nothing whatever the page, below the floor", func(t *testing.T) {
		policy := DefaultPolicy()
		policy.Floor = 0.9
		expect(t, Preview(Request{Policy: policy}, []List{{"q", gifts("a", 4, 0.7)}}))
	})
}

func TestWordsKeepWhatMeaningMissed(t *testing.T) {
	named := gift("named", 0.4)
	named.Title = "Серебряные чайники, 2 шт."
	list := append(gifts("a", 4, 0.8), named, gift("far", 0.4))
	picks := DeepDive(Request{}, []List{{"набор: серебряный чайник", list}})
	expect(t, picks, "a00", "a01", "a02", "a03", "named")
}

func TestDeepDiveIsTheBestFifteen(t *testing.T) {
	lists := []List{{"a", gifts("a", 20, 0.8)}, {"b", gifts("b", 20, 0.81)}, {"c", nil}, {"d", gifts("d", 9, 0.9)}}
	picks := DeepDive(Request{}, lists)
	if len(picks) != 15 {
		t.Fatalf("%d picks", len(picks))
	}
	for i := 1; i < len(picks); i++ {
		if picks[i].Score > picks[i-1].Score {
			t.Errorf("%v before %v", picks[i-1].Score, picks[i].Score)
		}
	}
	if picks[0].GiftID != "b00" {
		t.Errorf("first is %s", picks[0].GiftID)
	}
}

func TestScoresAreTheSumOfTheirFeatures(t *testing.T) {
	c := gift("a", 0.7)
	c.Title = "Женский шарф «Люблю тебя», с сердечком"
	picks := Preview(Request{Person: Person{Relation: "boss"}, Budget: budgetOf(1000)}, []List{{"шарф", []Candidate{c}}})
	sum, names := 0.0, map[string]bool{}
	for _, f := range picks[0].Features {
		sum += f.Contribution
		names[f.Name] = true
	}
	if math.Abs(sum-picks[0].Score) > 1e-9 {
		t.Errorf("features add up to %v, score is %v", sum, picks[0].Score)
	}
	for _, name := range []string{"similarity", "words", "giftability", "price_fit", "gender_mismatch", "relation_mismatch"} {
		if !names[name] {
			t.Errorf("no feature %s in %+v", name, picks[0].Features)
		}
	}
	if picks[0].Similarity != 0.7 {
		t.Errorf("similarity %v is not the cosine", picks[0].Similarity)
	}
}

func TestStoredGiftabilityWins(t *testing.T) {
	score := 0.01
	list := gifts("a", 6, 0.8)
	list[0].Giftability = &score
	expect(t, DeepDive(Request{}, []List{{"q", list}}), "a01", "a02", "a03", "a04", "a05")
}

func TestNothingToOffer(t *testing.T) {
	for _, lists := range [][]List{nil, {}, {{}}, {{"q", nil}, {"r", nil}}} {
		if picks := Preview(Request{Budget: budgetOf(1000)}, lists); picks == nil || len(picks) > 0 {
			t.Errorf("preview of %v is %v, want an empty page", lists, picks)
		}
		if picks := DeepDive(Request{}, lists); picks == nil || len(picks) > 0 {
			t.Errorf("deep dive of %v is %v, want an empty page", lists, picks)
		}
	}
}

func TestBrokenSimilaritiesDoNoHarm(t *testing.T) {
	list := gifts("a", 5, 0.8)
	list[0].Similarity, list[1].WordScore = math.NaN(), math.Inf(1)
	for _, p := range Preview(Request{}, []List{{"q", list}}) {
		if math.IsNaN(p.Score) || math.IsInf(p.Score, 0) {
			t.Errorf("score of %s is %v", p.GiftID, p.Score)
		}
	}
}
