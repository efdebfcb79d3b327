package analytics

import (
	"crypto/sha256"

	"github.com/google/uuid"
)

// Event is what a plan needs of an event: when it occurred, and the values of the fields that
// Plan.Fields lists for its type. It is made to be used again and again:
//
//	e.Begin(kind, at)
//	for each of the plan's fields { e.Value(v) for each value it has; e.End() }
type Event struct {
	kind   int   // index into Plan.Types
	at     int64 // microseconds since 1970
	values []string
	ends   []int // of each field's values
}

// NewEvent has room for that many fields of a value each.
func NewEvent(fields int) *Event {
	return &Event{values: make([]string, 0, fields), ends: make([]int, 0, fields)}
}

// Begin forgets what was there.
func (e *Event) Begin(kind int, microseconds int64) {
	e.kind, e.at, e.values, e.ends = kind, microseconds, e.values[:0], e.ends[:0]
}

// Value adds a value to the field at hand: a text as it is, any other as JSON writes it. Folding
// copies what it keeps, so the text may change once the event was folded.
func (e *Event) Value(text string) { e.values = append(e.values, text) }

// End completes the field at hand; without a value it is absent.
func (e *Event) End() { e.ends = append(e.ends, len(e.values)) }

func (e *Event) field(i int) []string {
	if i == 0 {
		return e.values[:e.ends[0]]
	}
	return e.values[e.ends[i-1]:e.ends[i]]
}

// id is an entity's or a key's, made of its text so that it takes the same room whatever that is.
type id [16]byte

// idOf is a UUID itself, and the beginning of the SHA-256 of any other text.
func idOf(text string) id {
	if len(text) == 36 {
		if u, err := uuid.Parse(text); err == nil {
			return id(u)
		}
	}
	sum := sha256.Sum256([]byte(text))
	return id(sum[:16])
}
