package domain

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"
)

// Log is the one ordered log of everything that happened. Package eventstore implements it twice:
// on Postgres, and in memory for tests.
type Log interface {
	// Append stores all of an append or nothing. Errors: ErrVersion, ErrCommandReused, or an outage
	// (KindUnavailable). When ctx ends first the outcome is unknown; retry with the same command id.
	Append(ctx context.Context, a Append) (Receipt, error)
	// Stream returns the events of each named stream in order; a stream without events is absent.
	Streams(ctx context.Context, names ...string) (map[string][]Recorded, error)
	// Command returns what was stored for a command id, and false when it is new.
	Command(ctx context.Context, id uuid.UUID) (StoredCommand, bool, error)
}

// Expected versions of a stream.
const (
	NoStream   = 0  // the stream must not exist yet
	AnyVersion = -1 // whatever it is
)

// Append is one command's worth of facts.
type Append struct {
	CommandID   uuid.UUID // uuid.Nil: not idempotent, nothing is remembered
	RequestHash []byte    // SHA-256 of the request; tells a retry from a reused id
	Result      json.RawMessage
	Origin      Origin
	Writes      []Write
	Blobs       [][]byte // stored under their SHA-256 in the same transaction
	// Forget names recipients and givers whose data nobody can read any more once this is stored.
	Forget []uuid.UUID
}

// Write adds events to one stream. With no events it only demands the version.
type Write struct {
	Stream string
	Expect int
	Events []any
}

// Receipt tells where an append landed. First is Last+1 when it held no events.
type Receipt struct {
	First, Last Position
	Versions    map[string]int  // each written stream's version afterwards; nil when repeated
	Result      json.RawMessage // the first answer, when this was a repeat
	Repeated    bool
}

// StoredCommand is what the log remembers of a command.
type StoredCommand struct {
	RequestHash []byte
	First, Last Position
	Result      json.RawMessage
}
