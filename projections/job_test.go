package projections

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestTheTimeLeftOfAResumedJob(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := &job{reading: time.Now().Add(-time.Second), now: Job{Phase: "reading"}}
		j.total(1000)
		j.resume(900)
		j.advance(20)
		if s := j.snapshot(); s.Events != 920 || s.PerSecond != 20 || s.SecondsTo != 4 {
			t.Errorf("%+v", s)
		}
	})
}
