package domain

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Aggregate is a thing that decides: its state is the fold of its own stream. Embed Root and
// write Apply, which must accept every event of the stream and must not fail.
type Aggregate interface {
	Apply(event any)
	root() *Root
}

// Root keeps an aggregate's place in its stream and what it decided since it was loaded.
type Root struct {
	stream  string
	version int
	pending []any
}

//nolint:unused // called through the constraint Aggregate
func (r *Root) root() *Root { return r }

// Version is the stream's version when the aggregate was loaded; 0 when it did not exist.
func (r *Root) Version() int { return r.version }

// Exists tells whether the stream held any event.
func (r *Root) Exists() bool { return r.version > 0 }

// Pending is what was recorded since loading, oldest first.
func (r *Root) Pending() []any { return r.pending }

// Write is what to append for this aggregate: its new events, at the version it was loaded at.
// With nothing new it only demands that version.
func (r *Root) Write() Write {
	return Write{Stream: r.stream, Expect: r.version, Events: r.pending}
}

// Record applies events and keeps them for Write.
func Record(a Aggregate, events ...any) {
	for _, e := range events {
		a.Apply(e)
		a.root().pending = append(a.root().pending, e)
	}
}

// Load folds each aggregate's stream into it. The map's keys are stream names; a stream
// without events leaves its aggregate as it was, with Exists false.
func Load[A Aggregate](ctx context.Context, log Log, byStream map[string]A) error {
	names := make([]string, 0, len(byStream))
	for name := range byStream {
		names = append(names, name)
	}
	streams, err := log.Streams(ctx, names...)
	if err != nil {
		return err
	}
	for name, a := range byStream {
		a.root().stream = name
		for _, e := range streams[name] {
			a.Apply(e.Event)
			a.root().version = e.Version
		}
	}
	return nil
}

// LoadOne folds one stream into a.
func LoadOne(ctx context.Context, log Log, stream string, a Aggregate) error {
	return Load(ctx, log, map[string]Aggregate{stream: a})
}

// Environment is what a decision may not make up itself.
type Environment struct {
	Now   func() time.Time // UTC
	NewID func() uuid.UUID // UUIDv7
}
