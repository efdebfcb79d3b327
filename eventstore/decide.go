package eventstore

import (
	"bytes"
	"fmt"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"

	"gifty/domain"
)

// state is what a batch's decisions depend on.
type state struct {
	head     domain.Position
	batch    uuid.UUID                          // that the head names
	versions map[string]int                     // absent: no such stream
	commands map[uuid.UUID]domain.StoredCommand // absent: not known
	keys     map[uuid.UUID][]byte               // stored keys, wrapped; nil: destroyed; absent: not known
}

// decision is a batch's outcome, decided before anything is written.
type decision struct {
	answers  []answer // one a request, in the batch's order
	accepted []*request
	receipts []domain.Receipt // one an accepted request
	events   message.Messages
	blobs    [][]byte
	sealed   []sealedBlob
	keys     map[uuid.UUID]*subjectKey // to store
	forget   []uuid.UUID               // whose keys to destroy
}

// decide gives each request its positions or its refusal, in order, as if each had had a
// transaction of its own.
func decide(batch []*request, st state) decision {
	d := decision{answers: make([]answer, len(batch)), keys: map[uuid.UUID]*subjectKey{}}
	next := st.head + 1
	if st.commands == nil {
		st.commands = map[uuid.UUID]domain.StoredCommand{}
	}
	for i, r := range batch {
		if known, ok := st.commands[r.append.CommandID]; ok {
			d.answers[i] = repeated(r, known)
			continue
		}
		if err := r.check(st.versions); err != nil {
			d.answers[i] = answer{err: err}
			continue
		}
		if err := d.take(r.keys, st.keys); err != nil {
			d.answers[i] = answer{err: err}
			continue
		}
		receipt := domain.Receipt{First: next, Versions: make(map[string]int, len(r.writes))}
		for _, w := range r.writes {
			for _, e := range w.events {
				st.versions[w.stream]++
				d.events = append(d.events, newMessage(e, next, w.stream, st.versions[w.stream], r.origin))
				next++
			}
			receipt.Versions[w.stream] = st.versions[w.stream]
		}
		receipt.Last = next - 1
		if d.forget = append(d.forget, r.append.Forget...); r.sealed != nil {
			d.sealed = append(d.sealed, r.sealed...)
		} else {
			d.blobs = append(d.blobs, r.append.Blobs...)
		}
		d.accepted = append(d.accepted, r)
		d.receipts = append(d.receipts, receipt)
		d.answers[i] = answer{receipt: receipt}
		st.commands[r.append.CommandID] = domain.StoredCommand{RequestHash: r.append.RequestHash, First: receipt.First, Last: receipt.Last, Result: r.append.Result}
	}
	return d
}

// take adds a request's new keys to those to store, unless a subject has another one by now.
func (d *decision) take(keys []*subjectKey, stored map[uuid.UUID][]byte) error {
	for _, k := range keys {
		wrapped, known := stored[k.subject]
		switch {
		case known && wrapped == nil:
			return ErrErased
		case known && !bytes.Equal(wrapped, k.wrapped), d.keys[k.subject] != nil && d.keys[k.subject] != k:
			return errKeyTaken
		}
	}
	for _, k := range keys {
		if _, known := stored[k.subject]; !known && !k.stored.Load() {
			d.keys[k.subject] = k
		}
	}
	return nil
}

func repeated(r *request, known domain.StoredCommand) answer {
	if !bytes.Equal(known.RequestHash, r.append.RequestHash) {
		return answer{err: domain.ErrCommandReused}
	}
	return answer{receipt: domain.Receipt{First: known.First, Last: known.Last, Result: known.Result, Repeated: true}}
}

func (r *request) check(versions map[string]int) error {
	for _, w := range r.writes {
		if w.expect != domain.AnyVersion && w.expect != versions[w.stream] {
			return domain.ErrVersion.Because(fmt.Errorf("stream %s is at version %d, not %d", w.stream, versions[w.stream], w.expect))
		}
	}
	return nil
}
