package analytics

import (
	"math"
	"math/bits"
)

// state is how far an entity has come. Events of the same moment wait here until a later one comes,
// because they count in the order of the steps, whatever their order in the log.
type state struct {
	now      int64  // the moment at hand, microseconds
	began    int64  // when the way began that led furthest
	first    int64  // when the first step was reached for the first time; never: not yet
	returned uint64 // by period after that: came back
	events   int64  // that were about it
	hit      uint32 // steps at the moment at hand, a bit each
	again    uint32 // those hit more than once
	excluded uint32 // exclusions at the moment at hand
	level    uint8  // steps reached, of the way that led furthest
	other    bool   // strict_order: something else at the moment at hand
	ended    bool   // nothing can change any more
}

// never is a time that was not.
const never = math.MinInt64

// way is a state with its times, microseconds.
type way struct {
	*state
	times   []int64 // all of the following, one after the other
	since   []int64 // by step: when the latest way began that reached it; with any_order, when it was hit last
	last    []int64 // by step: when that way reached it; only with strict_increase
	reached []int64 // by step: how long after its beginning a way first reached it
}

// wayOf is a state with its times, as many as the stride.
func (f *funnel) wayOf(s *state, times []int64) way {
	n := len(f.Steps)
	return way{state: s, times: times, since: times[:n], reached: times[n : 2*n], last: times[2*n:]}
}

// goOn moves to the moment of the next event. The log's order rules: an event whose clock was slow
// counts as of the moment of the one before it.
func (f *funnel) goOn(w way, at int64) {
	if at > w.now {
		f.settle(w)
		w.now = at
	}
}

// arrive takes in what an event is to the funnel.
func (w way) arrive(hit, excluded uint32, other bool) {
	if w.ended {
		return
	}
	w.again |= w.hit & hit
	w.hit |= hit
	w.excluded |= excluded
	w.other = w.other || other
}

// settle counts what has come at the moment at hand. It is ClickHouse's windowFunnel, event by event:
// what matches no step comes first, then the steps in their order.
// https://clickhouse.com/docs/sql-reference/aggregate-functions/parametric-functions#windowfunnel
func (f *funnel) settle(w way) {
	hit, again, excluded, other := w.hit, w.again, w.excluded, w.other
	w.hit, w.again, w.excluded, w.other = 0, 0, 0, false
	if f.any {
		f.settleAny(w, hit)
		return
	}
	for ; excluded != 0; excluded &= excluded - 1 {
		span := f.spans[bits.TrailingZeros32(excluded)]
		for k := span[0]; k < span[1]; k++ {
			w.since[k] = never
		}
	}
	if other && w.first != never {
		w.ended = true
	}
	for ; hit != 0 && !w.ended; hit &= hit - 1 {
		k := bits.TrailingZeros32(hit)
		f.step(w, k)
		if again&(1<<k) != 0 && !w.ended {
			f.step(w, k)
		}
	}
}

func (f *funnel) step(w way, k int) {
	switch {
	case k == 0:
		w.since[0] = w.now
		if w.first == never {
			w.first = w.now
		}
	case f.once && w.since[k] != never, f.order && w.first != never && w.since[k-1] == never:
		w.ended = true
		return
	case w.since[k-1] == never || w.now > w.since[k-1]+f.window || f.rising && w.last[k-1] >= w.now:
		return
	default:
		w.since[k] = w.since[k-1]
	}
	if f.rising {
		w.last[k] = w.now
	}
	f.reach(w, k, w.since[k])
}

// reach notes that a way that began at some time has reached a step.
func (f *funnel) reach(w way, k int, began int64) {
	if k < int(w.level) {
		return
	}
	w.level, w.began, w.reached[k] = uint8(k+1), began, w.now-began
	w.ended = k+1 == len(f.Steps)
}

// settleAny counts how many steps were hit within the window that ends now.
func (f *funnel) settleAny(w way, hit uint32) {
	if hit == 0 {
		return
	}
	if w.first == never {
		w.first = w.now
	}
	for ; hit != 0; hit &= hit - 1 {
		w.since[bits.TrailingZeros32(hit)] = w.now
	}
	level, began := 0, w.now
	for _, at := range w.since {
		if at != never && at >= w.now-f.window {
			level, began = level+1, min(began, at)
		}
	}
	for k := int(w.level); k < level; k++ {
		f.reach(w, k, began)
	}
}
