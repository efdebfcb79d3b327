package recommend

import (
	"strings"
	"testing"
)

func aged(years int) *int { return &years }

func TestVetoesByConstraint(t *testing.T) {
	tests := []struct {
		tag     string
		vetoed  []string
		allowed []string
	}{
		{"kids_safe",
			[]string{"Нож складной туристический", "Ножницы портновские", "Свеча ароматическая", "Ручная дрель", "Kitchen knife set", "Коньяк выдержанный"},
			[]string{"Плюшевый заяц", "Игрушечный набор ножей и овощей на липучках", "Wooden blocks", "Игрушечная дрель, детская"}},
		{"no_small_parts",
			[]string{"Набор бисера 24 цвета", "Магнитные шарики неокуб", "Алмазная мозаика «Сова»", "Кукла с мелкими деталями", "Water beads for kids",
				"Строительные блоки MOC-131436 гоночный автомобиль", "Фигурки-сюрпризы в слепой коробке", "Дорожные магнитные шахматы", "Wooden building set, 100 pieces"},
			[]string{"Мягкий мяч", "Магнитный конструктор из крупных плиток", "Magnetic tiles for toddlers", "Мягкий конструктор из больших кубов", "Деревянная пирамидка без мелких деталей", "Крупные детали: конструктор для малышей", "Plush dog, no small parts"}},
		{"no_sharp_objects",
			[]string{"Дартс классический", "Набор кухонных ножей", "Топор походный", "Pocket knife", "Набор для сыра с ножом"},
			[]string{"Магнитный дартс детский", "Стол на деревянных ножках", "Ролики на четырёх колёсах"}},
		{"no_batteries_required",
			[]string{"Радиоуправляемая машина", "Ночник-проектор", "Кукла интерактивная, говорящая", "Кроссовки со светодиодной подсветкой", "Bluetooth speaker", "Remote control car"},
			[]string{"Деревянный конструктор", "Игра не требует батареек", "Puzzle, no batteries needed", "Плюшевый кот"}},
		{"office_safe",
			[]string{"Кружевное нижнее бельё", "Кружка с матерной надписью", "Игрушечный пистолет", "Funny fuck mug"},
			[]string{"Кружка «Босс»", "Ежедневник в коже", "Desk organizer, oak"}},
		{"family_safe",
			[]string{"Эротическая игра для пары", "Чулки в сетку", "Пневматический пистолет"},
			[]string{"Настольная игра для всей семьи", "Плед с оленями"}},
		{"no_alcohol",
			[]string{"Вино красное сухое", "Подарочный набор с виски", "Пиво крафтовое, 6 бутылок", "Single malt whisky", "Корзина с шампанским и фруктами"},
			[]string{"Бокалы для вина, 2 шт.", "Штопор деревянный", "Кружка", "Безалкогольный глинтвейн", "Wine rack, walnut", "Камни для виски"}},
		{"no_intimate",
			[]string{"Комплект женского белья", "Чулки", "Lace lingerie set", "Дезодорант"},
			[]string{"Комплект постельного белья", "Шарф шёлковый"}},
		{"no_adult_18plus",
			[]string{"Карточная игра 18+", "Плакат эротический", "Stripper pole poster"},
			[]string{"Карточная игра 12+", "Комикс про кота"}},
		{"no_medical",
			[]string{"Тонометр на плечо", "Витамины для иммунитета", "Ортопедическая подушка", "Массажёр для шеи", "Очки для чтения +2", "Reading glasses", "Blood pressure monitor"},
			[]string{"Лупа для марок", "Книга о врачах", "Игрушечный набор доктора"}},
		{"hypoallergenic",
			[]string{"Свитер из шерсти", "Пуховая подушка", "Духи", "Подушка с гусиным пухом", "Wool blanket"},
			[]string{"Плюшевый мишка гипоаллергенный", "Плед из хлопка", "Шуба из искусственного меха", "Hypoallergenic wool-free pillow"}},
		{"no_strong_smell",
			[]string{"Ароматическая свеча", "Духи женские", "Благовония сандал", "Reed diffuser", "Мыло с ароматом лаванды и эфирными маслами"},
			[]string{"Свеча без запаха", "Плюшевый кот", "Кофейная кружка"}},
		{"no_weapon_like",
			[]string{"Бластер с мягкими пулями", "Деревянный меч", "Модель танка", "Складной нож", "Nerf blaster", "Toy gun", "Катана сувенирная"},
			[]string{"Ароматическая мечта", "Катание на пони: открытка", "Клеевой пистолет"}},
		{"avoid_complex_gadgets",
			[]string{"Умные часы", "Дрон с камерой", "Bluetooth-колонка", "Игровая приставка", "Smart watch", "Лампа с управлением через приложение"},
			[]string{"Книга по истории", "Шахматы", "Настольная лампа"}},
		{"no_funny",
			[]string{"Кружка-прикол", "Смешные носки", "Funny apron", "Диплом шуточный"},
			[]string{"Ручка перьевая", "Leather wallet"}},
		{"avoid_very_personal",
			[]string{"Нижнее бельё", "Бритвенный станок", "Крем от морщин", "Toothbrush set"},
			[]string{"Духи", "Пижама", "Кофе в зёрнах"}},
		{"no_very_personal",
			[]string{"Духи", "Пижама", "Кольцо серебряное", "Lipstick set"},
			[]string{"Ежедневник", "Кофе в зёрнах", "Галстук"}},
		{"gender_neutral",
			[]string{"Женская сумка", "Кружка для мужчин", "Рюкзак для девочек", "Gift for her", "Men's wallet"},
			[]string{"Рюкзак", "Худи для мужчин и женщин", "Свитшот унисекс", "Для мальчиков и девочек: набор красок"}},
		{"no_romantic",
			[]string{"Кулон «Люблю тебя»", "Парные браслеты", "Heart shaped mug", "Чулки"},
			[]string{"Кружка", "Набор для барбекю"}},
		{"no_food",
			[]string{"Набор чая и мёда", "Tea and honey set", "Бельгийский шоколад", "Кофе в зёрнах", "Вино красное сухое"},
			[]string{"Кружка", "Разделочная доска", "Plush dog"}},
		{"no_sweets",
			[]string{"Набор конфет", "Chocolate box", "Tea and honey set"},
			[]string{"Чай улун", "Кофе в зёрнах", "Кружка"}},
		{"vegan",
			[]string{"Кожаный кошелёк", "Ремень из натуральной кожи", "Шарф из мериносовой шерсти", "Набор мёда", "Wool scarf", "Leather wallet", "Cheese gift box", "Шёлковый платок"},
			[]string{"Чай улун", "Кружка", "Шарф из хлопка", "Рюкзак из экокожи", "Vegan leather wallet", "Бумажник из искусственной кожи", "Ягодный джем"}},
		{"no_noise",
			[]string{"Барабан детский", "Ukulele for beginners", "Караоке-микрофон"},
			[]string{"Плюшевый заяц", "Пазл 500 деталей"}},
		{"no_mess",
			[]string{"Акварельные краски", "Paint set for kids"},
			[]string{"Плюшевый заяц", "Пазл 500 деталей"}},
		{"romantic_ok", nil, []string{"Кулон «Люблю тебя»"}},
	}
	covered := map[string]bool{}
	for _, tt := range tests {
		covered[tt.tag] = true
		rules := NewRules(Person{Constraints: []string{tt.tag}})
		for _, title := range tt.vetoed {
			if _, vetoed := rules.Vetoed(title, "", ""); !vetoed {
				t.Errorf("%s allows %q", tt.tag, title)
			}
		}
		for _, title := range tt.allowed {
			if reason, vetoed := rules.Vetoed(title, "", ""); vetoed {
				t.Errorf("%s forbids %q: %s", tt.tag, title, reason)
			}
		}
	}
	for _, tag := range Constraints() {
		if !covered[tag] {
			t.Errorf("no case for constraint %s", tag)
		}
	}
}

