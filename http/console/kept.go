package console

import (
	"context"
	"sync"
	"time"
)

// kept is an answer that takes a while: pages show the last one at once, and whoever asks has a new
// one made beside. So a page is as fast as what it reads itself, and at most one look behind the log.
type kept[T any] struct {
	start func(func(context.Context))
	make  func(context.Context) (T, error)
	// former has, at once, what a process before this one made last, if anything. It is shown until there is
	// something newer. nil: there is no such thing.
	former func(context.Context) (answer T, known bool, err error)
	rest   time.Duration // for so long an answer is fresh, and not made anew

	mu     sync.Mutex
	last   T
	known  bool
	made   time.Time
	err    error         // of the last try
	making chan struct{} // closed when the one under way is there; nil: none is
}

func newKept[T any](start func(func(context.Context)), rest time.Duration, how func(context.Context) (T, error)) *kept[T] {
	return &kept[T]{start: start, make: how, rest: rest}
}

// patience is how long a page waits for a fresh answer before it shows the last one.
const patience = 60 * time.Millisecond

// get gives the answer, fresh if that takes no longer than patience; known is false when there is none
// yet. The error is of the last try, when nothing is known, or of former.
func (k *kept[T]) get(ctx context.Context) (answer T, known bool, err error) {
	k.mu.Lock()
	if k.known && time.Since(k.made) < k.rest {
		defer k.mu.Unlock()
		return k.last, true, nil
	}
	if k.making == nil {
		k.making = make(chan struct{})
		k.start(k.renew)
	}
	making := k.making
	k.mu.Unlock()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-making:
	case <-timer.C:
	case <-ctx.Done():
		return answer, false, ctx.Err()
	}
	if answer, known, err = k.present(); known || err != nil || k.former == nil {
		return answer, known, err
	}
	return k.former(ctx)
}

func (k *kept[T]) present() (answer T, known bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known {
		return k.last, true, nil
	}
	return k.last, false, k.err
}

func (k *kept[T]) renew(ctx context.Context) {
	answer, err := k.make(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err = err; err == nil {
		k.last, k.known, k.made = answer, true, time.Now()
	}
	close(k.making)
	k.making = nil
}
