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
	if got := asks("подарочный набор приманок для рыбалки 3 в 1").words; !slices.Equal(got, []string{"приманок", "рыбалк"}) {
		t.Errorf("got %v", got)
	}
	if got := asks("gift set").words; len(got) == 0 {
		t.Error("a query of nothing else asks nothing")
	}
}

// covered is the coverage of each gift for a query, among all of them.
func covered(query string, list ...Candidate) map[string]float64 {
	var entries []*entry
	for i := range list {
		made := newProduct(&list[i], Rules{})
		entries = append(entries, &entry{Candidate: &list[i], product: &made})
	}
	cover([]asking{{text: query}}, entries)
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
		if len(asks(query).words) > 0 && got["a"] < 1-1e-12 {
			t.Fatalf("the query itself covers %v", got["a"])
		}
	})
}

func TestServedPagesHoldNothingBesideTheirIdea(t *testing.T) {
	list := func(query string, similar float64, titles ...string) List {
		l := List{Query: query}
		for _, title := range titles {
			l.Candidates = append(l.Candidates, titled(gift(title, similar), title))
		}
		return l
	}
	policy := cold()
	policy.Floor = 0.58
	album := list("фотоальбом", 0.47, "Фотоальбом в льняной обложке", "Керамическая ваза")
	cup := list("кружка с котом", 0.6, "Кружка с котом и рыбкой", "Подушка с облаком", "Плед в клетку")
	for name, tt := range map[string]struct {
		policy Policy
		lists  []List
		want   []string
	}{
		"what names the query stays": {policy, []List{album}, []string{"Фотоальбом в льняной обложке"}},
		"an idea that is named well leaves the others their own": {
			cold(), []List{cup, list("тёплый вечер", 0.55, "Шерстяной шарф")}, []string{"Кружка с котом и рыбкой", "Шерстяной шарф"},
		},
		"nothing has a vector":   {policy, []List{list("фотоальбом", 0, "Фотоальбом в льняной обложке", "Керамическая ваза")}, []string{"Фотоальбом в льняной обложке"}},
		"nothing is near enough": {policy, []List{list("фотоальбом", 0.4, "Керамическая ваза")}, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := itemIDs(Serve(Inquiry{Policy: tt.policy}, tt.lists)); !slices.Equal(slices.Sorted(slices.Values(got)), tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestNamesFindsWhatIsAkin(t *testing.T) {
	word := rapid.StringMatching(`[абв]{0,7}`)
	rapid.Check(t, func(t *rapid.T) {
		text, stem := rapid.SliceOf(word).Draw(t, "text"), word.Draw(t, "stem")
		slices.Sort(text)
		if want := slices.ContainsFunc(text, func(other string) bool { return akin(other, stem) }); names(text, stem) != want {
			t.Fatalf("%q in %q: want %v", stem, text, want)
		}
	})
}
