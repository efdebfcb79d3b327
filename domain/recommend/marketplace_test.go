package recommend

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// product line of a marketplace's list that may stand beside the repository.
type listed struct{ ID, Title, Category string }

// marketplace reads the list, looking for it upwards from the working directory.
func marketplace(t *testing.T) []listed {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		f, err := os.Open(filepath.Join(dir, "shared", "data", "products-ru.jsonl"))
		if err == nil {
			defer f.Close()
			return readListed(t, f)
		}
		if dir == filepath.Dir(dir) {
			t.Skip("no list of a marketplace's products beside the repository")
		}
		dir = filepath.Dir(dir)
	}
}

func readListed(t *testing.T, f *os.File) []listed {
	var products []listed
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var p listed
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		products = append(products, p)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return products
}

// What share of a real, noisy catalogue is no gift, by category. The bounds are wide: they catch a
// table that broke, not a word that moved.
func TestGiftabilityOfAMarketplace(t *testing.T) {
	below, all := map[string]float64{}, map[string]float64{}
	for _, p := range marketplace(t) {
		score, _ := Giftability(p.Title, "", p.Category)
		all[p.Category]++
		if score < NotAGift {
			below[p.Category]++
		}
	}
	for category, bounds := range map[string][2]float64{
		"Авто и мототовары": {0.90, 1}, "Электроника": {0.65, 0.9}, "Бытовая техника": {0.7, 0.95}, "Красота и здоровье": {0.7, 1},
		"Все для дома и сада": {0.4, 0.65}, "Спецодежда и СИЗы": {0.25, 0.6}, "Спортивные товары": {0.3, 0.6}, "Детские товары": {0.1, 0.35},
		"Ювелирные изделия": {0.03, 0.25}, "Книги и канцелярия": {0, 0.4}, "Одежда": {0, 0.15}, "Аксессуары": {0, 0.1}, "Обувь": {0, 0.1},
	} {
		share := below[category] / all[category]
		t.Logf("%s: %.2f of %.0f", category, share, all[category])
		if !(share >= bounds[0] && share <= bounds[1]) {
			t.Errorf("%s: %.2f below %.1f, want %.2f to %.2f", category, share, NotAGift, bounds[0], bounds[1])
		}
	}
}

func TestAdultGoodsOfAMarketplace(t *testing.T) {
	everyone := NewRules(Person{})
	found := 0
	for _, p := range marketplace(t) {
		title := strings.ToLower(p.Title)
		for _, word := range []string{"мастурбатор", "фаллоимитатор", "вибратор", "секс-"} {
			if !strings.Contains(title, word) {
				continue
			}
			found++
			if score, _ := Giftability(p.Title, "", p.Category); score > 0.06 {
				t.Errorf("%.2f for %q", score, p.Title)
			}
			if _, vetoed := everyone.Vetoed(p.Title, "", p.Category); !vetoed {
				t.Errorf("not vetoed: %q", p.Title)
			}
		}
	}
	if found == 0 {
		t.Error("found no adult goods to test")
	}
}
