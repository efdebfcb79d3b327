package recommend

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/uuid"

	"gifty/domain"
)

func TestReasonsReadLikeAShopAssistant(t *testing.T) {
	coffee := gift("coffee", 0.8)
	coffee.Title = "Турка для кофе медная"
	weak := gift("weak", 0.5)
	liked := reaction(Liked, 1, axis(0), 0)
	liked.Title = "Френч-пресс"
	alike := gift("alike", 0.8)
	alike.Vector = between(0, 1, 0.9)
	bought := liked
	bought.Kind = Purchased
	with := func(c Candidate, price int64) Candidate { c.Price = rub(price); return c }
	taste := func(r Reaction) Taste { return TasteFrom([]Reaction{r}, noon, TasteOptions{}) }
	interests := Person{Interests: []string{"coffee"}, Occasion: "birthday"}
	tests := map[string]struct {
		c      Candidate
		q      Inquiry
		ru, en string
	}{
		"interest and price": {with(coffee, 900), Inquiry{Person: Person{Interests: []string{"coffee"}}, Budget: budgetOf(1000)},
			"Для того, кто любит кофе: укладывается в бюджет.", "For someone who loves coffee: within the budget."},
		"over the budget": {with(coffee, 1050), Inquiry{Person: Person{Interests: []string{"coffee"}}, Budget: budgetOf(1000)},
			"Для того, кто любит кофе: чуть дороже бюджета.", "For someone who loves coffee: a little over the budget."},
		"cheap": {with(coffee, 90), Inquiry{Person: Person{Interests: []string{"coffee"}}, Budget: budgetOf(1000)},
			"Для того, кто любит кофе: стоит намного меньше бюджета.", "For someone who loves coffee: costs far less than the budget."},
		"occasion": {titled(coffee, "Новогодний набор кофе"), Inquiry{Person: Person{Interests: []string{"coffee"}, Occasion: "new_year"}, Budget: budgetOf(1000)},
			"Для того, кто любит кофе: подходит к Новому году и укладывается в бюджет.", "For someone who loves coffee: right for New Year and within the budget."},
		"an interest of their own": {titled(coffee, "Кружка с ёжиком"), Inquiry{Person: Person{Interests: []string{"ежики"}}},
			"Для того, кому близко «ежики».", "For someone into ежики."},
		"idea":             {gift("a", 0.8), Inquiry{Ideas: []Idea{{Title: "Утро без спешки"}}}, "К идее «Утро без спешки».", "For the idea “Утро без спешки”."},
		"words":            {gift("a", 0.8), Inquiry{}, "По запросу «чашка».", "Found for “чашка”."},
		"far":              {weak, Inquiry{Person: interests, Policy: lenient()}, "Может порадовать.", "A pleasant surprise."},
		"far, no occasion": {weak, Inquiry{Policy: lenient()}, "Может понравиться.", "A gift to consider."},
		"taste": {alike, Inquiry{Taste: taste(liked), Person: interests},
			"Похоже на «Френч-пресс», что вам понравилось.", "Similar to “Френч-пресс”, which you liked."},
		"bought": {alike, Inquiry{Taste: taste(bought)},
			"Похоже на «Френч-пресс», что вы купили.", "Similar to “Френч-пресс”, which you bought."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			list := []Candidate{tt.c, gift("best", 0.8)}
			for language, want := range map[string]string{"ru": tt.ru, "en": tt.en} {
				tt.q.Language = language
				for _, item := range Serve(tt.q, []List{{"чашка", list}}).Items {
					if item.GiftID == tt.c.GiftID && item.Reason != want {
						t.Errorf("%s: %q, want %q", language, item.Reason, want)
					}
				}
				scoredOf(t, Serve(tt.q, []List{{"чашка", list}}), tt.c.GiftID)
			}
		})
	}
}

func titled(c Candidate, title string) Candidate {
	c.Title = title
	return c
}

// lenient lets far candidates onto pages.
func lenient() Policy {
	p := cold()
	p.Relevance = 0
	return p
}

