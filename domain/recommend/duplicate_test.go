package recommend

import "testing"

func TestSameGoods(t *testing.T) {
	tests := []struct {
		a, b string
		same bool
	}{
		{"Кружка керамическая с котом 350 мл", "Керамическая кружка с котом, 350 мл", true},
		{"Кружка керамическая с котом 350 мл", "Кружки керамические с котами 350 мл", true},
		{"Беспроводные наушники Sonar X2 чёрные", "Беспроводные наушники Sonar X2, чёрные, с кейсом и кабелем", true},
		{"Кружка", "Кружка", true},
		{"Кружка", "Кружка с котом", false},
		{"Плед серый", "Плед вязаный серый в клетку", false},
		{"Пазл 500 элементов «Маяк»", "Пазл 1000 элементов «Замок»", false},
		{"Wooden train set 80 pieces", "Wooden train sets, 80 pieces", true},
		{"Трафареты Moban для рисования 29*21 см", "Трафареты для рисования Moban 29x21 см", true},
		{"Плед 150х200", "Плед 150 x 200", true},
		{"Настольная лампа", "Ночник", false},
		{"", "", false},
		{"!!!", "???", false},
	}
	for _, tt := range tests {
		a, b := wordsOf(tokenize(tt.a)), wordsOf(tokenize(tt.b))
		if a.same(b) != tt.same || b.same(a) != tt.same {
			t.Errorf("%q and %q: %v, want %v", tt.a, tt.b, a.same(b), tt.same)
		}
	}
}
