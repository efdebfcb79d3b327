package builtin

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"gifty/domain"
	"gifty/domain/discovery"
)

var update = flag.Bool("update", false, "rewrite the golden file of ideas")

var builtinGenerator = sync.OnceValue(New)

func generate(t testing.TB, b discovery.Brief) []discovery.Idea {
	t.Helper()
	out, err := builtinGenerator().Generate(context.Background(), b)
	if err != nil {
		t.Fatal(err)
	}
	return out.Ideas
}

func brief(t testing.TB, quiz string) discovery.Brief {
	t.Helper()
	quizzes, err := discovery.ParseQuizzes([]byte(quiz))
	if err != nil {
		t.Fatal(err)
	}
	if err := quizzes[0].Validate(); err != nil {
		t.Fatal(err)
	}
	return quizzes[0].Brief()
}

func titles(ideas []discovery.Idea) []string {
	out := make([]string, len(ideas))
	for i, idea := range ideas {
		out[i] = idea.Title
	}
	return out
}

// The sample quizzes lie beside the repository on some machines, in a folder "shared".
func sampleQuizzes(t *testing.T) []discovery.Quiz {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		data, err := os.ReadFile(filepath.Join(dir, "shared", "data", "quizzes.json"))
		if err != nil {
			continue
		}
		quizzes, err := discovery.ParseQuizzes(data)
		if err != nil {
			t.Fatal(err)
		}
		return quizzes
	}
	t.Skip("no sample quizzes on this machine")
	return nil
}

func TestSampleQuizzesGetIdeas(t *testing.T) {
	for i, q := range sampleQuizzes(t) {
		for _, lang := range discovery.Languages() {
			q.Language = lang
			if err := q.Validate(); err != nil {
				t.Fatal(err)
			}
			b := q.Brief()
			ideas := generate(t, b)
			if len(ideas) < 5 {
				t.Errorf("quiz %d in %s: %d ideas", i+1, lang, len(ideas))
			}
			checkIdeas(t, b, ideas)
			gaps := map[discovery.Gap]bool{}
			for _, idea := range ideas {
				gaps[idea.Gap] = true
			}
			if len(gaps) < 3 {
				t.Errorf("quiz %d in %s: only %d kinds of gap", i+1, lang, len(gaps))
			}
		}
	}
}

func TestInterestsComeFirstAndInTurn(t *testing.T) {
	ideas := generate(t, brief(t, `{"recipient_age":52,"relationship":"father","interests":["fishing","bbq","chess"],"language":"en"}`))
	for i, want := range []string{"fishing", "barbecue", "chess", "for a father or grandfather", "fishing", "barbecue"} {
		if ideas[i].Track != want {
			t.Errorf("idea %d is about %q, want %q", i, ideas[i].Track, want)
		}
	}
}

func TestAnInterestIsUnderstoodHoweverItIsWritten(t *testing.T) {
	for want, words := range map[string][]string{
		"fishing":         {"fishing", "рыбалка", "на рыбалку", "Рыбалка зимой", "fly_fishing"},
		"board games":     {"board_games", "настольные игры", "Настолки", "card games"},
		"K-pop":           {"k-pop", "K-POP", "kpop", "кей-поп"},
		"building sets":   {"lego_like_building", "LEGO", "конструкторы"},
		"3D printing":     {"3d printing", "3D-печать", "3d_printing"},
		"climbing":        {"rock climbing", "скалолазание"},
		"wine culture":    {"wine_culture", "вино"},
		"science fiction": {"sci-fi", "science fiction", "научная фантастика"},
	} {
		for _, word := range words {
			b := discovery.Brief{Interests: []string{word}, Language: discovery.English, Relation: discovery.RelationFriend}
			if got := generate(t, b)[0].Track; got != want && !(want == "science fiction" && got == "science") {
				t.Errorf("%q is taken for %q, want %q", word, got, want)
			}
		}
	}
}

