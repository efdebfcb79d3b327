package eventstore

import (
	"context"
	"crypto/sha256"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
)

// Memory is the log in memory, for tests of what stands on it. It decides exactly as Store does
// and passes the same conformance suite.
type Memory struct {
	encoder Store // only for encode: types, clock and ids

	mu       sync.RWMutex
	events   []domain.Recorded
	commands map[uuid.UUID]domain.StoredCommand
	versions map[string]int
	blobs    map[[sha256.Size]byte][]byte
}

var _ domain.Log = (*Memory)(nil)

// NewMemory makes an empty log.
func NewMemory(types *Types, opt Options) *Memory {
	return &Memory{
		encoder:  Store{types: types, opt: opt.withDefaults()},
		commands: map[uuid.UUID]domain.StoredCommand{},
		versions: map[string]int{},
		blobs:    map[[sha256.Size]byte][]byte{},
	}
}

// Append stores the events of one command.
func (m *Memory) Append(ctx context.Context, a domain.Append) (domain.Receipt, error) {
	req, err := m.encoder.encode(ctx, a)
	if err != nil {
		return domain.Receipt{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	head := domain.Position(len(m.events))
	versions := make(map[string]int, len(req.writes))
	for _, w := range req.writes {
		versions[w.stream] = m.versions[w.stream]
	}
	known := map[uuid.UUID]domain.StoredCommand{}
	if c, ok := m.commands[req.append.CommandID]; ok {
		known[req.append.CommandID] = c
	}
	d := decide([]*request{req}, state{head: head, versions: versions, commands: known})
	if len(d.accepted) == 1 {
		if err := m.record(req, d.answers[0].receipt); err != nil {
			return domain.Receipt{}, err
		}
	}
	return d.answers[0].receipt, d.answers[0].err
}

func (m *Memory) record(req *request, receipt domain.Receipt) error {
	var decoded []any // as Postgres would give them back; all, before anything is stored
	for _, w := range req.writes {
		for _, e := range w.events {
			event, err := m.encoder.types.Decode(e.typ, e.payload)
			if err != nil {
				return err
			}
			decoded = append(decoded, event)
		}
	}
	at := m.encoder.opt.Now().UTC().Truncate(time.Microsecond)
	for _, w := range req.writes {
		for _, e := range w.events {
			event := decoded[len(m.events)-int(receipt.First)+1]
			m.versions[w.stream]++
			m.events = append(m.events, domain.Recorded{Event: event, Meta: domain.Meta{
				Position: domain.Position(len(m.events) + 1), Stream: w.stream, Version: m.versions[w.stream],
				Type: e.typ, EventID: e.id, OccurredAt: at, Origin: req.append.Origin,
			}})
		}
	}
	for _, b := range req.append.Blobs {
		m.blobs[sha256.Sum256(b)] = slices.Clone(b)
	}
	m.commands[req.append.CommandID] = domain.StoredCommand{
		RequestHash: req.append.RequestHash, First: receipt.First, Last: receipt.Last, Result: req.append.Result,
	}
	return nil
}

// Streams returns the events of each named stream, in order.
func (m *Memory) Streams(_ context.Context, names ...string) (map[string][]domain.Recorded, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	streams := map[string][]domain.Recorded{}
	for _, e := range m.events {
		if slices.Contains(names, e.Stream) {
			streams[e.Stream] = append(streams[e.Stream], e)
		}
	}
	return streams, nil
}

// Command returns what is stored for a command id.
func (m *Memory) Command(_ context.Context, id uuid.UUID) (domain.StoredCommand, bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	c, ok := m.commands[id]
	return c, ok, nil
}

// Head is the position of the last event, 0 for an empty log.
func (m *Memory) Head(context.Context) (domain.Position, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return domain.Position(len(m.events)), nil
}

// Blob returns the bytes stored under a SHA-256, or a not_found error.
func (m *Memory) Blob(_ context.Context, sum []byte) ([]byte, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if len(sum) == sha256.Size {
		if b, ok := m.blobs[[sha256.Size]byte(sum)]; ok {
			return b, nil
		}
	}
	return nil, errNoBlob(sum)
}

// Read yields events in the log's order.
func (m *Memory) Read(_ context.Context, q Query) iter.Seq2[domain.Recorded, error] {
	m.mu.RLock()
	events := m.events // append-only: a snapshot
	m.mu.RUnlock()
	return func(yield func(domain.Recorded, error) bool) {
		for _, e := range events {
			wanted := e.Position > q.After && (q.UpTo == 0 || e.Position <= q.UpTo) &&
				(q.Stream == "" || e.Stream == q.Stream) && (len(q.Types) == 0 || slices.Contains(q.Types, e.Type))
			if wanted && !yield(e, nil) {
				return
			}
		}
	}
}
