package discovery

import (
	"reflect"
	"strings"
	"testing"

	"gifty/domain"
)

func TestSegments(t *testing.T) {
	for age, want := range map[int]AgeSegment{
		0: Infant, 2: Infant, 3: Preschool, 6: Preschool, 7: SchoolAge, 12: SchoolAge, 13: Teen, 17: Teen,
		18: YoungAdult, 29: YoungAdult, 30: Adult, 49: Adult, 50: Mature, 130: Mature,
	} {
		if got := SegmentOf(age); got != want {
			t.Errorf("%d is %s, want %s", age, got, want)
		}
	}
}

func TestRelations(t *testing.T) {
	tests := []struct {
		word, description string
		age               int
		relation          Relation
		person            string
	}{
		{"family", "", 40, RelationRelative, ""},
		{"Father", "", 52, RelationRelative, "father"},
		{"мама", "", 52, RelationRelative, "mother"},
		{"best friend", "", 30, RelationBestFriend, ""},
		{"Лучший друг", "", 30, RelationBestFriend, ""},
		{"boss", "", 48, RelationColleague, "boss"},
		{"partner", "", 30, RelationPartner, ""},
		{"wife", "", 30, RelationPartner, "wife"},
		{"son", "", 8, RelationChild, "son"},
		{"family", "Мама любит чай", 41, RelationRelative, "mother"},
		{"family", "Ребёнок, мама говорит, любит чай", 6, RelationRelative, ""},
		{"family", "Дедушка любит читать", 70, RelationRelative, "grandfather"},
		{"family", "Наша дочка рисует", 6, RelationChild, "daughter"},
		{"friend", "У него жена и дети", 30, RelationFriend, ""},
		{"", "Подарок руководителю", 48, RelationColleague, "boss"},
		{"", "", 48, RelationUnknown, ""},
		{"Кум", "", 48, RelationUnknown, "кум"},
	}
	for _, tt := range tests {
		b := Quiz{Age: &tt.age, Relationship: tt.word, Description: tt.description}.Brief()
		if b.Relation != tt.relation || b.Person != tt.person {
			t.Errorf("%q %q is %s %q, want %s %q", tt.word, tt.description, b.Relation, b.Person, tt.relation, tt.person)
		}
	}
}

func TestFinerWordsAreOfTheirRelation(t *testing.T) {
	for _, word := range People() {
		if r, person := relationOf(word, "", nil); r != RelationOf(word) || person != word || r == RelationUnknown {
			t.Errorf("%s is %s %q, and of %s", word, r, person, RelationOf(word))
		}
	}
	if r := RelationOf("enemy"); r != RelationUnknown {
		t.Errorf("an enemy is %s", r)
	}
}

func TestBriefIsNormal(t *testing.T) {
	budget, days := int64(60), 3
	got := Quiz{
		Gender: "Ж", Occasion: "День рождения", Vibe: Words{"Very Cozy", "very-cozy", " "},
		Interests:   Words{" coffee \x00", "Coffee", "настольные\tигры", "\u200b"},
		Description: "line\none\u202e", Goal: "win", Budget: &budget, Currency: "eur", DeadlineDays: &days,
		Constraints: Words{"no_very_personal", "avoid_alcohol", "no_18plus", "odd_tag", "no_alcohol"}, Language: "xx",
	}.Brief()
	want := Brief{
		Gender: Female, Relation: RelationUnknown, Occasion: "birthday", Vibes: []string{"very_cozy"},
		Interests: []string{"coffee", "настольные игры"}, Description: "line one", Effort: EffortLow, Mode: ModeThoughtful,
		Budget: &domain.Money{Amount: domain.WholeAmount(60), Currency: "EUR"}, DeadlineDays: &days,
		Constraints: []Constraint{NoVeryPersonal, NoAlcohol, NoAdult}, Language: Russian,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// Without a budget a currency is one of all prices, where it is named.
func TestABriefsCurrency(t *testing.T) {
	budget := int64(60)
	for _, tt := range []struct {
		quiz            Quiz
		alone, budgeted string
	}{{Quiz{}, "", ""}, {Quiz{Currency: "eur"}, "EUR", ""}, {Quiz{Budget: &budget, Currency: "eur"}, "", "EUR"}, {Quiz{Budget: &budget}, "", "RUB"}, {Quiz{BudgetRUB: &budget}, "", "RUB"}} {
		got, budgeted := tt.quiz.Brief(), ""
		if got.Budget != nil {
			budgeted = got.Budget.Currency
		}
		if got.Currency != tt.alone || budgeted != tt.budgeted {
			t.Errorf("%+v: %q, and a budget in %q", tt.quiz, got.Currency, budgeted)
		}
	}
}

func TestWanted(t *testing.T) {
	for _, tt := range []struct {
		brief Brief
		want  int
	}{{Brief{}, 6}, {Brief{Mode: ModeQuickFix}, 5}, {Brief{Mode: ModeDeepDive}, 8}, {Brief{Mode: ModeDeepDive, Count: 3}, 3}, {Brief{Count: 1000}, 20}, {Brief{Count: -1}, 6}} {
		if got := tt.brief.Wanted(); got != tt.want {
			t.Errorf("%+v wants %d, not %d", tt.brief, got, tt.want)
		}
	}
}

// A word that stands for two things would be read at random.
func TestWordsAreUnambiguous(t *testing.T) {
	forms := 0
	for _, p := range people() {
		forms += 1 + len(Tokens(p.forms))
	}
	if byForm := peopleByForm(); len(byForm) == 0 || len(byForm) > forms {
		t.Errorf("%d forms", len(byForm))
	}
	seen := map[string]string{}
	check := func(kind, key, words string) {
		for _, word := range append(Words{key}, strings.Fields(words)...) {
			if other, twice := seen[kind+word]; twice && other != key {
				t.Errorf("%s %q is %s and %s", kind, word, other, key)
			}
			seen[kind+word] = key
		}
	}
	for key, words := range occasions() {
		check("occasion", key, words)
	}
	for _, p := range people() {
		check("person", p.name, p.forms)
	}
	for key, words := range constraintWords() {
		check("constraint", string(key), words)
	}
}