func TestAWordMayMeanAnotherThingAtAnotherAge(t *testing.T) {
	if got := generate(t, brief(t, `{"recipient_age":5,"interests":["cars"],"language":"en"}`))[0].Track; got != "toy cars" {
		t.Errorf("cars at five are %q", got)
	}
	if got := generate(t, brief(t, `{"recipient_age":45,"interests":["cars"],"language":"en"}`))[0].Track; got != "cars" {
		t.Errorf("cars at forty-five are %q", got)
	}
}

func TestDescriptionIsRead(t *testing.T) {
	tests := []struct{ quiz, has, hasNot string }{
		{`{"interests_description":"Любит гулять с собакой и печёт хлеб","recipient_age":30}`, "собаки", ""},
		{`{"interests_description":"Не любит футбол, зато обожает шахматы","recipient_age":30}`, "шахматы", "футбол"},
		{`{"interests_description":"Не может жить без музыки","recipient_age":30}`, "музыка", ""},
		{`{"interests_description":"Не только рыбалка","recipient_age":30}`, "рыбалка", ""},
		{`{"interests_description":"Дедушке. Без медицинских намёков и без сложных гаджетов","recipient_age":70}`, "", "гаджеты"},
		{`{"interests_description":"She loves hiking but not camping","recipient_age":30,"language":"en"}`, "hiking", "camping"},
		{`{"interests_description":"it should be useful, watch the budget","recipient_age":30,"language":"en"}`, "", "watches"},
	}
	for _, tt := range tests {
		var tracks []string
		for _, idea := range generate(t, brief(t, tt.quiz)) {
			tracks = append(tracks, idea.Track)
		}
		if tt.has != "" && !slices.Contains(tracks, tt.has) || slices.Contains(tracks, tt.hasNot) {
			t.Errorf("%s gives %q", tt.quiz, tracks)
		}
	}
}

func TestDescriptionForbids(t *testing.T) {
	k := known(t)
	for _, idea := range generate(t, brief(t, `{"recipient_age":35,"interests":["шоколад","кофе"],"session_mode":"deep_dive",
		"interests_description":"Не ест сладкого, аллергия на шерсть."}`)) {
		if c := k.byTitle[discovery.FoldTitle(idea.Title)]; overlaps(c.Tags, []hazard{sweets, allergen}) {
			t.Errorf("%q is offered", idea.Title)
		}
	}
}

func TestUnknownInterestsAreTakenAtTheirWord(t *testing.T) {
	ideas := generate(t, brief(t, `{"recipient_age":30,"interests":["beekeeping"],"language":"en"}`))
	if ideas[0].Track != "beekeeping" || !strings.Contains(strings.Join(ideas[0].Queries, "|"), "beekeeping") {
		t.Errorf("%+v", ideas[0])
	}
	long := generate(t, brief(t, `{"recipient_age":30,"interests":["he likes very much to repair old mechanical typewriters from the fifties in the evenings"],"language":"en"}`))
	for _, idea := range long {
		checkIdeas(t, discovery.Brief{Language: discovery.English}, []discovery.Idea{idea})
	}
}

func TestUnfitInterestsAreLeftOut(t *testing.T) {
	for _, quiz := range []string{
		`{"recipient_age":28,"interests":["casino","vape","erotica"]}`,
		`{"recipient_age":17,"interests":["whisky","wine"]}`,
		`{"recipient_age":7,"interests":["guns","knives"]}`,
		`{"recipient_age":30,"interests":["sword forging"],"constraints":["no_weapon_like"]}`,
		`{"recipient_age":30,"interests":["!!!","123"]}`,
	} {
		b := brief(t, quiz)
		ideas := generate(t, b)
		if len(ideas) < 5 {
			t.Errorf("%s: %d ideas", quiz, len(ideas))
		}
		for _, idea := range ideas {
			for _, word := range b.Interests {
				if idea.Track == word || strings.Contains(idea.Title, word) {
					t.Errorf("%s: %q", quiz, idea.Title)
				}
			}
		}
	}
}

