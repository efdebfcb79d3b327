package recommend

import "testing"

func TestPageFeatures(t *testing.T) {
	with := func(change func(*Candidate)) Candidate {
		c := gift("x", 0.8)
		change(&c)
		return c
	}
	named := func(title string) Candidate { return titled(gift("x", 0.8), title) }
	romantic := with(func(c *Candidate) { c.Axes = &Axes{Romance: 0.9} })
	risky := with(func(c *Candidate) { c.Axes = &Axes{SocialRisk: 0.8} })
	warmGift := with(func(c *Candidate) {
		c.Axes = &Axes{Warmth: 1, OccasionVersatility: 1, AgeSuitability: 1}
	})
	ranged := with(func(c *Candidate) { c.AgeFrom, c.AgeTo = aged(3), aged(7) })
	books := with(func(c *Candidate) { c.Category = "Книги" })
	tests := []struct {
		name    string
		person  Person
		c       Candidate
		feature string
		least   float64
		most    float64
	}{
		{"romance for a partner", Person{Relation: "partner"}, romantic, "relation_mismatch", 0, 0},
		{"romance for a colleague", Person{Relation: "colleague"}, romantic, "relation_mismatch", 0.9, 0.9},
		{"romance for a friend", Person{Relation: "friend"}, romantic, "relation_mismatch", 0.54, 0.54},
		{"romance in words for a boss", Person{Relation: "boss"}, named("Кулон «Люблю тебя»"), "relation_mismatch", 1, 1},
		{"what lovers give, to a friend", Person{Relation: "friend"}, named("Lace lingerie set"), "relation_mismatch", 0.6, 0.6},
		{"what lovers give, to a wife", Person{Relation: "wife"}, named("Lace lingerie set"), "relation_mismatch", 0, 0},
		{"social risk at work", Person{Relation: "boss"}, risky, "relation_mismatch", 0.8, 0.8},
		{"social risk among friends", Person{Relation: "friend"}, risky, "relation_mismatch", 0, 0},
		{"warm for family", Person{Relation: "family", Gender: "female"}, warmGift, "character", 0.9, 1},
		{"warm is no romance", Person{Relation: "partner", Gender: "female"}, warmGift, "character", -0.2, 0.5},
		{"no axes", Person{Relation: "partner"}, gift("x", 0.8), "character", 0, 0},
		{"age in range", Person{Age: aged(5)}, ranged, "age_mismatch", 0, 0},
		{"age above the range", Person{Age: aged(12)}, ranged, "age_mismatch", 1, 1},
		{"this occasion", Person{Occasion: "new_year"}, named("Новогодняя свеча"), "occasion_fit", 1, 1},
		{"another occasion", Person{Occasion: "birthday"}, named("Новогодняя свеча"), "occasion_fit", -1, -1},
		{"no occasion", Person{}, named("Новогодняя свеча"), "occasion_fit", 0, 0},
		{"an unknown occasion", Person{Occasion: "moving_day"}, named("Новогодняя свеча"), "occasion_fit", 0, 0},
		{"a kind that suits", Person{Occasion: "march_8"}, named("Букет из мыла"), "occasion_fit", 0.6, 0.6},
		{"a kind that does not", Person{Occasion: "march_8"}, named("Набор отвёрток"), "occasion_fit", -0.6, -0.6},
		{"interest named", Person{Interests: []string{"dinosaurs"}}, named("Фигурка динозавра"), "interest", 1, 1},
		{"interest by kind", Person{Interests: []string{"Board games"}}, named("Пазл «Маяк»"), "interest", 0.7, 0.7},
		{"interest of their own", Person{Interests: []string{"воздушные шары"}}, named("Воздушный шар"), "interest", 0.8, 0.8},
		{"no interest", Person{Interests: []string{"chess"}}, named("Кружка с котом"), "interest", 0, 0},
		{"a scented jacket", Person{Interests: []string{"perfume"}}, named("Твидовая куртка с лёгким ароматом"), "interest", 0, 0},
		{"a mat for yoga", Person{Interests: []string{"yoga"}}, named("Cork and rubber yoga mat"), "interest", 1, 1},
		{"a knife for a cook", Person{Interests: []string{"cooking"}}, named("Chef knife"), "interest", 1, 1},
		{"worn for the interest itself", Person{Interests: []string{"running"}}, named("Running belt"), "interest", 0.8, 1},
		{"coffee as a colour", Person{Interests: []string{"coffee"}}, named("Пиджак кофейный"), "interest", 0, 0},
		{"a shirt is no football", Person{Interests: []string{"football"}}, named("Футболка хлопковая"), "interest", 0, 0},
		{"what bosses like", Person{Relation: "boss"}, named("Блокнот в коже"), "prior", 1, 1},
		{"what bosses do not", Person{Relation: "boss"}, named("Плюшевый медведь"), "prior", -1, -1},
		{"what others liked", Person{Relation: "mother", Age: aged(60)}, books, "prior", 0.6, 0.8},
	}
	for _, tt := range tests {
		q := Inquiry{Person: tt.person, Policy: lenient(), Priors: Priors{{"family", "mature", "Книги"}: {Good: 90, Bad: 5}}}
		if got := value(t, Serve(q, []List{{"q", []Candidate{tt.c}}}), "x", tt.feature); got < tt.least || got > tt.most {
			t.Errorf("%s: %s is %v, want %v to %v", tt.name, tt.feature, got, tt.least, tt.most)
		}
	}
}

func TestAgeRangesAreVetoesForMinors(t *testing.T) {
	c := gift("x", 0.8)
	c.AgeFrom = aged(12)
	if got := scoredOf(t, Serve(Inquiry{Person: Person{Age: aged(6)}}, []List{{"q", []Candidate{c}}}), "x"); got.Dropped != DroppedVetoed || got.Veto == "" {
		t.Errorf("%+v", got)
	}
}

func TestNoveltyFallsWithEveryOffer(t *testing.T) {
	q := Inquiry{Policy: cold(), Offered: map[string]int{"a01": 1, "a02": 3}}
	page := Serve(q, []List{{"q", gifts("a", 3, 0.8)}})
	for id, want := range map[string]float64{"a00": 1, "a01": 0.5, "a02": 0.25} {
		if got := value(t, page, id, "novelty"); got != want {
			t.Errorf("%s: %v, want %v", id, got, want)
		}
	}
}

func TestPriceBands(t *testing.T) {
	for price, want := range map[int64]int{0: 0, 250: 0, 251: 1, 500: 1, 750: 2, 751: 3, 1000: 3, 1001: 4, 1100: 4} {
		if got := priceBand(rub(price), newBudget(budgetOf(1000))); got != want {
			t.Errorf("%d of 1000: band %d, want %d", price, got, want)
		}
	}
	for price, want := range map[int64]int{0: 0, 1: 0, 100: 4, 999: 5, 1000: 6} {
		if got := priceBand(rub(price), nil); got != want {
			t.Errorf("%d without a budget: band %d, want %d", price, got, want)
		}
	}
	if priceBand(nil, nil) != -1 {
		t.Error("no price has a band")
	}
}

func TestAgeSegments(t *testing.T) {
	for age, want := range map[int]string{0: "infant", 2: "infant", 3: "preschool", 6: "preschool", 7: "child", 12: "child", 13: "teen",
		17: "teen", 18: "young_adult", 29: "young_adult", 30: "adult", 49: "adult", 50: "mature", 120: "mature"} {
		if got := AgeSegment(&age); got != want {
			t.Errorf("%d: %s, want %s", age, got, want)
		}
	}
	if AgeSegment(nil) != "" {
		t.Error("no age has a segment")
	}
}
