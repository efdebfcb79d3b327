package recommend

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestAkin(t *testing.T) {
	for _, pair := range [][2]string{{"рыболовн", "рыболов"}, {"кофемолк", "кофемолк"}, {"watercolour", "watercolours"}} {
		if !akin(pair[0], pair[1]) || !akin(pair[1], pair[0]) {
			t.Errorf("%q and %q are not akin", pair[0], pair[1])
		}
	}
	for _, pair := range [][2]string{{"рыбак", "рыбалк"}, {"кот", "котл"}, {"фото", "фотоальбом"}, {"", "a"}} {
		if akin(pair[0], pair[1]) || akin(pair[1], pair[0]) {
			t.Errorf("%q and %q are akin", pair[0], pair[1])
		}
	}
}

func TestAsksLeavesOutWhatHalfAShopSays(t *testing.T) {
	if got := asks("подарочный набор приманок для рыбалки"); !slices.Equal(got, []string{"приманок", "рыбалк"}) {
		t.Errorf("got %v", got)
	}
	if got := asks("gift set"); len(got) == 0 {
		t.Error("a query of nothing else asks nothing")
	}
}

// covered is the coverage of each gift for a query, among all of them.
func covered(query string, list ...Candidate) map[string]float64 {
	var entries []*entry
	for i := range list {
		entries = append(entries, &entry{Candidate: &list[i]})
	}
	cover([]List{{Query: query}}, [][]*entry{entries})
	got := map[string]float64{}
	for _, e := range entries {
		got[e.GiftID] = e.coverage
	}
	return got
}

func TestRareWordsTellMore(t *testing.T) {
	mug := func(id, title, description string) Candidate {
		return Candidate{GiftID: id, Title: title, Description: description}
	}
	got := covered("кружка с котом",
		mug("cat", "Кружки керамические с котами", ""), mug("told", "Кружка белая", "На ней нарисован кот"),
		mug("dog", "Кружка с собакой", ""), mug("sea", "Кружка с морем", ""), mug("plate", "Тарелка", ""))
	if got["cat"] != 1 || got["told"] >= 1 || got["told"] <= 0.5 || got["dog"] >= 0.5 || got["dog"] != got["sea"] || got["plate"] != 0 {
		t.Errorf("got %v", got)
	}
	if got := covered("!!!", mug("a", "Кружка", "")); got["a"] != 0 {
		t.Errorf("a query without words is covered: %v", got)
	}
}

func TestCoverageIsAShare(t *testing.T) {
	text := rapid.StringMatching(`([а-яa-z]{1,6} ?){0,6}`)
	rapid.Check(t, func(t *rapid.T) {
		var list []Candidate
		for i := range rapid.IntRange(1, 6).Draw(t, "gifts") {
			list = append(list, Candidate{GiftID: string(rune('a' + i)), Title: text.Draw(t, "title"), Description: text.Draw(t, "description")})
		}
		query := text.Draw(t, "query")
		list[0].Title = query
		got := covered(query, list...)
		for id, share := range got {
			if !(share >= 0 && share <= 1+1e-12) {
				t.Fatalf("%s: %v", id, share)
			}
		}
		if len(asks(query)) > 0 && got["a"] < 1-1e-12 {
			t.Fatalf("the query itself covers %v", got["a"])
		}
	})
}
