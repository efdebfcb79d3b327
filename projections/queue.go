package projections

import (
	"context"

	"gifty/domain"
)

const (
	// replaysAtOnce is how many replays of a process read the log at the same time unless Options say otherwise.
	replaysAtOnce = 2
	// replaysWaiting is how many more may wait: each holds a connection, by which others see it and can stop it.
	replaysWaiting = 16
)

// queue lets some replays of a process read the log at the same time; others wait, about in the order in
// which they came.
type queue struct {
	places chan struct{} // taken by those that read or wait
	turns  chan struct{} // taken by those that read
}

func newQueue(atOnce int) queue {
	return queue{places: make(chan struct{}, atOnce+replaysWaiting), turns: make(chan struct{}, atOnce)}
}

// turn is a place in the queue. One goroutine's.
type turn struct {
	queue queue
	has   bool // it may read
}

// join takes a place, and the turn if nobody has to be waited for. Call leave when done.
func (q queue) join() (*turn, error) {
	select {
	case q.places <- struct{}{}:
	default:
		return nil, domain.Unavailable("replays_busy", "%d questions are being asked of the log already or wait; ask again when some are answered, or stop some: `gifty jobs` lists them", cap(q.places))
	}
	t := &turn{queue: q}
	select {
	case q.turns <- struct{}{}:
		t.has = true
	default:
	}
	return t, nil
}

// wait returns when it is the turn's time, or the context's cause when that ends before.
func (t *turn) wait(ctx context.Context) error {
	if t.has {
		return nil
	}
	select {
	case t.queue.turns <- struct{}{}:
		t.has = true
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (t *turn) leave() {
	if t.has {
		<-t.queue.turns
	}
	<-t.queue.places
}
