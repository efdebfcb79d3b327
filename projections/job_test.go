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

// A job may read all between two looks at it.
func TestHowFastAShortJobWasIsKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := &job{now: Job{Phase: stateQueued}}
		j.total(50)
		j.phase("reading")
		time.Sleep(time.Second / 10)
		if s := j.snapshot(); s.SecondsTo != 0 {
			t.Errorf("how long it takes is not known yet: %+v", s)
		}
		j.advance(50)
		j.phase("counting")
		time.Sleep(time.Minute)
		if s := j.snapshot(); s.PerSecond != 500 || s.SecondsTo != 0 {
			t.Errorf("%+v", s)
		}
	})
}
