package analytics

import (
	"fmt"
	"reflect"
	"testing"
	"time"
)

func TestHealthHasItsThresholds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		hits, likes float64
		want        string
	}{
		{0.8, 0.25, "100 healthy"}, {1, 1, "100 healthy"}, {0.4, 0.25, "70 degraded"}, {0.5, 0.25, "78 healthy"},
		{0.6, 0.1, "61 degraded"}, {0.4, 0.125, "50 critical"}, {0, 0, "0 critical"},
	} {
		h := healthOf(&Share{Rate: c.hits}, &Share{Rate: c.likes})
		if got := fmt.Sprint(h.Score, " ", h.Status); got != c.want {
			t.Errorf("hits %g, likes %g: %s, want %s", c.hits, c.likes, got, c.want)
		}
	}
	if healthOf(nil, &Share{}) != nil || healthOf(&Share{}, nil) != nil {
		t.Error("nothing has a health")
	}
}

func TestKeyFiguresAreReadOutOfTheirWindows(t *testing.T) {
	t.Parallel()
	today := time.Date(2026, 3, 10, 15, 0, 0, 0, time.UTC)
	ago := func(days int, counts ...int) PeriodReport {
		p := PeriodReport{Start: Day.start(today).AddDate(0, 0, -days)}
		for _, n := range counts {
			p.Steps = append(p.Steps, StepReport{Count: n})
		}
		return p
	}
	group := func(value string, n int) GroupReport { return GroupReport{value, []StepReport{{Count: n}}} }
	k := KPIsOf([]Report{
		{Periods: []PeriodReport{ago(1, 9), ago(0, 5)}},
		{Periods: []PeriodReport{ago(7, 100, 0), ago(6, 10, 5), ago(0, 10, 10)}},
		{Periods: []PeriodReport{ago(2, 50, 5)}},
		{Periods: []PeriodReport{ago(3, 8, 8), ago(2, 8, 1)}},
		{Periods: []PeriodReport{ago(3, 10, 10), ago(0, 10, 4)}},
		{Breakdowns: []BreakdownReport{{Groups: []GroupReport{group("0", 6), group("15", 14)}}}},
		{Breakdowns: []BreakdownReport{{Groups: []GroupReport{group("a unicorn", 4), group("(other)", 2)}}}},
	}, today, 2)
	if k.ActiveGivers != 5 || k.QuizzesStarted != 20 || k.QuizCompletion.Rate != 0.75 || k.ClickThrough.Rate != 0.1 || k.LikeRate.Rate != 9.0/16 {
		t.Errorf("%+v", k)
	}
	if k.Coverage.HitRate.Rate != 0.7 || *k.Coverage.MeanResults != 10.5 || !reflect.DeepEqual(k.Coverage.ZeroResults, []QueryCount{{"a unicorn", 4}}) {
		t.Errorf("%+v", k.Coverage)
	}
	if h := *k.Health; h != (Health{50, 50, 50, "critical"}) {
		t.Errorf("%+v", h)
	}
	if len(k.Trend) != 2 || k.Trend[0].ActiveGivers != 9 || k.Trend[1].SearchesFound != 4 {
		t.Errorf("%+v", k.Trend)
	}
	empty := KPIsOf([]Report{{}, {}, {}, {}, {}, {Breakdowns: []BreakdownReport{{}}}, {Breakdowns: []BreakdownReport{{}}}}, today, 1)
	if empty.QuizCompletion != nil || empty.Health != nil || empty.Coverage.MeanResults != nil || empty.Coverage.ZeroResults == nil {
		t.Errorf("%+v", empty)
	}
}