func TestWithoutInterests(t *testing.T) {
	for age := 0; age <= discovery.MaxAge; age++ {
		for _, lang := range discovery.Languages() {
			b := discovery.Brief{Age: &age, Language: lang, Count: 8, Constraints: discovery.Constraints()}
			ideas := generate(t, b)
			if len(ideas) < 8 {
				t.Errorf("at %d with every constraint: %d ideas", age, len(ideas))
			}
			checkIdeas(t, b, ideas)
		}
	}
}

// Who is grown up gets things for the baby at a baby shower, and who is a child does not.
func TestABabyShowerIsForTheBaby(t *testing.T) {
	for quiz, first := range map[string]string{
		`{"occasion": "baby_shower", "relationship": "friend", "recipient_age": 30, "language": "en"}`: "for the little one",
		`{"occasion": "крестины", "relationship": "сестра"}`:                                           "малышу",
		`{"occasion": "birth", "recipient_age": 0, "language": "en"}`:                                  "for the little one",
	} {
		if ideas := generate(t, brief(t, quiz)); ideas[0].Track != first {
			t.Errorf("%s: first of all %q, %s", quiz, ideas[0].Track, ideas[0].Title)
		}
	}
	for _, idea := range generate(t, brief(t, `{"occasion": "baby_shower", "recipient_age": 9, "language": "en"}`)) {
		if idea.Track == "for the little one" {
			t.Errorf("to a child of nine: %s", idea.Title)
		}
	}
}

func TestBudget(t *testing.T) {
	k := known(t)
	b := brief(t, `{"recipient_age":30,"interests":["cooking","coffee","vinyl"],"budget":1500}`)
	for _, idea := range generate(t, b) {
		if c := k.byTitle[discovery.FoldTitle(idea.Title)]; c.RUB.from > 1650 {
			t.Errorf("%q costs %d at least", idea.Title, c.RUB.from)
		}
	}
	for _, poor := range []string{`{"budget":10}`, `{"budget":1,"currency":"EUR"}`, `{"budget":5,"currency":"ZWG"}`} {
		if n := len(generate(t, brief(t, poor))); n < 5 {
			t.Errorf("%s: %d ideas", poor, n)
		}
	}
	euros := &domain.Money{Amount: domain.WholeAmount(60), Currency: "EUR"}
	if got := budgetRUB(euros); got < 4000 || got > 8000 {
		t.Errorf("60 EUR is %d RUB", got)
	}
}

func TestLikedLeadsToItsNeighboursAndIsNotRepeated(t *testing.T) {
	b := brief(t, `{"recipient_age":30,"interests":["travel"],"language":"en"}`)
	b.Liked = []string{"A wooden chess set with weighty pieces"}
	ideas := generate(t, b)
	if ideas[0].Track != "chess" || slices.Contains(titles(ideas), b.Liked[0]) {
		t.Errorf("%q", titles(ideas))
	}
}

func TestNothingIsShownTwice(t *testing.T) {
	b := brief(t, `{"recipient_age":30,"relationship":"friend","interests":["travel","origami"],"interests_description":"любит кофе"}`)
	seen := map[string]bool{}
	for range 30 {
		ideas := generate(t, b)
		for _, title := range titles(ideas) {
			if seen[title] {
				t.Fatalf("%q again", title)
			}
			seen[title] = true
			b.Shown = append(b.Shown, title)
		}
	}
	if len(seen) < 30 || len(generate(t, b)) != 0 {
		t.Errorf("%d ideas in all, and then %q", len(seen), titles(generate(t, b)))
	}
	b.Shown, b.Disliked = nil, b.Shown
	if rest := titles(generate(t, b)); len(rest) > 0 {
		t.Errorf("disliked ones come back: %q", rest)
	}
}

