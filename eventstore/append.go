package eventstore

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"gifty/domain"
)

// request is one append on its way through the coalescer, encoded by its caller's goroutine so
// that committers only decide and send.
type request struct {
	ctx     context.Context
	append  domain.Append
	named   bool // the caller chose the command id, so it may be a repeat
	writes  []encodedWrite
	origin  []byte
	answer  chan answer // buffered: a committer never waits for a caller that left
	retried bool        // an earlier try has an unknown outcome
}

type encodedWrite struct {
	stream string
	expect int
	events []encodedEvent
}

type encodedEvent struct {
	id      uuid.UUID
	typ     string
	payload []byte
}

type answer struct {
	receipt domain.Receipt
	err     error
}

var errClosed = domain.Unavailable("shutting_down", "the log is shutting down; retry in a moment")

// Append stores the events of one command. It returns once they are durable, or with an error and
// nothing stored. While Postgres does not answer it waits and tries again until ctx ends.
func (s *Store) Append(ctx context.Context, a domain.Append) (domain.Receipt, error) {
	req, err := s.encode(ctx, a)
	if err != nil {
		return domain.Receipt{}, err
	}
	if s.stopped.Err() != nil {
		return domain.Receipt{}, errClosed
	}
	if !req.named && req.size() == 0 && len(a.Blobs) == 0 {
		head, err := s.Head(ctx)
		return domain.Receipt{First: head + 1, Last: head}, err
	}
	select {
	case s.queue <- req:
	case <-s.stopped.Done():
		return domain.Receipt{}, errClosed
	case <-ctx.Done():
		return domain.Receipt{}, errUnanswered(ctx.Err())
	}
	select {
	case a := <-req.answer:
		return a.receipt, a.err
	case <-ctx.Done():
		return domain.Receipt{}, errUnanswered(ctx.Err())
	}
}

func errUnanswered(cause error) error {
	e := domain.Unavailable("log_unavailable", "the log did not answer in time; retry with the same idempotency key").Because(cause)
	e.RetryAfter = time.Second
	return e
}

func (s *Store) encode(ctx context.Context, a domain.Append) (*request, error) {
	req := &request{ctx: ctx, append: a, named: a.CommandID != uuid.Nil, answer: make(chan answer, 1)}
	if !req.named {
		req.append.CommandID = s.opt.NewID()
	}
	if len(a.Result) == 0 {
		req.append.Result = []byte("null")
	}
	for _, w := range a.Writes {
		if err := checkStream(w.Stream); err != nil {
			return nil, err
		}
		enc := encodedWrite{stream: w.Stream, expect: w.Expect, events: make([]encodedEvent, 0, len(w.Events))}
		for _, e := range w.Events {
			name, payload, err := s.types.Encode(e)
			if err != nil {
				return nil, err
			}
			enc.events = append(enc.events, encodedEvent{id: s.opt.NewID(), typ: name, payload: payload})
		}
		req.writes = append(req.writes, enc)
	}
	req.append.Origin.CommandID = req.append.CommandID
	if req.append.Origin.CorrelationID == uuid.Nil {
		req.append.Origin.CorrelationID = req.append.CommandID
	}
	req.origin = encodeOrigin(req.append.Origin)
	return req, nil
}

func (r *request) size() (events int) {
	for _, w := range r.writes {
		events += len(w.events)
	}
	return events
}

func checkStream(name string) error {
	if name == "" || len(name) > 4096 || !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
		return domain.Invalid("stream_invalid", "%.80q is not a usable id", name)
	}
	return nil
}

// commitLoop turns queued appends into transactions until the store closes and the queue is empty.
func (s *Store) commitLoop() {
	for {
		batch := s.gather()
		if batch == nil {
			return
		}
		s.commitAll(batch)
	}
}

// maxEvents is when a batch is full whatever its number of commands; it bounds how long the head
// stays locked.
const maxEvents = 10_000

// gather waits for a first append and takes what else is queued. It returns with the baton held,
// or nil when the store is closed and drained.
func (s *Store) gather() []*request {
	s.baton.Lock()
	var first *request
	select {
	case first = <-s.queue:
	default:
		select {
		case first = <-s.queue:
		case <-s.stopped.Done():
			select {
			case first = <-s.queue:
			default:
				s.baton.Unlock()
				return nil
			}
		}
	}
	batch, events := []*request{first}, first.size()
	for len(batch) < s.opt.MaxBatch && events < maxEvents {
		select {
		case r := <-s.queue:
			batch, events = append(batch, r), events+r.size()
		default:
			return batch
		}
	}
	return batch
}

// Waits between tries while Postgres does not answer.
const (
	firstRetry = 20 * time.Millisecond
	slowRetry  = time.Second
)

// commitAll commits a batch, trying again after an outage for as long as a caller waits. The
// baton is held on entry and released once.
func (s *Store) commitAll(batch []*request) {
	release := sync.OnceFunc(s.baton.Unlock)
	defer release()
	for wait := firstRetry; ; wait = min(2*wait, slowRetry) {
		if batch = stillWaiting(batch); len(batch) == 0 {
			return
		}
		err := s.commit(batch, release)
		switch {
		case err == nil:
			return
		case isOutage(err) && s.stopped.Err() != nil:
			for _, r := range batch {
				r.answer <- answer{err: errClosed.Because(err)}
			}
			return
		case isOutage(err):
			s.opt.Logger.Warn("the log's database does not answer; trying again", "error", err, "appends", len(batch), "wait", wait)
			for _, r := range batch {
				r.retried = true
			}
			s.pause(wait)
		case len(batch) == 1:
			batch[0].answer <- answer{err: fmt.Errorf("append: %w", err)}
			return
		default:
			// One append poisons the transaction; find it by giving each its own.
			for _, r := range batch {
				s.commitAlone(r)
			}
			return
		}
	}
}

func (s *Store) commitAlone(r *request) {
	if err := s.commit([]*request{r}, func() {}); err != nil {
		r.answer <- answer{err: fmt.Errorf("append: %w", err)}
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
