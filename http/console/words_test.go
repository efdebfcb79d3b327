package console

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// Every text is there in every language, with the same places for values, and is found.
func TestWordsAreWhole(t *testing.T) {
	t.Parallel()
	all, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]map[string]string{}
	for _, lang := range languages() {
		b, err := texts.ReadFile("words/" + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		file := map[string]string{}
		if err := json.Unmarshal(b, &file); err != nil {
			t.Fatal(err)
		}
		files[lang] = file
		for key, text := range file {
			found := all[lang].T(key, "a", "b", "c", "d")
			if want := strings.NewReplacer("{{.A}}", "a", "{{.B}}", "b", "{{.C}}", "c", "{{.D}}", "d").Replace(text); found != want {
				t.Errorf("%s of %s is %q, want %q", key, lang, found, want)
			}
		}
	}
	ru, en := files["ru"], files["en"]
	for key := range ru {
		if strings.Count(ru[key], "{{") != strings.Count(en[key], "{{") {
			t.Errorf("%s: %q, %q", key, ru[key], en[key])
		}
	}
	if a, b := slices.Sorted(maps.Keys(ru)), slices.Sorted(maps.Keys(en)); !slices.Equal(a, b) {
		t.Errorf("texts differ: %v, %v", a, b)
	}
	if got := all["ru"].T("no.such.text"); got != "no.such.text" {
		t.Errorf("a text that is not there is %q", got)
	}
}
