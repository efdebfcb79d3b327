package themes

import (
	"math"
	"slices"
	"testing"

	"gifty/http/client/embed/words"
)

func built(t *testing.T) *Themes {
	t.Helper()
	all, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func of(text string, all *Themes) map[string]float64 {
	weights := map[string]float64{}
	found, _ := all.Find(words.Split(text))
	for _, theme := range found {
		weights[theme.Name] = theme.Weight
	}
	return weights
}

func TestPeopleMeetTheirThings(t *testing.T) {
	all := built(t)
	for person, thing := range map[string]string{
		"he watches the stars":         "Telescope with a tripod",
		"an angler":                    "Carbon rod and reel",
		"somebody who never sleeps":    "Weighted blanket",
		"takes a packed lunch to work": "Lunch box of steel",
		"going camping in the forest":  "Sleeping bag",
		"she has just become a mother": "",
	} {
		shared := 0
		for theme := range of(person, all) {
			if of(thing, all)[theme] > 0 {
				shared++
			}
		}
		if (shared > 0) != (thing != "") {
			t.Errorf("%q and %q share %d themes: %v, %v", person, thing, shared, of(person, all), of(thing, all))
		}
	}
}

func TestAWordOfManyThemesSaysLittleOfEach(t *testing.T) {
	all := &Themes{of: map[string][]int{}}
	if err := all.read("test", "winter\tski, snow\nalpine\tski, mountain hut"); err != nil {
		t.Fatal(err)
	}
	if got := of("a ski", all); math.Abs(got["winter"]-math.Sqrt(0.5)) > 1e-9 || got["winter"] != got["alpine"] {
		t.Error("one word of two themes:", got)
	}
	if got := of("mountain huts in the snow", all); got["alpine"] != 1 || got["winter"] != 1 {
		t.Error("a phrase in another form, and a word of one theme:", got)
	}
	if got := of("a mountain", all); len(got) != 0 {
		t.Error("half a phrase is none:", got)
	}
}

func TestListsThatCannotBeReadAreRefused(t *testing.T) {
	for _, list := range []string{"no tab", "\tno name", "name\tword, , word", "name\t…"} {
		if err := (&Themes{of: map[string][]int{}}).read("test", list); err == nil {
			t.Errorf("%q was read", list)
		}
	}
}

func TestThemesAreNamedOnce(t *testing.T) {
	names := slices.Clone(built(t).names)
	slices.Sort(names)
	if len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Error("a theme stands twice:", names)
	}
}
