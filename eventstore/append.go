package eventstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"gifty/domain"
)

// request is one append on its way through the coalescer, encoded by its caller's goroutine so
// that committers only decide and send.
type request struct {
	ctx    context.Context
	append domain.Append
	writes []encodedWrite
	origin []byte
	answer chan answer // buffered: a committer never waits for a caller that left

	hash   []byte        // of the request, as it is stored
	result []byte        // as it is stored
	sealer *subjectKey   // of the first event that is somebody's; nil: none is
	keys   []*subjectKey // that the events are sealed by and may not be stored yet
	sealed []sealedBlob  // in place of append.Blobs
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
func (s *Store) Append(ctx context.Context, a domain.Append) (receipt domain.Receipt, err error) {
	ctx, end := s.traced(ctx, &a)
	defer func() { end(receipt, err) }()
	for {
		req, err := s.encode(ctx, a)
		if err != nil {
			return domain.Receipt{}, err
		}
		if s.stopped.Err() != nil {
			return domain.Receipt{}, errClosed
		}
		if a.CommandID == uuid.Nil && len(a.Writes) == 0 && len(a.Blobs) == 0 && len(a.Forget) == 0 { // nothing to store or demand
			head, err := s.Head(ctx)
			return domain.Receipt{First: head + 1, Last: head}, err
		}
		receipt, err := s.submit(ctx, req)
		if errors.Is(err, errKeyTaken) {
			if err := s.types.keys.again(ctx, req.keys); err != nil {
				return domain.Receipt{}, err
			}
			continue
		}
		if err == nil && receipt.Repeated {
			receipt.Result, err = s.openResult(ctx, req.append.CommandID, receipt.Result)
		}
		return receipt, err
	}
}

// submit queues the request and waits for its answer. It may find the store closed at any moment.
func (s *Store) submit(ctx context.Context, req *request) (domain.Receipt, error) {
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
	case <-s.ended:
	}
	select {
	case a := <-req.answer:
		return a.receipt, a.err
	default: // queued when the committer had left; nothing is stored
		return domain.Receipt{}, errClosed
	}
}

func errUnanswered(cause error) error {
	e := domain.Unavailable("log_unavailable", "the log did not answer in time; retry with the same idempotency key").Because(cause)
	e.RetryAfter = time.Second
	return e
}

func (s *Store) encode(ctx context.Context, a domain.Append) (*request, error) {
	req := &request{ctx: ctx, append: a, answer: make(chan answer, 1)}
	if a.CommandID == uuid.Nil {
		req.append.CommandID = s.opt.NewID()
	}
	if len(a.Result) == 0 {
		req.append.Result = []byte("null")
	}
	if !json.Valid(req.append.Result) {
		return nil, fmt.Errorf("the command's result is not JSON: %.80q", req.append.Result)
	}
	for _, w := range a.Writes {
		if err := checkStream(w.Stream); err != nil {
			return nil, err
		}
		enc := encodedWrite{stream: w.Stream, expect: w.Expect, events: make([]encodedEvent, 0, len(w.Events))}
		for _, e := range w.Events {
			name, payload, key, err := s.types.encode(ctx, e, func(subject uuid.UUID) bool { return begins(w, subject) })
			if err != nil {
				return nil, err
			}
			req.sealedBy(key)
			enc.events = append(enc.events, encodedEvent{id: s.opt.NewID(), typ: name, payload: payload})
		}
		req.writes = append(req.writes, enc)
	}
	req.append.Origin.CommandID = req.append.CommandID
	if req.append.Origin.CorrelationID == uuid.Nil {
		req.append.Origin.CorrelationID = req.append.CommandID
	}
	req.origin = encodeOrigin(req.append.Origin)
	return req, s.sealRequest(req)
}

func (r *request) size() (events int) {
	for _, w := range r.writes {
		events += len(w.events)
	}
	return events
}

// maxStream bounds a stream's name, in bytes: Postgres refuses index keys of more than 2,704.
const maxStream = 2600

func checkStream(name string) error {
	if name == "" || len(name) > maxStream || !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
		return domain.Invalid("stream_invalid", "%.80q is not a usable id", name)
	}
	return nil
}
