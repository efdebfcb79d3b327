package projections

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestTheTimeLeftOfAResumedJob(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := &job{now: Job{StartedAt: time.Now().Add(-time.Second), Phase: "reading"}}
		j.total(1000)
		j.resume(900)
		j.advance(20)
		if s := j.snapshot(); s.Events != 920 || s.PerSecond != 20 || s.SecondsTo != 4 {
			t.Errorf("%+v", s)
		}
	})
}