func TestNobodyIsOffered(t *testing.T) {
	for _, person := range []Person{{}, {Age: aged(5)}, {Age: aged(40), Constraints: []string{"romantic_ok"}, Relation: "partner"}} {
		rules := NewRules(person)
		for _, title := range []string{"Вибратор", "Секс-игрушка для пары", "Электронная сигарета", "Кальян", "Сигары кубинские", "Пневматический пистолет",
			"Нож охотничий", "Перцовый баллончик", "Электрошокер", "CBD oil", "Vape kit", "Cigar humidor", "Tactical knife", "Сексуальная кукла для взрослых 18+, секс-игрушка",
			"Сексуальная аниме-фигурка девушки, 20 см", "Sexy anime figure"} {
			if _, vetoed := rules.Vetoed(title, "", ""); !vetoed {
				t.Errorf("%+v is offered %q", person, title)
			}
		}
		if _, vetoed := rules.Vetoed("Набор №7", "", "Товары для взрослых"); !vetoed {
			t.Error("the category alone does not forbid adult goods")
		}
	}
}

func TestForbiddenWordsInHarmlessGoods(t *testing.T) {
	rules := NewRules(Person{Age: aged(30)})
	for _, title := range []string{"Энциклопедия оружия", "Парфюмерная вода «Табак и ваниль»", "Книга «Секс в большом городе»", "Футболка Top Gun",
		"Конструктор «Винтовка», 400 деталей", "Брелок «Винтовка»", "Свеча с нотами табака", "Игрушечная винтовка", "Фигурка солдата с ружьём", "Кружка «Бросить курить»"} {
		if reason, vetoed := rules.Vetoed(title, "", ""); vetoed {
			t.Errorf("%q is vetoed: %s", title, reason)
		}
	}
}

