package console

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// Every text is there in every language, with the same places for values.
func TestWordsAreWhole(t *testing.T) {
	t.Parallel()
	all, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	ru, en := all["ru"].texts, all["en"].texts
	for key := range maps.Keys(ru) {
		if strings.Count(ru[key], "%s") != strings.Count(en[key], "%s") {
			t.Errorf("%s: %q, %q", key, ru[key], en[key])
		}
	}
	if a, b := slices.Sorted(maps.Keys(ru)), slices.Sorted(maps.Keys(en)); !slices.Equal(a, b) {
		t.Errorf("texts differ: %v, %v", a, b)
	}
}
