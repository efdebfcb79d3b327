package recommend

import "testing"

func TestMismatches(t *testing.T) {
	man := Person{Age: aged(40), Gender: "male"}
	tests := []struct {
		name   string
		person Person
		title  string
		rule   func(Rules, *reading) misfit
		least  float64
		most   float64
	}{
		{"dress for a man", man, "Женское платье из шёлка", Rules.gender, 1, 1},
		{"dress without a word", man, "Платье из шёлка", Rules.gender, 0.8, 0.8},
		{"for girls to a boy", Person{Age: aged(6), Gender: "male"}, "Рюкзак для девочек", Rules.gender, 1, 1},
		{"for both", man, "Свитер для мужчин и женщин", Rules.gender, 0, 0},
		{"unisex", man, "Women's unisex hoodie", Rules.gender, 0, 0},
		{"tie for a woman", Person{Gender: "female"}, "Галстук шёлковый", Rules.gender, 0.8, 0.8},
		{"own gender", man, "Мужской ремень", Rules.gender, 0, 0},
		{"gender not known", Person{Gender: "nonbinary"}, "Женская сумка", Rules.gender, 0.2, 0.3},
		{"no gender said", man, "Кружка", Rules.gender, 0, 0},
		{"child's to an adult", man, "Детский рюкзак", Rules.age, 1, 1},
		{"toddler's to an adult", man, "Пирамидка для малышей", Rules.age, 1, 1},
		{"for girls to a man", man, "Набор для девочек", Rules.age, 1, 1},
		{"for all ages", man, "Игра для детей и взрослых", Rules.age, 0, 0},
		{"baby's where one is due", Person{Age: aged(30), Occasion: "baby_shower"}, "Плед для новорождённых", Rules.age, 0, 0},
		{"age not known", Person{}, "Плед для новорождённых", Rules.age, 1, 1},
		{"child's to whom age is not known of", Person{Relation: "friend"}, "Детский плед", Rules.age, 0.4, 0.4},
		{"child's to a boss", Person{Relation: "boss"}, "Детский плед", Rules.age, 1, 1},
		{"child's to a wife", Person{Relation: "wife"}, "Kids' dinosaur blanket", Rules.age, 1, 1},
		{"child's to a grandmother", Person{Relation: "Grandmother"}, "Детский плед", Rules.age, 1, 1},
		{"baby's to a son of any age", Person{Relation: "son"}, "Плед для новорождённых", Rules.age, 0.4, 0.4},
		{"child's to a daughter of any age", Person{Relation: "daughter"}, "Детский плед", Rules.age, 0, 0},
		{"baby's where one is due, age not known", Person{Occasion: "baby_shower"}, "Плед для новорождённых", Rules.age, 0, 0},
		{"too old for it", Person{Age: aged(9)}, "Платье, 2-5 лет", Rules.age, 1, 1},
		{"just right", Person{Age: aged(9)}, "Настольная игра, 8+", Rules.age, 0, 0},
		{"a little young for it", Person{Age: aged(7)}, "Настольная игра, 8+", Rules.age, 0.6, 0.6},
		{"women's to a child", Person{Age: aged(6), Gender: "female"}, "Женские сапоги", Rules.age, 1, 1},
		{"child's to a child", Person{Age: aged(6)}, "Детский рюкзак для мальчиков", Rules.age, 0, 0},
		{"romance to a colleague", Person{Age: aged(30), Relation: "colleague"}, "Кулон «Люблю тебя»", Rules.relation, 1, 1},
		{"romance to a friend", Person{Age: aged(30), Relation: "friend"}, "Кулон «Люблю тебя»", Rules.relation, 0.6, 0.6},
		{"romance to a partner", Person{Age: aged(30), Relation: "partner"}, "Кулон «Люблю тебя»", Rules.relation, 0, 0},
		{"romance allowed", Person{Constraints: []string{"romantic_ok"}}, "Парные браслеты", Rules.relation, 0, 0},
		{"risky topic", Person{Constraints: []string{"avoid_very_personal"}}, "Духи", Rules.risk, 1, 1},
		{"risky but wanted", Person{Constraints: []string{"avoid_very_personal"}, Interests: []string{"perfume"}}, "Духи", Rules.risk, 0, 0},
		{"a toy for a boss", Person{Age: aged(48), Relation: "boss"}, "Аниме фигурка на стол", Rules.age, 0.8, 0.8},
		{"a toy where jokes are unwelcome", Person{Age: aged(48), Constraints: []string{"no_funny"}}, "Плюшевый мишка", Rules.age, 0.8, 0.8},
		{"a boss who loves it", Person{Age: aged(48), Relation: "boss", Interests: []string{"anime"}}, "Аниме фигурка на стол", Rules.age, 0, 0},
		{"a toy for a friend", Person{Age: aged(48), Relation: "friend"}, "Аниме фигурка на стол", Rules.age, 0, 0},
		{"glasses without whisky", Person{Constraints: []string{"no_alcohol"}}, "Набор для виски: камни и бокалы", Rules.risk, 1, 1},
		{"a rack without wine", Person{Constraints: []string{"no_alcohol"}}, "Настольная винная стойка", Rules.risk, 1, 1},
		{"glasses without wine", Person{Constraints: []string{"no_alcohol"}}, "Бокалы для вина", Rules.risk, 1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.rule(NewRules(tt.person), read(tt.title, "", ""))
			if got.degree < tt.least || got.degree > tt.most {
				t.Errorf("%q: %.2f (%s), want %.2f to %.2f", tt.title, got.degree, got.reason, tt.least, tt.most)
			}
			if got.degree > 0 && got.reason == "" {
				t.Error("no reason")
			}
		})
	}
}

func TestSmallChildrenGetWhatChildrenGet(t *testing.T) {
	for _, tt := range []struct {
		title, description, category string
		misfit                       bool
	}{
		{"Визитница из гладкой кожи с гравировкой", "", "Аксессуары", true},
		{"Деревянная магнитная ваза для пробирок", "", "Все для дома и сада", true},
		{"Колесо рюкзака для роликовой камеры", "", "Аксессуары", true},
		{"Gooseneck pour-over kettle", "A thermometer in the lid.", "Coffee", true},
		{"Плюшевый заяц", "", "", false},
		{"Рюкзак", "Для школьников от шести лет", "", false},
		{"Пижама", "", "Детские товары", false},
		{"Wooden train set", "", "", false},
		{"Water bottle", "For kids who run.", "", false},
	} {
		text := read(tt.title, tt.description, tt.category)
		if got := text.notForChildren(6); (got.degree >= DefaultPolicy().Misfit) != tt.misfit {
			t.Errorf("%q for a child of six: %+v", tt.title, got)
		}
		if got := text.notForChildren(10); got.degree != 0 {
			t.Errorf("%q at ten: %+v", tt.title, got)
		}
	}
	mat := read("Коврик для йоги из пробки и каучука", "", "")
	if one, six := mat.notForChildren(1), mat.notForChildren(6); one.degree < DefaultPolicy().Misfit || six.degree > 0 {
		t.Errorf("a yoga mat at one: %+v, at six: %+v", one, six)
	}
}
