package recommend

import "testing"

// What is asked for by a kind of thing is not found on another shelf, whatever its words.
func TestShelves(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		query, title string
		elsewhere    bool
	}{
		{"кофейная пара фарфор", "Пиджак женский шерстяной кофейный", true},
		{"кофейная пара фарфор", "Кофейная чашка из тонкого фарфора", false},
		{"кофейная пара фарфор", "Кофейный набор на двоих", false},
		{"ручная кофемолка", "Ручной фонарик на батарейках", true},
		{"ароматический диффузор", "Твидовая куртка с лёгким ароматом", true},
		{"плед плюшевый", "Детские ботинки с плюшевой подкладкой", true},
		{"плед плюшевый", "Плюшевый плед с рукавами", false},
		{"столовые приборы матовые", "Матовые кольца из стали", true},
		{"набор для каллиграфии", "Матовые кольца из стали", false}, // nothing is known of what is asked for
		{"настольная лампа", "Штука для дома", false},               // nor of what it is
		{"беспроводные наушники", "Зимние вельветовые наушники, шапка с ушами", true},
		{"беспроводные наушники", "Беспроводные наушники с кейсом", false},
		{"серебряные серьги", "Шкатулка для серёг из ореха", true},
		{"настольные часы", "Часы настольные из дерева", false},
		{"coffee cup", "Wool jacket, coffee brown", false}, // in English an adjective looks like a noun
		{"flower pot", "Левитирующий горшок для бонсая", false},
		{"warm blanket", "Gold plated earrings", true},
		{"керамическая кружка", "Браслет для часов с бусинами, ювелирные изделия ручной работы", true}, // all it is named by stands later
	} {
		asked, stands := read(c.query, "", "").asksFor(), read(c.title, "", "").stands()
		if got := asked.elsewhere(stands); got != c.elsewhere {
			t.Errorf("%q for %q: elsewhere is %t: shelves %b and %b", c.title, c.query, got, asked, stands)
		}
	}
}
