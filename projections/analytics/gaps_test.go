package analytics_test

import (
	"fmt"
	"testing"
	"time"

	"gifty/domain/recipient"
	"gifty/projections/all/alltest"
	readanalytics "gifty/projections/analytics"
)

// Ideas of several sessions with the same texts are one demand, and those of like words one gap.
func TestGaps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, relation := range []recipient.Relation{"friend", "partner"} {
		session(t, w, relation)
	}
	w.CatchUp(t)
	ask := func(q readanalytics.GapQuestion) string {
		t.Helper()
		gaps, err := readanalytics.Gaps(t.Context(), w.Pool, alltest.Words{}, q)
		if err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, g := range gaps.Clusters {
			if g.Last.IsZero() || len(g.Examples) != min(5, g.Ideas+g.Searches) || len(g.Texts) != 3 {
				t.Errorf("%+v", g)
			}
			texts = append(texts, fmt.Sprintf("%s %d %d", g.Title, g.Ideas, g.Searches))
		}
		return fmt.Sprintf("%d %.3g %q", gaps.Asked, gaps.Unmet.Rate, texts)
	}
	all := readanalytics.GapQuestion{Below: 1}
	if first, second := ask(all), ask(all); first != second || first != `6 1 ["A gift of chess 6 0"]` {
		t.Errorf("%s, then %s", first, second)
	}
	if got := ask(readanalytics.GapQuestion{Below: 0.01}); got != "6 0 []" {
		t.Error(got)
	}
	if got := ask(readanalytics.GapQuestion{Below: 1, Since: time.Now().Add(time.Hour)}); got != "0 0 []" {
		t.Error(got)
	}
	if _, err := readanalytics.Gaps(t.Context(), w.Pool, alltest.Words{}, readanalytics.GapQuestion{}); err == nil {
		t.Error("a similarity of nothing is no question")
	}
}
