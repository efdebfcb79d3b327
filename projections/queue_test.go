package projections_test

import (
	"context"
	"errors"
	"testing"

	"gifty/domain"
	"gifty/domain/domaintest"
	"gifty/eventstore"
	"gifty/eventstore/pgtest"
	"gifty/projections"
)

// counting is a replay that begins to fold and then waits for open; what it answers is how many events it saw.
func counting(upTo domain.Position, begun chan<- string, open <-chan struct{}, name string) projections.Replay[int] {
	seen := 0
	return projections.Replay[int]{
		Kind: "funnel", Names: []string{name}, UpTo: upTo, Types: []string{"toy.joined.v1"},
		Decoder: func() func(context.Context, []eventstore.RawEvent) (int, error) {
			return func(_ context.Context, raw []eventstore.RawEvent) (int, error) { return len(raw), nil }
		},
		Fold: func(n int) error {
			seen += n
			return nil
		},
		Result: func() (any, error) {
			begun <- name
			<-open
			return seen, nil
		},
	}
}

func TestReplaysQueueUntilOthersAreDone(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	e, _ := start(t, pool, projections.Options{Replays: 1}, people())
	upTo := add(t, log, joined("a", "b")...)
	begun, open := make(chan string, 3), make(chan struct{})
	ended := map[string]chan error{}
	run := func(name string, atOnce bool) (first projections.Job) {
		told, end := make(chan projections.Job, 1), make(chan error, 1)
		ended[name] = end
		r := counting(upTo, begun, open, name)
		r.AtOnce = atOnce
		go func() {
			answer, err := projections.RunReplay(t.Context(), e, r, projections.RebuildOptions{Workers: 1, Progress: func(j projections.Job) {
				select {
				case told <- j:
				default:
				}
			}})
			if err == nil && string(answer) != "2" {
				err = errors.New("it saw " + string(answer))
			}
			end <- err
		}()
		return <-told
	}
	if j := run("first", false); j.State != "running" || <-begun != "first" {
		t.Errorf("first: %+v", j)
	}
	second, third := run("second", false), run("third", false)
	for _, j := range []projections.Job{second, third} {
		if j.State != "queued" || j.Phase != "queued" || j.Ended() {
			t.Errorf("%+v", j)
		}
	}
	if j := run("own", true); j.State != "running" || <-begun != "own" {
		t.Errorf("what does not queue: %+v", j)
	}
	jobs, err := e.Jobs(t.Context())
	if err != nil || len(jobs) != 4 || jobs[1].State != "queued" || jobs[2].State != "queued" || jobs[3].State != "running" {
		t.Fatalf("%+v, %v", jobs, err)
	}
	if err := e.StopJob(t.Context(), second.ID); err != nil {
		t.Fatal(err)
	}
	if err := <-ended["second"]; err == nil {
		t.Error("a queued job that was stopped has an answer")
	}
	close(open)
	for _, name := range []string{"first", "own", "third"} {
		if err := <-ended[name]; err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	jobs, err = e.Jobs(t.Context())
	if err != nil || jobs[1].State != "done" || jobs[2].State != "stopped" || jobs[3].State != "done" {
		t.Errorf("%+v, %v", jobs, err)
	}
}

func TestAFullQueueRefuses(t *testing.T) {
	t.Parallel()
	leave, err := projections.FillQueue(1)
	domaintest.Refused(t, err, "replays_busy")
	leave()
}
