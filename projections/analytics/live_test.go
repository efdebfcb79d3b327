package analytics_test

import (
	"context"
	"reflect"
	"testing"

	"gifty/domain/analytics"
	"gifty/domain/recipient"
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
	live, err := readanalytics.NewLive(w.Engine)
	if err != nil {
		t.Fatal(err)
	}
	for i, relation := range []recipient.Relation{"friend", "partner", "child"} {
		if i == 2 {
			live.Hurry()
		}
		session(t, w, relation)
		kept, err := live.Answer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if replayed := ask(t, w, readanalytics.Question{Funnels: shipped}); !reflect.DeepEqual(kept.Reports, replayed.Reports) || kept.UpTo != replayed.UpTo {
			t.Errorf("%+v\nreplayed:\n%+v", kept, replayed)
		}
	}
	again, err := live.Answer(t.Context())
	if err != nil || counts(again.Reports[0]) != "[9 9 6 3 3 3]" {
		t.Errorf("%+v, %v", again.Reports[0], err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	session(t, w, "friend")
	if _, err := live.Answer(stopped); err == nil {
		t.Error("who has left gets an answer")
	}
	if after, err := live.Answer(t.Context()); err != nil || counts(after.Reports[0]) != "[12 12 8 4 4 4]" {
		t.Errorf("%+v, %v", after.Reports, err)
	}
}