func TestTheSameBriefGivesTheSameIdeas(t *testing.T) {
	b := brief(t, `{"recipient_age":30,"interests":["travel","coffee"],"vibe":"cozy","budget":5000}`)
	if first, second := generate(t, b), generate(t, b); !reflect.DeepEqual(first, second) {
		t.Error("two answers to one brief")
	}
	other := b
	other.Seed = 7
	if reflect.DeepEqual(titles(generate(t, b)), titles(generate(t, other))) {
		t.Error("a seed changes nothing")
	}
	if !reflect.DeepEqual(generate(t, other), generate(t, other)) {
		t.Error("a seed gives two answers")
	}
}

func TestQueriesFitTheGender(t *testing.T) {
	for quiz, unfit := range map[string]string{
		`{"recipient_age":30,"recipient_gender":"male","interests":["watches","bags"]}`:                                   "женск",
		`{"recipient_age":30,"recipient_gender":"female","interests":["watches","grooming","bags"]}`:                      "мужск",
		`{"recipient_age":30,"interests":["watches","bags"],"constraints":["gender_neutral"],"occasion":"march_8"}`:       "женск",
		`{"recipient_age":5,"recipient_gender":"male","interests":["unicorns","princesses"],"occasion":"birthday"}`:       "девоч",
		`{"recipient_age":30,"recipient_gender":"nonbinary","interests":["watches","bags"],"constraints":["no_alcohol"]}`: "мужск",
	} {
		for _, idea := range generate(t, brief(t, quiz)) {
			if strings.Contains(strings.Join(idea.Queries, "|"), unfit) {
				t.Errorf("%s: %q", quiz, idea.Queries)
			}
		}
	}
}

func TestAnEndedContextIsHeeded(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := New().Generate(ctx, discovery.Brief{}); err == nil {
		t.Error("ideas for nobody")
	}
}

func TestGoldenIdeas(t *testing.T) {
	var out strings.Builder
	for _, quiz := range goldenQuizzes() {
		for _, lang := range discovery.Languages() {
			b := brief(t, quiz)
			b.Language = lang
			fmt.Fprintf(&out, "## %s · %s\n\n", quiz, lang)
			for i, idea := range generate(t, b) {
				fmt.Fprintf(&out, "%d. %s  (%s, %s)\n   %s\n   %s\n   · %s\n", i+1, idea.Title, idea.Track, idea.Gap, idea.Description, idea.Reasoning, strings.Join(idea.Queries, " · "))
			}
			out.WriteString("\n")
		}
	}
	golden := filepath.Join("testdata", "ideas.golden.md")
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Error("the ideas have changed; if that is meant, run go test -run Golden -update and read the difference")
	}
}

func goldenQuizzes() []string {
	return []string{
		`{"recipient_age":52,"relationship":"father","interests":["fishing","bbq"],"budget":8000}`,
		`{"recipient_age":1,"relationship":"niece","occasion":"birthday","budget":2000}`,
		`{"recipient_age":9,"recipient_gender":"female","relationship":"daughter","interests":["space","cats"],"vibe":"magical","constraints":["no_small_parts"],"budget":3000}`,
		`{"recipient_age":15,"relationship":"friend","interests":["skateboarding","manga"],"vibe":["cool"],"budget":30,"currency":"EUR"}`,
		`{"recipient_age":31,"relationship":"wife","occasion":"anniversary","interests":["plants","jazz"],"gifting_goal":"care","effort_level":"high","constraints":["romantic_ok"],"budget":7000}`,
		`{"recipient_age":44,"relationship":"boss","occasion":"birthday","gifting_goal":"protocol","budget":12000}`,
		`{"recipient_age":68,"relationship":"grandmother","occasion":"march_8","interests":["дача","кроссворды"],"constraints":["no_medical","avoid_complex_gadgets"],"budget":4000}`,
		`{"recipient_age":27,"relationship":"colleague","interests":["beekeeping"],"gifting_goal":"joke","constraints":["office_safe"],"budget":1500}`,
	}
}
