package projections

import (
	"sync"
	"sync/atomic"

	"gifty/domain"
)

// alarm wakes one projector when the log holds something it has not seen.
type alarm struct {
	ring   chan struct{} // capacity 1
	wanted atomic.Int64  // the newest event for this table, as far as the watch knows
	seen   atomic.Int64  // up to where the projector has looked
	asked  int64         // wanted, when the projector last began to look
	forced atomic.Bool   // look whatever is known
}

func newAlarm() alarm { return alarm{ring: make(chan struct{}, 1)} }

// want asks the projector to come up to position.
func (a *alarm) want(position domain.Position) {
	if raise(&a.wanted, int64(position)) > a.seen.Load() {
		a.wake()
	}
}

// force makes the projector look even if there seems to be nothing new.
func (a *alarm) force() {
	a.forced.Store(true)
	a.wake()
}

func (a *alarm) wake() {
	select {
	case a.ring <- struct{}{}:
	default:
	}
}

// looking, reached and looked are the projector's: it begins a look; it came up to a position; it
// found nothing to do, because another process does it.
func (a *alarm) looking()                         { a.asked = a.wanted.Load() }
func (a *alarm) reached(position domain.Position) { raise(&a.seen, int64(position)) }
func (a *alarm) looked()                          { raise(&a.seen, a.asked) }

// wait returns true when there is something to look for, and false when it is time to stop.
func (a *alarm) wait(stop <-chan struct{}) bool {
	for {
		select {
		case <-stop:
			return false
		default:
		}
		if a.forced.Swap(false) || a.wanted.Load() > a.seen.Load() {
			return true
		}
		select {
		case <-a.ring:
		case <-stop:
			return false
		}
	}
}

// raise sets v to x if that is higher, and returns the higher of both.
func raise(v *atomic.Int64, x int64) int64 {
	for {
		old := v.Load()
		if x <= old {
			return old
		}
		if v.CompareAndSwap(old, x) {
			return x
		}
	}
}

// broadcast wakes all who wait for the next announcement.
type broadcast struct {
	mu   sync.Mutex
	next chan struct{}
}

func newBroadcast() *broadcast { return &broadcast{next: make(chan struct{})} }

func (b *broadcast) announce() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.next)
	b.next = make(chan struct{})
}

// wait returns a channel that is closed by the next announcement.
func (b *broadcast) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.next
}

// Moved gives a channel that is closed when some read table of this process moves next. It is a hint:
// tables that other processes keep are not heard of.
func (e *Engine) Moved() <-chan struct{} { return e.moved.wait() }
