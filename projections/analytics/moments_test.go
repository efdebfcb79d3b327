package analytics_test

import (
	"testing"
	"time"

	readanalytics "gifty/projections/analytics"
)

// Whatever occurred between two moments is between the positions that are found for them.
func TestMomentsAndPositions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	session(t, w, "friend")
	head, err := w.Engine.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all, err := readanalytics.Moments(t.Context(), w.Pool, head, 5)
	if err != nil || len(all) != 5 || all[0].Position != 1 || all[4].Position != head {
		t.Fatalf("%+v, %v", all, err)
	}
	now := time.Now()
	for name, c := range map[string]struct {
		from, to   time.Time
		after, end int64
	}{
		"no bounds":        {time.Time{}, time.Time{}, 0, 0},
		"all of it":        {now.Add(-time.Hour), now.Add(time.Hour), 0, int64(head)},
		"before it began":  {now.Add(-9 * time.Hour), now.Add(-8 * time.Hour), 0, 0},
		"after it is over": {now.Add(3 * time.Hour), now.Add(4 * time.Hour), int64(head), int64(head)},
	} {
		after, upTo, err := readanalytics.Between(t.Context(), w.Pool, c.from, c.to)
		if err != nil || int64(after) != c.after || int64(upTo) != c.end {
			t.Errorf("%s: %d, %d, %v", name, after, upTo, err)
		}
	}
}
