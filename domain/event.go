// Package domain holds what every context shares: events and the log they go to, commands and
// their outcome, aggregates, money, principals and the one error type. It decides nothing itself
// and touches neither SQL, HTTP, clock nor randomness.
package domain

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/google/uuid"
)

// Position is an event's place in the log: 1, 2, 3 … without gaps, in commit order. 0 is before the first.
type Position int64

// Meta is what the log knows about an event besides its payload.
type Meta struct {
	Position   Position
	Stream     string // "<aggregate>-<id>"
	Version    int    // place in its stream: 1, 2, 3 …
	Type       string // stored name, "context.fact.v1"
	EventID    uuid.UUID
	OccurredAt time.Time // UTC, microseconds
	Origin
}

// Origin says who caused an event and which chain of causes it belongs to.
type Origin struct {
	Actor         string    `json:"actor"`                 // Principal.Actor of whoever issued the command
	CorrelationID uuid.UUID `json:"correlation_id"`        // the same for everything one request set off
	CausationID   uuid.UUID `json:"causation_id,omitzero"` // the event that a reaction answered
	CommandID     uuid.UUID `json:"command_id,omitzero"`   // the command that appended it
	// Trace is the span that appended it, as a W3C traceparent; empty where none was recorded.
	Trace string `json:"traceparent,omitempty"`
}

// Recorded is an event with its place in the log. Event holds the registered struct by value.
type Recorded struct {
	Meta
	Event any
}

// Personal is the struct tag of a field that can identify a person, or holds what somebody typed. Its
// value names the event's field that holds the id of whose data it is, and after a comma another where
// that is empty: `personal:"recipient_id,giver_id"`. Whoever shows events masks such fields unless
// they are allowed to see them.
const Personal = "personal"

// EventType ties a Go struct to the name under which it is stored, for ever.
type EventType struct {
	Name   string
	Go     reflect.Type
	Older  []Older
	Decode func(payload []byte) (any, error)
}

// Older is a name once used for the same fact, with the step that turns its payload into the current shape.
type Older struct {
	Name   string
	Upcast func(payload []byte) ([]byte, error)
}

// Type declares the stored name of event struct E. The name has the form "context.fact.vN".
func Type[E any](name string, older ...Older) EventType {
	return EventType{
		Name: name, Go: reflect.TypeFor[E](), Older: older,
		Decode: func(payload []byte) (any, error) {
			var e E
			if err := json.Unmarshal(payload, &e); err != nil {
				return nil, fmt.Errorf("decode %s: %w", name, err)
			}
			return e, nil
		},
	}
}
