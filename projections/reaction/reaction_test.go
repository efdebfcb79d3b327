package reaction_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/projections"
	"gifty/projections/all/alltest"
	ideas "gifty/projections/discovery"
	"gifty/projections/reaction"
)

// dialogues starts some, and returns their ids.
func dialogues(t *testing.T, w *alltest.World, n int) (ids []uuid.UUID) {
	t.Helper()
	for range n {
		out, err := w.Discovery.Start(w.Ctx, discovery.StartDiscovery{Quiz: discovery.Quiz{Interests: discovery.Words{"tea"}}})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, out.Result.SessionID)
	}
	w.CatchUp(t)
	return ids
}

// run works with do until stop is called or the test ends.
func run(t *testing.T, w *alltest.World, opt reaction.Options, r reaction.Reaction) (stop func()) {
	t.Helper()
	r.Table, opt.Moved = ideas.Steps.Name, w.Engine.Moved
	worker := reaction.NewWorker(w.Pool, []reaction.Reaction{r}, opt)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		worker.Run(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-ended
	})
	t.Cleanup(stop)
	return stop
}

func take(w *alltest.World) func(context.Context, reaction.Item) error {
	return func(ctx context.Context, i reaction.Item) error { return w.Discovery.TakeStep(ctx, i.Subject, i.ID) }
}