func TestVetoesByAge(t *testing.T) {
	tests := []struct {
		person Person
		title  string
		vetoed bool
	}{
		{Person{Age: aged(8)}, "Складной нож", true},
		{Person{Age: aged(8)}, "Вино красное", true},
		{Person{Age: aged(8)}, "Бокал для вина", true},
		{Person{Age: aged(8)}, "Зажигалка бензиновая", true},
		{Person{Age: aged(8)}, "Пазл 1000 элементов, 14+", true},
		{Person{Age: aged(8)}, "Настольная игра от 8 лет", false},
		{Person{Age: aged(2)}, "Набор бусин", true},
		{Person{Age: aged(16)}, "Пиво крафтовое", true},
		{Person{Age: aged(16)}, "Складной нож", false},
		{Person{Age: aged(30)}, "Вино красное", false},
		{Person{Age: aged(30)}, "Погремушка для новорожденных", true},
		{Person{Age: aged(30), Occasion: "baby_shower"}, "Погремушка для новорожденных", false},
		{Person{Age: aged(4), Occasion: "baby_shower"}, "Прорезыватель для зубов", true},
		{Person{Age: aged(1)}, "Прорезыватель для зубов", false},
		{Person{Age: aged(30), Interests: []string{"newborn"}}, "Комплект для новорождённых", false},
		{Person{Age: aged(1)}, "Погремушка для новорожденных", false},
		{Person{}, "Складной нож", false},
	}
	for _, tt := range tests {
		if reason, vetoed := NewRules(tt.person).Vetoed(tt.title, "", ""); vetoed != tt.vetoed {
			t.Errorf("age %v, %q: vetoed %v (%s)", tt.person.Age, tt.title, vetoed, reason)
		}
	}
}

func TestVetoSaysWhy(t *testing.T) {
	reason, _ := NewRules(Person{Constraints: []string{" NO_ALCOHOL "}}).Vetoed("Вино красное", "", "")
	for _, part := range []string{"no_alcohol", "alcohol", "вино"} {
		if !strings.Contains(strings.ToLower(reason), part) {
			t.Errorf("%q does not say %q", reason, part)
		}
	}
}

func TestDescriptionsCanVeto(t *testing.T) {
	rules := NewRules(Person{Constraints: []string{"no_batteries_required", "no_alcohol"}})
	if _, vetoed := rules.Vetoed("Плюшевый мишка", "Поёт песню, работает от батареек.", ""); !vetoed {
		t.Error("batteries in the description are not seen")
	}
	if reason, vetoed := rules.Vetoed("Сырная доска", "Прекрасно подойдёт к бокалу вина.", ""); vetoed {
		t.Errorf("wine in the description is not the product: %s", reason)
	}
}

func TestStatedAgesKeepOff(t *testing.T) {
	for _, tt := range []struct {
		age                int
		title, description string
		vetoed             bool
	}{
		{10, "Настольная игра для вечеринки 18+", "", true},
		{17, "Настольная игра для вечеринки 18+", "", true},
		{18, "Настольная игра для вечеринки 18+", "", false},
		{16, "Настольная игра для вечеринки", "Сто карточек. Возраст: 18+", true},
		{12, "Puzzle of 500 pieces, ages 6-9", "", false},
		{5, "Puzzle of 500 pieces, ages 8-12", "", true},
		{40, "Wooden puzzle for ages 2-4", "", true},
		{40, "Пирамидка для малышей", "", true},
		{2, "Пирамидка для малышей", "", false},
		{40, "Настольная игра 7+", "", false},
		{8, "Книга сказок 0+", "", false},
		{40, "Книга сказок 0+", "", false},
		{9, "Пазл на 118+ деталей", "", false},
		{40, "Frame for a race bib and running medal", "", false},
	} {
		if why, vetoed := NewRules(Person{Age: aged(tt.age)}).Vetoed(tt.title, tt.description, ""); vetoed != tt.vetoed {
			t.Errorf("%s at %d: %v %q", tt.title, tt.age, vetoed, why)
		}
	}
}

func TestBabyGoodsComeWhereTheIdeaAsksForThem(t *testing.T) {
	list := []Candidate{titled(gift("a", 0.8), "Погремушка деревянная для малышей")}
	q := Inquiry{Person: Person{Age: aged(30)}, Policy: cold()}
	if page := Serve(q, []List{{"погремушка для малыша", list}}); len(page.Items) != 1 {
		t.Errorf("asked for, and not offered: %+v", page.Candidates)
	}
	child := Inquiry{Person: Person{Age: aged(9)}, Policy: cold()}
	if page := Serve(child, []List{{"погремушка для малыша", list}}); len(page.Items) != 0 {
		t.Error("offered to a child of nine")
	}
	if page := Serve(q, []List{{"подарок подруге", list}}); len(page.Items) != 0 {
		t.Error("offered without having been asked for")
	}
}
