package console

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"gifty/domain/analytics"
)

// forms are a text's, by their names; one that does not go by a number has a form without a name.
type forms map[string]string

func readForms(t *testing.T, lang string) map[string]forms {
	t.Helper()
	b, err := texts.ReadFile("words/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	all := map[string]forms{}
	for key, value := range file {
		all[key] = forms{}
		switch v := value.(type) {
		case string:
			all[key][""] = v
		case map[string]any:
			for name, text := range v {
				all[key][name] = text.(string)
			}
		}
	}
	return all
}

// Every text is there in every language, with the same places for values in every form, and is found.
func TestWordsAreWhole(t *testing.T) {
	t.Parallel()
	all, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]map[string]forms{}
	for lang, want := range map[string]string{"ru": "few many one other", "en": "one other"} {
		files[lang] = readForms(t, lang)
		for key, text := range files[lang] {
			if names := strings.Join(slices.Sorted(maps.Keys(text)), " "); names != "" && names != want {
				t.Errorf("%s of %s has the forms %s, want %s", key, lang, names, want)
			}
			plain, ok := text[""]
			if !ok {
				continue
			}
			found := all[lang].T(key, "a", "b", "c", "d")
			if want := strings.NewReplacer("{{.A}}", "a", "{{.B}}", "b", "{{.C}}", "c", "{{.D}}", "d").Replace(plain); found != want {
				t.Errorf("%s of %s is %q, want %q", key, lang, found, want)
			}
		}
	}
	ru, en := files["ru"], files["en"]
	if a, b := slices.Sorted(maps.Keys(ru)), slices.Sorted(maps.Keys(en)); !slices.Equal(a, b) {
		t.Fatalf("texts differ: %v, %v", a, b)
	}
	for key := range ru {
		for _, text := range slices.Concat(slices.Collect(maps.Values(ru[key])), slices.Collect(maps.Values(en[key]))) {
			first := slices.Collect(maps.Values(ru[key]))[0]
			if strings.Count(text, "{{") != strings.Count(first, "{{") {
				t.Errorf("%s: %q, %q", key, text, first)
			}
		}
	}
	if got := all["ru"].T("no.such.text"); got != "no.such.text" {
		t.Errorf("a text that is not there is %q", got)
	}
}

func TestWordsGoByTheNumber(t *testing.T) {
	t.Parallel()
	all, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	for lang, list := range map[string]map[int64]string{
		"ru": {0: "0 событий", 1: "1 событие", 2: "2 события", 5: "5 событий", 11: "11 событий", 21: "21 событие", 104: "104 события"},
		"en": {0: "0 events", 1: "1 event", 2: "2 events"},
	} {
		for n, want := range list {
			if got := all[lang].Many("events.many", n); got != want {
				t.Errorf("%d in %s is %q, want %q", n, lang, got, want)
			}
		}
	}
	if got := all["ru"].Many("jobs.done", 21, "7"); got != "7 из 21 события" {
		t.Errorf("%q", got)
	}
	if got := all["ru"].Length(analytics.Duration(30 * 24 * time.Hour)); got != "30 дней" {
		t.Errorf("%q", got)
	}
}