func TestNotices(t *testing.T) {
	wine := titled(gift("wine", 0.8), "Вино красное сухое")
	adult := titled(gift("adult", 0.9), "Вибратор")
	part := titled(gift("part", 0.8), "Тормозные колодки передние")
	tests := map[string]struct {
		q       Inquiry
		list    []Candidate
		code    string
		nearest string
		ru, en  string
	}{
		"nothing found":   {Inquiry{}, nil, NothingFound, "", "По этим идеям ничего не нашлось.", "Nothing was found for these ideas."},
		"empty catalogue": {Inquiry{NoProducts: true, Currency: "USD"}, nil, NothingFound, "", "Каталог пуст.", "The catalogue is empty."},
		"other currencies": {Inquiry{Currency: "USD"}, nil, NothingFound, "", "По этим идеям ничего с ценой в USD не нашлось.",
			"Nothing with a price in USD was found for these ideas."},
		"budget": {Inquiry{Budget: budgetOf(100)}, []Candidate{gift("a", 0.8), part}, BudgetTooLow, "a",
			"В бюджет до 100 RUB ничего не подходит. Ближе всего: «Кружка aa a» за 900 RUB.", "Nothing fits a budget of 100 RUB. The nearest is “Кружка aa a” for 900 RUB."},
		"currency": {Inquiry{Budget: &domain.Money{Amount: domain.WholeAmount(1000), Currency: "USD"}}, []Candidate{gift("a", 0.8)}, CurrencyUnpriced, "",
			"В USD цен нет: найденное продаётся за RUB.", "Nothing has a price in USD: what was found is sold for RUB."},
		"constraints": {Inquiry{Person: Person{Constraints: []string{"no_alcohol"}}}, []Candidate{wine, adult}, ConstraintsTooStrict, "wine",
			"Под все эти ограничения ничего не подходит. Ближе всего: «Вино красное сухое» за 900 RUB.",
			"Nothing meets all of these constraints. The nearest is “Вино красное сухое” for 900 RUB."},
		"an interest ruled out": {Inquiry{Person: Person{Interests: []string{"вино"}, Constraints: []string{"no_alcohol"}}}, []Candidate{adult}, ConstraintsTooStrict, "",
			"Под все эти ограничения ничего не подходит. Одно противоречит другому: вино и no_alcohol.",
			"Nothing meets all of these constraints. One contradicts the other: вино and no_alcohol."},
		"a permission ruled out": {Inquiry{Person: Person{Constraints: []string{"romantic_ok", "no_romantic"}}}, []Candidate{adult}, ConstraintsTooStrict, "",
			"Под все эти ограничения ничего не подходит. Одно противоречит другому: romantic_ok и no_romantic.",
			"Nothing meets all of these constraints. One contradicts the other: romantic_ok and no_romantic."},
		"contradictory": {Inquiry{Person: Person{Age: aged(8), Constraints: []string{"no_alcohol"}}}, []Candidate{wine}, ConstraintsTooStrict, "",
			"Под все эти ограничения ничего не подходит.", "Nothing meets all of these constraints."},
		"seen": {Inquiry{Seen: map[string]bool{"a": true}}, []Candidate{gift("a", 0.8)}, NothingNew, "a",
			"Всё подходящее уже показано, куплено или исключено. Ближе всего: «Кружка aa a» за 900 RUB.", "All that fits was already shown, bought or left out. The nearest is “Кружка aa a” for 900 RUB."},
		"bought": {Inquiry{Bought: map[string]bool{"a": true}}, []Candidate{gift("a", 0.8)}, NothingNew, "",
			"Всё подходящее уже показано, куплено или исключено.", "All that fits was already shown, bought or left out."},
		"no gift": {Inquiry{}, []Candidate{part}, NothingClose, "", "Ничего по-настоящему подходящего не нашлось.", "Nothing that really fits was found."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for language, want := range map[string]string{"ru": tt.ru, "en": tt.en} {
				tt.q.Language = language
				page := Serve(tt.q, []List{{"q", tt.list}})
				if page.Notice == nil || len(page.Items) != 0 {
					t.Fatalf("items %v without a notice", itemIDs(page))
				}
				n := *page.Notice
				first := ""
				if len(n.Nearest) > 0 {
					first = n.Nearest[0].GiftID
				}
				if n.Code != tt.code || n.Text != want || first != tt.nearest {
					t.Errorf("%s: %s %q, nearest %q; want %s %q, %q", language, n.Code, n.Text, first, tt.code, want, tt.nearest)
				}
			}
		})
	}
}

var update = flag.Bool("update", false, "write the golden files anew")

// A page as it is served and logged, for readers of the format and of its sentences.
func TestGoldenPage(t *testing.T) {
	list := gifts("a", 3, 0.7)
	list[0].Title, list[0].Vector, list[0].Category = "Турка для кофе медная", between(0, 1, 0.8), "Кухня"
	list[1].Title, list[1].Price, list[1].Merchant = "Новогодняя свеча с ароматом корицы", rub(700), "Лавка"
	list[1].Axes = &Axes{Warmth: 0.9, Aesthetics: 0.7, Romance: 0.3, AgeSuitability: 0.9, OccasionVersatility: 0.8}
	list[2].Title, list[2].Price = "Вино красное сухое", rub(1000)
	books := []Candidate{titled(gift("book", 0.65), "Книга о кофе и людях"), titled(gift("pads", 0.6), "Тормозные колодки передние")}
	q := Inquiry{
		Person: Person{Age: aged(34), Gender: "female", Relation: "friend", Occasion: "new_year", Interests: []string{"coffee"}, Constraints: []string{"no_alcohol"}, Vibe: []string{"cozy"}},
		Budget: budgetOf(1000), Language: Russian, Seed: 42, Ideas: []Idea{{Title: "Утро без спешки", Track: "coffee", Gap: "the_permission"}},
		Taste: TasteFrom([]Reaction{{GiftID: "old", Kind: Liked, At: noon, EventID: uuid.UUID{15: 7}, Vector: axis(0), Title: "Френч-пресс", Track: "coffee", Category: "Кухня"}}, noon, TasteOptions{}),
	}
	var got bytes.Buffer
	encoder := json.NewEncoder(&got)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(Serve(q, []List{{"подарок кофеману", list}, {"книга о кофе", books}})); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("testdata/page.json", got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/page.json")
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		for i, line := range strings.Split(got.String(), "\n") {
			if before := strings.Split(string(want), "\n"); i >= len(before) || before[i] != line {
				t.Fatalf("line %d is %q; run with -update and read the difference", i+1, line)
			}
		}
	}
}
