package analytics_test

import (
	"testing"
	"time"

	"gifty/domain/discovery"
	"gifty/projections"
	readanalytics "gifty/projections/analytics"
)

func TestKeyFiguresOfADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := time.Now()
	session(t, w, "friend")
	session(t, w, "friend")
	for _, query := range []string{"a unicorn", "a unicorn", "tea"} {
		s := discovery.Search{Query: query, EngineVersion: "x", EmbeddingModel: "words"}
		if query == "tea" {
			s.ResultsCount = 3
		}
		if _, err := w.Discovery.LogSearch(w.Ctx, discovery.LogSearch{Search: s}); err != nil {
			t.Fatal(err)
		}
	}
	q := readanalytics.KPIQuestion{Day: now, Days: 30, Personal: true}
	k, err := readanalytics.KPIs(t.Context(), w.Engine, q, projections.RebuildOptions{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	if k.ActiveGivers != 1 || k.QuizzesStarted != 2 || k.QuizCompletion.Rate != 1 || k.LikeRate.Rate != 0 || len(k.Trend) != 30 {
		t.Errorf("%+v", k)
	}
	if zero := k.Coverage.ZeroResults; len(zero) == 0 || zero[0].Query != "a unicorn" || zero[0].Count != 2 {
		t.Errorf("%+v", zero)
	}
	if day := k.Trend[29]; day.Searches != k.Coverage.Searches || day.IdeasShown != 4 || k.Health == nil {
		t.Errorf("%+v", day)
	}
	q.Personal = false
	if k, err = readanalytics.KPIs(t.Context(), w.Engine, q, projections.RebuildOptions{Workers: 2}); err != nil {
		t.Fatal(err)
	}
	for _, query := range k.Coverage.ZeroResults {
		if query.Query == "a unicorn" {
			t.Error("what a person typed is shown")
		}
	}
	if _, err := readanalytics.KPIs(t.Context(), w.Engine, readanalytics.KPIQuestion{Day: now, Days: 91}, projections.RebuildOptions{}); err == nil {
		t.Error("a trend has 91 days")
	}
}
