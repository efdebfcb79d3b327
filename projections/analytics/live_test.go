package analytics_test

import (
	"context"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"gifty/domain/analytics"
	"gifty/domain/recipient"
	"gifty/projections"
	readanalytics "gifty/projections/analytics"
)

// Whenever one looks, what is kept up to date is what a replay of the log says.
func TestLiveIsReplayed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shipped, err := analytics.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	live, err := readanalytics.NewLive(w.Engine, w.Pool)
	if err != nil {
		t.Fatal(err)
	}
	for _, relation := range []recipient.Relation{"friend", "partner", "child"} {
		session(t, w, relation)
		kept, err := live.Answer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if replayed := ask(t, w, readanalytics.Question{Funnels: shipped}); !reflect.DeepEqual(kept.Reports, replayed.Reports) || kept.UpTo != replayed.UpTo {
			t.Errorf("%s", difference(t, kept, replayed))
		}
	}
	again, err := live.Answer(t.Context())
	if err != nil || counts(again.Reports[0]) != "[9 9 6 3 3 3]" {
		t.Errorf("%s, %v", counts(again.Reports[0]), err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	session(t, w, "friend")
	if _, err := live.Answer(stopped); err == nil {
		t.Error("who has left gets an answer")
	}
	if after, err := live.Answer(t.Context()); err != nil || counts(after.Reports[0]) != "[12 12 8 4 4 4]" {
		t.Errorf("%s, %v", counts(after.Reports[0]), err)
	}
}

// What outlives a process is a replay's answer, up to where it was counted.
func TestFunnelsOutliveTheirProcess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shipped, err := analytics.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		live, err := readanalytics.NewLive(w.Engine, w.Pool)
		if err != nil {
			t.Fatal(err)
		}
		session(t, w, "friend")
		was, known, err := live.Former(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if known {
			if replayed := ask(t, w, readanalytics.Question{Funnels: shipped, UpTo: &was.UpTo}); !reflect.DeepEqual(was, replayed) || counts(was.Reports[0]) != "[3 3 2 1 1 1]" {
				t.Errorf("%s", difference(t, was, replayed))
			}
			return
		}
		if _, err := live.Answer(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	t.Error("nothing was kept")
}

// difference is where two answers part.
func difference(t *testing.T, live, replayed readanalytics.Answer) string {
	t.Helper()
	var texts [2]string
	for i, a := range []readanalytics.Answer{live, replayed} {
		b, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(b)
	}
	n := 0
	for n < min(len(texts[0]), len(texts[1])) && texts[0][n] == texts[1][n] {
		n++
	}
	around := func(s string) string { return s[max(0, n-300):min(len(s), n+100)] }
	return "live:     " + around(texts[0]) + "\nreplayed: " + around(texts[1])
}

// The key figures that are kept up to date are those of a replay with the longest trend, and those that another
// process, or this one started anew, has at once.
func TestLiveKPIsAreReplayed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	analyst, err := readanalytics.NewAnalyst(w.Engine, w.Pool)
	if err != nil {
		t.Fatal(err)
	}
	today := time.Now()
	for range 2 {
		session(t, w, "friend")
		kept, upTo, err := analyst.LiveKPIs(t.Context(), today)
		if err != nil {
			t.Fatal(err)
		}
		replayed, err := readanalytics.KPIs(t.Context(), w.Engine, readanalytics.KPIQuestion{Day: today, Days: analytics.MaxKPIDays, UpTo: &upTo}, projections.RebuildOptions{Workers: 2})
		if err != nil || !reflect.DeepEqual(kept, replayed) || kept.ActiveGivers != 1 {
			t.Errorf("%+v\nreplayed:\n%+v, %v", kept, replayed, err)
		}
		other, err := readanalytics.NewAnalyst(w.Engine, w.Pool)
		if err != nil {
			t.Fatal(err)
		}
		if fresh, at, err := other.LiveKPIs(t.Context(), today); err != nil || !reflect.DeepEqual(fresh, kept) || at != upTo {
			t.Errorf("another process has %+v at %d, %v", fresh, at, err)
		}
	}
}
