package discovery

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gifty/domain"
)

func fields(t *testing.T, err error) []string {
	t.Helper()
	var e *domain.Error
	if !errors.As(err, &e) || e.Kind != domain.KindInvalid {
		t.Fatalf("%v is no invalid input", err)
	}
	var out []string
	for _, f := range e.Fields {
		out = append(out, f.Path)
		if f.Message == "" {
			t.Errorf("%s is blamed without a word", f.Path)
		}
	}
	return out
}

func TestBothShapesOfAQuiz(t *testing.T) {
	older := `{"recipient_age": 6, "relationship": "family", "vibe": ["funny", "colorful"], "interests": ["dinosaurs"],
		"budget_rub": 2500, "city": "Moscow", "constraints": ["kids_safe", "no_small_parts"]}`
	current := `{"recipient_age": 6, "relationship": "family", "vibe": "funny, colorful", "interests": ["dinosaurs"],
		"budget": 2500, "currency": "RUB", "city": "Moscow", "constraints": "kids_safe, no_small_parts"}`
	a, err := ParseQuizzes([]byte(older))
	if err != nil {
		t.Fatal(err)
	}
	b, err := ParseQuizzes([]byte("[" + current + "]"))
	if err != nil {
		t.Fatal(err)
	}
	if x, y := a[0].Brief(), b[0].Brief(); !reflect.DeepEqual(x, y) {
		t.Errorf("%+v\n%+v", x, y)
	}
}

func TestParseQuizzesRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": ``, "an empty list": `[]`, "null": `[null]`, "a word": `"quiz"`, "cut off": `{"recipient_age": 3`,
		"age as text": `{"recipient_age": "six"}`, "budget with a fraction": `{"budget": 10.5}`,
		"interests of numbers": `{"interests": [1, 2]}`, "invalid UTF-8": "{\"city\": \"\xff\"}", "two objects": `{} {}`,
	} {
		if _, err := ParseQuizzes([]byte(text)); err == nil {
			t.Errorf("%s is read", name)
		} else if len(fields(t, err)) == 0 {
			t.Errorf("%s: %v does not say what is wrong", name, err)
		}
	}
}

func TestAFieldThatNoQuizHasIsRefused(t *testing.T) {
	_, err := ParseQuizzes([]byte(`[{"budget": 5}, {"buget_rub": 5, "Budget": 5, "city": "Perm"}]`))
	if got, want := fields(t, err), []string{"[1].Budget", "[1].buget_rub"}; !slices.Equal(got, want) {
		t.Errorf("blamed %q, want %q", got, want)
	}
	var e *domain.Error
	if !errors.As(err, &e) || !strings.Contains(e.Fields[0].Message, "budget_rub") {
		t.Errorf("%+v does not list what is known", e)
	}
}

