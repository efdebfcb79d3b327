package recommend

import (
	"slices"
	"testing"
)

func TestShopsAreAskedForInterestsInTurn(t *testing.T) {
	t.Parallel()
	got := InterestSearches([]string{"chess", "мои ёжики", "tools"}, Russian)
	want := []string{"шахматы", "мои ёжики", "набор инструментов", "нарды", "мультитул", "шашки", "набор отвёрток"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, i := range knowledge().interests {
		if i.searches.ru == "" || i.searches.en == "" {
			t.Errorf("nothing to ask a shop for on behalf of %s", i.key)
		}
	}
}

// What most people would not unwrap is a gift for whoever loves such things.
func TestLovedKindsAreNotHeldAgainstAGift(t *testing.T) {
	t.Parallel()
	drill := Candidate{Title: "Беспроводной шуруповерт 18В"}
	anybody := newProduct(&drill, NewRules(Person{}))
	maker := newProduct(&drill, NewRules(Person{Interests: []string{"tools"}}))
	if anybody.giftability >= 0.5 || maker.giftability <= 0.5 {
		t.Errorf("giftability %.2f, for a maker %.2f", anybody.giftability, maker.giftability)
	}
	part := Candidate{Title: "Насадка для шуруповерта, запчасть"}
	if p := newProduct(&part, NewRules(Person{Interests: []string{"tools"}})); p.giftability >= NotAGift {
		t.Errorf("a spare part of %.2f", p.giftability)
	}
}

// Part of a name is no word.
func TestNamesAreNotReadAsWords(t *testing.T) {
	t.Parallel()
	l := vocabulary()
	for title, want := range map[string]bool{"Chocolates in a tin": true, "Свитер ChocolateZhan мужской": false, "CHOCOLATE BAR": true} {
		if _, is := read(title, "", "").about(l.ids["sweets"]); is != want {
			t.Errorf("%q is about sweets: %t", title, is)
		}
	}
}

// Who asks for a kind of thing is told less by what only looks like it.
func TestThingsTellMoreThanTheirLooks(t *testing.T) {
	t.Parallel()
	got := covered("настольная лампа беспроводная",
		Candidate{GiftID: "lamp", Title: "Лампа с абажуром"}, Candidate{GiftID: "phone", Title: "Телефон настольный"},
		Candidate{GiftID: "clock", Title: "Часы настольные"})
	if got["lamp"] <= 2*got["phone"] || got["phone"] != got["clock"] || got["phone"] == 0 {
		t.Errorf("got %v", got)
	}
}
