package eventstore

import (
	"fmt"
	"time"
)

// maxEvents is when a batch is full whatever its number of commands; it bounds how long the head
// stays locked.
const maxEvents = 10_000

// gathering is a batch that is coming together.
type gathering struct {
	batch  []*request
	events int
}

func (g *gathering) add(r *request) {
	g.batch = append(g.batch, r)
	g.events += r.size()
}

// gather takes what is queued. With nothing under way it waits for a first append; else the server
// is busy, and waiting a moment for the callers that were just answered to come back makes a fuller
// batch at no cost. Nil: nothing is queued, and with nothing under way that the store is closed.
func (s *Store) gather(busy bool) []*request {
	var g gathering
	s.drain(&g)
	if len(g.batch) == 0 && !busy {
		select {
		case r := <-s.queue:
			g.add(r)
		case <-s.stopped.Done():
		}
		s.drain(&g)
	}
	if !busy || s.full(g) || len(g.batch) >= s.answered {
		return g.batch
	}
	patience := time.NewTimer(s.pace / 3)
	defer patience.Stop()
	for len(g.batch) < s.answered && !s.full(g) {
		select {
		case r := <-s.queue:
			g.add(r)
			s.drain(&g)
		case <-patience.C:
			return g.batch
		}
	}
	return g.batch
}

// drain adds what is queued while there is room.
func (s *Store) drain(g *gathering) {
	for !s.full(*g) {
		select {
		case r := <-s.queue:
			g.add(r)
		default:
			return
		}
	}
}

func (s *Store) full(g gathering) bool {
	return len(g.batch) >= s.opt.MaxBatch || g.events >= maxEvents
}

// Waits between tries while Postgres does not answer.
const (
	firstRetry = 20 * time.Millisecond
	slowRetry  = time.Second
)

// commitAsking commits a batch under the head's lock and answers its callers, trying again after
// an outage for as long as one of them waits.
func (s *Store) commitAsking(l *line, batch []*request) {
	for wait := firstRetry; ; wait = min(2*wait, slowRetry) {
		if batch = stillWaiting(batch); len(batch) == 0 {
			return
		}
		began := time.Now()
		d, err := s.commitLocked(l, batch)
		if err == nil {
			s.answer(flight{batch, d, began})
			return
		}
		s.chain.forget()
		l.drop()
		switch {
		case isOutage(err) && s.stopped.Err() != nil:
			refuse(batch, errClosed.Because(err))
			return
		case isOutage(err):
			s.opt.Logger.Warn("the log's database does not answer; trying again", "error", err, "appends", len(batch), "wait", wait)
			s.pause(wait)
		case len(batch) == 1:
			refuse(batch, fmt.Errorf("append: %w", err))
			return
		default: // some append poisons the transaction; close in on it
			half := len(batch) / 2
			s.commitAsking(l, batch[:half:half])
			s.commitAsking(l, batch[half:])
			return
		}
	}
}

func refuse(batch []*request, err error) {
	for _, r := range batch {
		r.answer <- answer{err: err}
	}
}

func (s *Store) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.stopped.Done():
	}
}

func stillWaiting(batch []*request) []*request {
	waiting := batch[:0]
	for _, r := range batch {
		if r.ctx.Err() == nil {
			waiting = append(waiting, r)
		}
	}
	return waiting
}
