package recommend

import (
	"slices"
	"testing"
)

// priced is a gift of that title, near what was asked.
func priced(title string, price int64) Candidate {
	c := gift(title, 0.8) // known by its title
	c.Title, c.Price = title, rub(price)
	return c
}

func TestTrinketsStayOff(t *testing.T) {
	t.Parallel()
	fine, trinket := priced("Ваза из керамики", 6000), priced("Бумажный зонтик", 90)
	for _, tt := range []struct {
		name     string
		found    []Candidate
		trinkets bool // are offered
	}{
		{"beside what costs more", []Candidate{fine, priced("Плед", 3000), trinket}, false},
		{"in a shop of trinkets", []Candidate{trinket, priced("Открытка", 80), priced("Закладка", 70)}, true},
	} {
		lists := []List{{"подарок", tt.found}}
		served := Serve(Inquiry{Policy: cold(), Budget: budgetOf(10000)}, lists)
		if got := slices.Contains(itemIDs(served), trinket.GiftID); got != tt.trinkets {
			t.Errorf("%s: on the page %v", tt.name, itemIDs(served))
		}
		if !tt.trinkets && scoredOf(t, served, trinket.GiftID).Dropped != DroppedTrinket {
			t.Errorf("%s: %+v", tt.name, scoredOf(t, served, trinket.GiftID))
		}
		if got := idsOf(Preview(Request{Budget: budgetOf(10000)}, lists)); slices.Contains(got, trinket.GiftID) != tt.trinkets {
			t.Errorf("%s: under the idea %v", tt.name, got)
		}
	}
}

func TestGiftsForAnotherOccasionStayOff(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		title, occasion, query string
		offered                bool
	}{
		{"Рождественский плюшевый мишка", "birthday", "плюшевый мишка", false},
		{"Рождественский плюшевый мишка", "new_year", "плюшевый мишка", true},
		{"Рождественский плюшевый мишка", "birthday", "рождественский мишка", true}, // it was asked for
		{"Рождественский плюшевый мишка", "", "плюшевый мишка", true},               // it may be Christmas
		{"Плюшевый мишка на день рождения, Рождество", "wedding", "плюшевый мишка", true},
		{"Christmas mug with reindeer", "graduation", "mug", false},
	} {
		lists := []List{{tt.query, []Candidate{priced(tt.title, 900)}}}
		person := Person{Occasion: tt.occasion}
		served := Serve(Inquiry{Policy: cold(), Person: person}, lists)
		if got := len(served.Items) == 1; got != tt.offered {
			t.Errorf("%s for %q, asked for %q: %+v", tt.title, tt.occasion, tt.query, served.Candidates)
		}
		if !tt.offered && served.Candidates[0].Dropped != DroppedOccasion {
			t.Errorf("%s: %+v", tt.title, served.Candidates[0])
		}
		if got := len(Preview(Request{Person: person}, lists)) == 1; got != tt.offered {
			t.Errorf("%s for %q under the idea %q: %v", tt.title, tt.occasion, tt.query, got)
		}
	}
}

func TestWhatIsLovedNeedBeLessNear(t *testing.T) {
	t.Parallel()
	near, teapot, lamp := priced("Плед крупной вязки", 3000), priced("Чайник глиняный", 3000), priced("Лампа настольная", 3000)
	teapot.Similarity, lamp.Similarity = 0.45, 0.45
	served := Serve(Inquiry{Policy: cold(), Person: Person{Interests: []string{"tea"}}}, []List{{"для уютных вечеров", []Candidate{near, teapot, lamp}}})
	if got := itemIDs(served); len(got) != 2 || !slices.Contains(got, teapot.GiftID) || scoredOf(t, served, lamp.GiftID).Dropped != DroppedIrrelevant {
		t.Errorf("%v: %+v", got, served.Candidates)
	}
}