func TestQuizFieldsAreTheQuizs(t *testing.T) {
	var want []string
	for i := range reflect.TypeFor[Quiz]().NumField() {
		name, _, _ := strings.Cut(reflect.TypeFor[Quiz]().Field(i).Tag.Get("json"), ",")
		want = append(want, name)
	}
	if got := QuizFields(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestQuizValidate(t *testing.T) {
	age := func(n int) *int { return &n }
	money := func(n int64) *int64 { return &n }
	tests := []struct {
		name string
		quiz Quiz
		want []string
	}{
		{"empty", Quiz{}, nil},
		{"newborn", Quiz{Age: age(0)}, nil},
		{"oldest", Quiz{Age: age(130)}, nil},
		{"unborn", Quiz{Age: age(-1)}, []string{"recipient_age"}},
		{"too old", Quiz{Age: age(131)}, []string{"recipient_age"}},
		{"free budget", Quiz{Budget: money(0)}, []string{"budget"}},
		{"negative budget", Quiz{BudgetRUB: money(-5)}, []string{"budget_rub"}},
		{"two budgets", Quiz{Budget: money(5), BudgetRUB: money(5)}, []string{"budget_rub"}},
		{"currency", Quiz{Currency: "roubles"}, []string{"currency"}},
		{"no currency", Quiz{Currency: "XYZ"}, []string{"currency"}},
		{"blanks", Quiz{Interests: Words{"tea", "", " \u200b"}, Vibe: Words{"\n"}}, []string{"vibe[0]", "interests[1]", "interests[2]"}},
		{"no interests", Quiz{Interests: Words{}}, nil},
		{"small currency", Quiz{Currency: " eur "}, nil},
		{"deadline", Quiz{DeadlineDays: age(-2)}, []string{"deadline_days"}},
		{"unknown choices", Quiz{Goal: "win", Effort: "huge", Mode: "fast", Language: "fr"}, []string{"gifting_goal", "effort_level", "session_mode", "language"}},
		{"known choices", Quiz{Goal: GoalCare, Effort: EffortHigh, Mode: ModeQuickFix, Language: English}, nil},
		{"free words", Quiz{Relationship: "кум", Occasion: "переезд на Марс", Vibe: Words{"огонь"}}, nil},
		{"tags that nothing heeds", Quiz{Constraints: Words{"no_alcohol", "no_alchohol", "тег"}}, []string{"constraints[1]", "constraints[2]"}},
		{"tags by other names", Quiz{Constraints: Words{"No Alcohol", "avoid_alcohol", "no_very_personal", "unisex"}}, nil},
		{"long interest", Quiz{Interests: Words{"ok", strings.Repeat("я", MaxInterestChars+1)}}, []string{"interests[1]"}},
		{"longest interest", Quiz{Interests: Words{strings.Repeat("я", MaxInterestChars) + "\x00\x07"}}, nil},
		{"many interests", Quiz{Interests: slices.Repeat(Words{"x"}, MaxInterests+1)}, []string{"interests"}},
		{"long description", Quiz{Description: strings.Repeat("a", MaxDescription+1)}, []string{"interests_description"}},
		{"bytes", Quiz{City: "\xff"}, []string{"city"}},
	}
	for _, tt := range tests {
		err := tt.quiz.Validate()
		if tt.want == nil {
			if err != nil {
				t.Errorf("%s: %v %v", tt.name, err, fields(t, err))
			}
			continue
		}
		if err == nil || !reflect.DeepEqual(fields(t, err), tt.want) {
			t.Errorf("%s: %v, want %q blamed", tt.name, err, tt.want)
		}
	}
}

func TestARefusedChoiceListsWhatIsAccepted(t *testing.T) {
	var e *domain.Error
	if !errors.As(Quiz{Goal: "win"}.Validate(), &e) || e.Fields[0].Message != "must be one of impress, care, protocol, apology, joke, growth" {
		t.Errorf("%+v", e)
	}
	if !errors.As(Quiz{Constraints: Words{"no_alchohol"}}.Validate(), &e) || !strings.Contains(e.Fields[0].Message, "no_alcohol, no_intimate") {
		t.Errorf("%+v", e)
	}
}

func FuzzParseQuizzes(f *testing.F) {
	f.Add([]byte(`[{"recipient_age": 6, "vibe": ["funny"], "interests": "a, b", "budget_rub": 2500, "constraints": ["kids_safe"]}]`))
	f.Add([]byte(`{"vibe": null, "interests": {}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		quizzes, err := ParseQuizzes(data)
		if err != nil {
			fields(t, err)
			return
		}
		for _, q := range quizzes {
			if err := q.Validate(); err != nil {
				fields(t, err)
			}
			b := q.Brief()
			if _, err := json.Marshal(b); err != nil {
				t.Error(err)
			}
			if b.Age != nil && (*b.Age < 0 || *b.Age > MaxAge) || len(b.Interests) > MaxInterests || b.Wanted() < 1 {
				t.Errorf("%+v", b)
			}
		}
	})
}