// await returns when what a table says is done is done.
func await(t *testing.T, w *alltest.World) {
	t.Helper()
	for {
		moved := w.Engine.Moved()
		w.CatchUp(t)
		open, err := book(w).List(w.Ctx, ideas.Steps.Name, false, projections.PageRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if len(open.Items) == 0 {
			return
		}
		select {
		case <-moved:
		case <-time.After(5 * time.Second):
			t.Fatalf("still to be done: %+v", open.Items)
		}
	}
}

func book(w *alltest.World) reaction.Book {
	return reaction.Book{DB: w.Pool, Tables: []string{ideas.Steps.Name}}
}

// taken counts the steps that were taken in a session.
func taken(t *testing.T, w *alltest.World, id uuid.UUID) (n int) {
	t.Helper()
	streams, err := w.Store.Streams(w.Ctx, discovery.SessionStream(id))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range streams[discovery.SessionStream(id)] {
		if step, ok := e.Event.(discovery.StepTaken); ok {
			n++
			if e.CausationID == uuid.Nil {
				t.Errorf("%+v does not say what it follows from", step)
			}
		}
	}
	return n
}

// Several workers share what is to be done; each thing is done once.
func TestWorkersShare(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	var tries atomic.Int32
	for range 3 {
		run(t, w, reaction.Options{Workers: 2, Poll: 5 * time.Millisecond}, reaction.Reaction{Do: func(ctx context.Context, i reaction.Item) error {
			tries.Add(1)
			return take(w)(ctx, i)
		}})
	}
	ids := dialogues(t, w, 12)
	await(t, w)
	if n := tries.Load(); n != 12 {
		t.Errorf("%d tries at 12 things", n)
	}
	for _, id := range ids {
		if n := taken(t, w, id); n != 1 {
			t.Errorf("%d steps taken", n)
		}
	}
}

// What somebody was at who is no more goes on when the lease has ended; what was done by then, but not
// noted, is not done again.
func TestWhatWasLeftGoesOn(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	ids := dialogues(t, w, 2)
	begun, left := make(chan reaction.Item), make(chan struct{})
	stop := run(t, w, reaction.Options{Workers: 2, Lease: time.Hour}, reaction.Reaction{Do: func(ctx context.Context, i reaction.Item) error {
		var err error
		if i.Subject == ids[0] {
			err = take(w)(ctx, i)
		}
		begun <- i
		<-left
		return errors.Join(err, ctx.Err())
	}})
	<-begun
	<-begun
	if _, err := w.Pool.Exec(w.Ctx, `UPDATE reactions SET due_at = now() - interval '1 second'`); err != nil { // the lease ends
		t.Fatal(err)
	}
	run(t, w, reaction.Options{}, reaction.Reaction{Do: take(w)})
	await(t, w)
	close(left)
	stop()
	for _, id := range ids {
		if n := taken(t, w, id); n != 1 {
			t.Errorf("%d steps taken", n)
		}
	}
}

// Whoever is at something keeps others off it, however long it takes.
func TestALeaseIsRenewed(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	dialogues(t, w, 1)
	var tries atomic.Int32
	due := func() (at time.Time) {
		if err := w.Pool.QueryRow(w.Ctx, `SELECT due_at FROM reactions`).Scan(&at); err != nil {
			t.Error(err)
		}
		return at
	}
	do := func(ctx context.Context, i reaction.Item) error {
		tries.Add(1)
		for last, renewals := due(), 0; renewals < 4 && !t.Failed(); { // longer than the lease that it began with
			if now := due(); now.After(last) {
				last, renewals = now, renewals+1
			}
		}
		return take(w)(ctx, i)
	}
	for range 2 {
		run(t, w, reaction.Options{Lease: 3 * time.Second, Poll: 10 * time.Millisecond, Renew: 20 * time.Millisecond}, reaction.Reaction{Do: do})
	}
	await(t, w)
	if n := tries.Load(); n != 1 {
		t.Errorf("%d tries", n)
	}
}

func TestFailuresAreTriedAgainThenParked(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	ids := dialogues(t, w, 3)
	var tries, hopeless atomic.Int32
	parked := make(chan string, 3)
	broken := atomic.Bool{}
	broken.Store(true)
	run(t, w, reaction.Options{Attempts: 4, First: time.Millisecond, Poll: 5 * time.Millisecond}, reaction.Reaction{
		Do: func(ctx context.Context, i reaction.Item) error {
			switch {
			case broken.Load() && i.Subject == ids[0]:
				tries.Add(1)
				panic("at the disco")
			case broken.Load() && i.Subject == ids[1]:
				hopeless.Add(1)
				return domain.Invalid("never", "this will never do")
			case i.Subject == ids[2] && i.Attempts < 3:
				return errors.New("not yet")
			}
			return take(w)(ctx, i)
		},
		Park: func(_ context.Context, _ reaction.Item, reason string) error {
			parked <- reason
			return nil
		},
	})
	<-parked
	<-parked
	if tries.Load() != 4 || hopeless.Load() != 1 {
		t.Errorf("%d tries, %d at what is hopeless", tries.Load(), hopeless.Load())
	}
	for taken(t, w, ids[2]) == 0 {
		w.CatchUp(t)
	}
	broken.Store(false)
	for n := 0; n < 2; { // a moment after Park was called it is noted
		again, err := book(w).Replay(w.Ctx, ideas.Steps.Name, uuid.Nil)
		if err != nil {
			t.Fatal(err)
		}
		n += again
	}
	await(t, w)
	for _, id := range ids {
		if n := taken(t, w, id); n != 1 {
			t.Errorf("%d steps taken", n)
		}
	}
}

// A worker that is told to stop gives back what it is at.
func TestStoppingGivesBack(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	dialogues(t, w, 1)
	begun := make(chan struct{})
	stop := run(t, w, reaction.Options{Lease: time.Hour}, reaction.Reaction{Do: func(ctx context.Context, _ reaction.Item) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	}})
	<-begun
	stop()
	open, err := book(w).List(w.Ctx, ideas.Steps.Name, false, projections.PageRequest{})
	if err != nil || len(open.Items) != 1 || open.Items[0].State != "waiting" || open.Items[0].Attempts != 0 {
		t.Errorf("%+v, %v", open, err)
	}
	run(t, w, reaction.Options{}, reaction.Reaction{Do: take(w)})
	await(t, w)
}

// Made anew from the log, the table holds what is still to be done, and nothing is done twice.
func TestARebuildDoesNothing(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	var tries atomic.Int32
	run(t, w, reaction.Options{}, reaction.Reaction{Do: func(ctx context.Context, i reaction.Item) error {
		tries.Add(1)
		return take(w)(ctx, i)
	}})
	dialogues(t, w, 3)
	await(t, w)
	if err := w.Engine.Rebuild(w.Ctx, []string{ideas.Steps.Name, ideas.Sessions.Name}, projections.RebuildOptions{Spill: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	dialogues(t, w, 1)
	await(t, w)
	if n := tries.Load(); n != 4 {
		t.Errorf("%d tries", n)
	}
}
