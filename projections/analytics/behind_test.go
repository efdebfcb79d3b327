package analytics_test

import (
	"testing"
	"time"

	"gifty/domain/analytics"
	"gifty/projections"
	readanalytics "gifty/projections/analytics"
)

// Behind the figures of an answer are as many entities as they say, and events of the step's types.
func TestFiguresHaveTheirEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	session(t, w, "friend")
	session(t, w, "partner")
	shipped, err := analytics.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	analyst, err := readanalytics.NewAnalyst(w.Engine, w.Pool)
	if err != nil {
		t.Fatal(err)
	}
	answer := ask(t, w, readanalytics.Question{Funnels: shipped})
	look := func(prepared *readanalytics.Prepared, err error, figure analytics.Figure, count int) {
		t.Helper()
		var b readanalytics.Behind
		if err == nil {
			b, err = prepared.Behind(t.Context(), figure, projections.RebuildOptions{Workers: 1})
		}
		if err != nil || b.Entities != count || len(b.Positions) != b.Events || (b.Events > 0) != (count > 0) {
			t.Errorf("%+v says %d: %+v, %v", figure, count, b, err)
		}
	}
	for i, r := range answer.Reports {
		prepared, err := readanalytics.Prepare(t.Context(), w.Engine, readanalytics.Question{Funnels: shipped[i : i+1], UpTo: &answer.UpTo})
		look(prepared, err, analytics.Figure{}, r.Entities)
		for k, s := range r.Steps {
			look(prepared, err, analytics.Figure{Step: k + 1}, s.Count)
		}
		for _, g := range r.Breakdowns[0].Groups {
			look(prepared, err, analytics.Figure{Step: 1, Breakdown: r.Breakdowns[0].Name, Value: g.Value}, g.Steps[0].Count)
		}
	}
	today := time.Now()
	k, upTo, err := analyst.LiveKPIs(t.Context(), today)
	if err != nil {
		t.Fatal(err)
	}
	day := k.Trend[len(k.Trend)-1]
	for _, of := range []struct {
		name         string
		first, count int
	}{{"active-givers", day.ActiveGivers, day.ActiveGivers}, {"quiz-completion", day.QuizzesStarted, day.QuizzesCompleted}, {"click-through", day.GiftsShown, day.GiftsClicked}, {"like-rate", day.IdeasShown, day.IdeasLiked}, {"hit-rate", day.Searches, day.SearchesFound}} {
		prepared, err := analyst.PrepareKPI(t.Context(), of.name, today, upTo)
		if err != nil {
			t.Fatal(err)
		}
		during := analytics.Figure{Step: 1, From: k.Day, To: k.Day.AddDate(0, 0, 1)}
		look(prepared, err, during, of.first)
		during.Step = len(prepared.Definition().Steps)
		look(prepared, err, during, of.count)
	}
	if _, err := analyst.PrepareKPI(t.Context(), "nothing", today, upTo); err == nil {
		t.Error("there is a key figure that is not")
	}
}
