package recommend

import (
	"math"
	"testing"
)

func TestTablesLoad(t *testing.T) {
	l, err := loadLexicon()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(l.topics); n == 0 || n > math.MaxUint8 {
		t.Fatalf("%d topics; slots hold up to 255", n)
	}
	named := make([]bool, len(l.topics))
	for _, byFirst := range []map[string][]*term{l.terms.exact, l.terms.prefix} {
		for _, terms := range byFirst {
			for _, term := range terms {
				for _, m := range term.topics {
					named[m.topic] = true
				}
			}
		}
	}
	for id, topic := range l.topics {
		if !named[id] {
			t.Errorf("no word names topic %s", topic.name)
		}
	}
}

// The code names some topics; a typo there would silently never match.
func TestTopicsThatTheCodeNames(t *testing.T) {
	l := vocabulary()
	for _, name := range []string{
		"adult", "tobacco", "drug", "weapon", "sharp", "alcohol", "alcohol_ware", "lighter", "intimate", "vulgar", "medical",
		"hygiene", "grown_up", "candle", "perfume", "small_parts", "baby", "bulk", "jewellery", "female", "male", "girl", "boy",
		"female_item", "male_item", "child", "toy", "doll", "tool", "toolkit", "appliance", "cosmetics", "coffee", "watch", "ring", "romance",
	} {
		if _, known := l.ids[name]; !known {
			t.Errorf("no topic %s", name)
		}
	}
}

func TestBadTableLinesAreRefused(t *testing.T) {
	l := &lexicon{ids: map[string]topicID{}, terms: newIndex(), categories: newIndex(), constraints: map[string]constraint{}}
	if err := l.addTopic([]string{"toy", "1", "", "", "toy"}); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"topic twice":        l.addTopic([]string{"toy", "1", "", "", "toy"}),
		"topic weight":       l.addTopic([]string{"doll", "much", "", "", "doll"}),
		"topic place":        l.addTopic([]string{"doll", "1", "nowhere", "", "doll"}),
		"topic fields":       l.addTopic([]string{"doll"}),
		"term topic":         l.addTerms([]string{"doll", "1", "кукла"}),
		"term strength":      l.addTerms([]string{"toy", "x", "кукла"}),
		"short stem":         l.addTerms([]string{"toy", "1", "ку*"}),
		"capitals":           l.addTerms([]string{"toy", "1", "Кукла"}),
		"no term":            l.addTerms([]string{"toy", "1", ""}),
		"category shift":     l.addCategory([]string{"x", "toys"}),
		"constraint topic":   l.addConstraint([]string{"safe", "doll", ""}),
		"constraint columns": l.addConstraint([]string{"safe"}),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestWhereWordsStand(t *testing.T) {
	tests := []struct{ text, word string }{
		{"Чехол для наушников", "наушников"}, {"Сумка, для наушников, чехол", "чехол"},
		{"Набор из 5 чашек", "чашек"}, {"Куртка с капюшоном", "капюшоном"}, {"Headphones", "headphones"},
	}
	want := []place{inPurpose, inLater, inHead, inAttribute, inHead}
	for i, tt := range tests {
		r := read(tt.text, "", "")
		for _, tok := range r.title {
			if tok.text == tt.word && tok.place != want[i] {
				t.Errorf("%q in %q stands at %d, want %d", tt.word, tt.text, tok.place, want[i])
			}
		}
	}
}

func TestStatedAges(t *testing.T) {
	for title, want := range map[string][2]int{
		"Пазл 3+": {3, 0}, "Игра от 7 лет": {7, 0}, "Платье 2-10 лет": {2, 10}, "Куртка от 4 до 12 лет": {4, 12},
		"Соска до 3 лет": {0, 3}, "Blocks for ages 4-8": {4, 8}, "Модель 2024": {0, 0}, "Кружка 350 мл": {0, 0},
	} {
		if from, to := readAges(tokenize(title)); from != want[0] || to != want[1] {
			t.Errorf("%q: %d to %d, want %v", title, from, to, want)
		}
	}
}

func TestAgesToldInDescriptions(t *testing.T) {
	t.Parallel()
	for description, want := range map[string][2]int{
		"Подходит для детей 6–8 лет.": {6, 8}, "Развивающая игра. Возраст: от 3 лет": {3, 0}, "Для малышей от 1 до 3 лет": {1, 3},
		"For kids ages 8-12, in a box": {8, 12}, "Рекомендовано детям 5+": {5, 0}, "Для девочек и мальчиков от 3-х лет": {3, 0},
		"Гарантия 3 года": {0, 0}, "Мастерская работает 20 лет, служит до 10 лет": {0, 0}, "Дерево, 350 мл, 2024": {0, 0}, "": {0, 0},
	} {
		text := ReadText("Набор", description, "")
		from, to := text.Ages()
		if got := [2]int{years(from), years(to)}; got != want {
			t.Errorf("%q: %v, want %v", description, got, want)
		}
	}
	if from, _ := ReadText("Пазл 3+", "Для детей от 5 лет", "").Ages(); years(from) != 3 {
		t.Error("a title says it better")
	}
}

func years(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

func FuzzGiftability(f *testing.F) {
	f.Add("Плюшевый медведь, 18+", "с бантом", "Игрушки")
	f.Add("\xff\xfe 100шт 5Q0980556B", "", "")
	f.Add("для для для", "без без", "—")
	f.Fuzz(func(t *testing.T, title, description, category string) {
		score, reasons := Giftability(title, description, category)
		if !(score >= 0 && score <= 1) || len(reasons) > 4 {
			t.Errorf("score %v, reasons %q", score, reasons)
		}
		NewRules(Person{Age: aged(5), Constraints: Constraints()}).Vetoed(title, description, category)
	})
}
