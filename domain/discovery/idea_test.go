package discovery

import (
	"strings"
	"testing"
)

func TestIdeaValidate(t *testing.T) {
	good := Idea{Title: "A pour-over set", Description: "Coffee without hurry.", Reasoning: "A ritual.", Gap: GapAnchor, Track: "coffee", Queries: []string{"dripper", "kettle", "filters"}}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for blamed, spoil := range map[string]func(*Idea){
		"title":          func(i *Idea) { i.Title = " " },
		"description":    func(i *Idea) { i.Description = strings.Repeat("a", maxIdeaText+1) },
		"reasoning":      func(i *Idea) { i.Reasoning = "" },
		"gap":            func(i *Idea) { i.Gap = "the_void" },
		"track":          func(i *Idea) { i.Track = "" },
		"search_queries": func(i *Idea) { i.Queries = []string{"dripper", "kettle"} },
	} {
		idea := good
		spoil(&idea)
		if err := idea.Validate(); err == nil || fields(t, err)[0] != blamed {
			t.Errorf("%s: %v", blamed, err)
		}
	}
	for name, queries := range map[string][]string{
		"six":   {"a", "b", "c", "d", "e", "f"},
		"twice": {"kettle", "Kettle!", "dripper"},
		"empty": {"kettle", "dripper", ""},
	} {
		idea := good
		idea.Queries = queries
		if err := idea.Validate(); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestStems(t *testing.T) {
	never := Stems{"18+", "эрот", "erotic", "казино", "Табак", "vape", "кальян", "жёсткий"}
	for _, text := range []string{"для взрослых 18+", "18 +", "Эротика", "erotic game", "набор для казино", "Табак", "vape pen", "Кальян", "жесткий"} {
		if !never.In(text) {
			t.Errorf("%q passes", text)
		}
	}
	for _, text := range []string{"", "модель 1:18", "book for 18 year olds", "casual shirt", "evaporator", "портабак"} {
		if never.In(text) {
			t.Errorf("%q is stopped", text)
		}
	}
}

func TestFoldTitle(t *testing.T) {
	if a, b := FoldTitle("«Ёлка» — игра!"), FoldTitle("елка игра"); a != b {
		t.Errorf("%q and %q differ", a, b)
	}
}
