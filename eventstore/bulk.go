package eventstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"gifty/domain"
)

// readRun is the run of events in a range of positions. Those of other types only count.
const readRun = `COPY (SELECT position, version, event_id, occurred_at, stream, type,
		CASE WHEN type = ANY('{%[3]s}') THEN metadata END, CASE WHEN type = ANY('{%[3]s}') THEN payload END
	FROM events WHERE position > %[1]d AND position <= %[2]d ORDER BY position) TO STDOUT (FORMAT binary)`

// ReadRun reads the events after one position up to another by binary COPY, the fastest way out of
// Postgres, and returns those of the wanted types (stored names), in order. Every position in the
// range must be there: a gap is an error. The events live in the buffer, until it is used again.
func ReadRun(ctx context.Context, conn *pgx.Conn, buffer *bytes.Buffer, after, upTo domain.Position, wanted []string) ([]RawEvent, error) {
	buffer.Reset()
	if _, err := conn.PgConn().CopyTo(ctx, buffer, fmt.Sprintf(readRun, after, upTo, strings.Join(wanted, ","))); err != nil {
		return nil, fmt.Errorf("read the log after %d: %w", after, err)
	}
	names := make(map[string]string, len(wanted))
	for _, n := range wanted {
		names[n] = n
	}
	r := copyReader{rest: buffer.Bytes()}
	r.header()
	events := make([]RawEvent, 0, upTo-after)
	for at := after + 1; ; at++ {
		e, ok := r.event(names)
		if r.err != nil || !ok {
			if r.err == nil && at <= upTo {
				r.err = &GapError{at}
			}
			return events, r.err
		}
		if e.Position != at {
			return nil, &GapError{at}
		}
		if e.Type != "" {
			events = append(events, e)
		}
	}
}

// GapError says which position the log should have and does not.
type GapError struct{ Missing domain.Position }

func (e *GapError) Error() string {
	return fmt.Sprintf("the log has a gap: event %d is missing; restore it from a backup", e.Missing)
}

// copyReader takes Postgres's binary COPY format apart.
// https://www.postgresql.org/docs/15/sql-copy.html#id-1.9.3.55.9.4
type copyReader struct {
	rest []byte
	err  error
}

var errCopy = errors.New("the server's COPY data make no sense")

func (r *copyReader) take(n int) []byte {
	if n < 0 || n > len(r.rest) {
		r.err, r.rest = errCopy, nil
		return make([]byte, max(0, min(n, 16)))
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *copyReader) header() {
	if !bytes.HasPrefix(r.rest, []byte("PGCOPY\n\xff\r\n\x00")) {
		r.err = errCopy
		return
	}
	r.take(15) // signature and flags
	r.take(int(binary.BigEndian.Uint32(r.take(4))))
}

// field is nil for NULL.
func (r *copyReader) field() []byte {
	n := int32(binary.BigEndian.Uint32(r.take(4)))
	if n == -1 {
		return nil
	}
	return r.take(int(n))
}

func (r *copyReader) number(size int) []byte {
	f := r.field()
	if len(f) != size {
		r.err = errCopy
		return make([]byte, size)
	}
	return f
}

// postgresEpoch is what Postgres counts microseconds from.
var postgresEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()

// event reads the next one; its Type stays empty when that is none of names. ok is false at the end.
func (r *copyReader) event(names map[string]string) (e RawEvent, ok bool) {
	if count := int16(binary.BigEndian.Uint16(r.take(2))); count != 8 || r.err != nil {
		if count != -1 {
			r.err = errCopy
		}
		return e, false
	}
	e.Position = domain.Position(binary.BigEndian.Uint64(r.number(8)))
	e.Version = int(int32(binary.BigEndian.Uint32(r.number(4))))
	copy(e.EventID[:], r.number(16))
	micros := int64(binary.BigEndian.Uint64(r.number(8)))
	stream, name := r.field(), r.field()
	e.origin, e.payload = r.field(), r.field()
	if e.Type = names[string(name)]; e.Type != "" {
		e.Stream, e.OccurredAt = string(stream), time.UnixMicro(micros+postgresEpoch).UTC()
	}
	return e, r.err == nil
}

// Decoder decodes events one after the other, faster than Types.DecodeRaw and with the same result.
// It remembers the last origin, because what one command appended shares it. One goroutine's.
type Decoder struct {
	Types  *Types
	raw    []byte
	origin domain.Origin
	keys   map[uuid.UUID]*subjectKey
}

// Load has the keys ready that these events are sealed by, in one question. Without it, or for others,
// Decode asks for each that is not remembered.
func (d *Decoder) Load(ctx context.Context, events []RawEvent) (err error) {
	d.keys, err = d.Types.keysFor(ctx, func(yield func(string, []byte) bool) {
		for _, r := range events {
			if !yield(r.Type, r.payload) {
				return
			}
		}
	})
	return err
}

// Opened is what the event says, with what was sealed in its place.
func (d *Decoder) Opened(r RawEvent) ([]byte, error) {
	return d.Types.opened(r.Type, r.payload, d.keys)
}

// Decode is Types.DecodeRaw.
func (d *Decoder) Decode(r RawEvent) (e domain.Recorded, err error) {
	e.Meta = r.Meta
	if !bytes.Equal(d.raw, r.origin) {
		d.raw, d.origin = d.raw[:0], domain.Origin{}
		if !unmarshal(r.origin, &d.origin) {
			return d.Types.DecodeRaw(r)
		}
		d.raw = append(d.raw, r.origin...)
	}
	e.Origin = d.origin
	known, ok := d.Types.byName[r.Type]
	if !ok {
		return d.Types.DecodeRaw(r)
	}
	payload, err := d.Opened(r)
	if err != nil {
		return e, err
	}
	if len(known.upcasts) == 0 {
		if event := reflect.New(known.goType); unmarshal(payload, event.Interface()) {
			e.Event = event.Elem().Interface()
			return e, nil
		}
	}
	e.Event, err = d.Types.decodeOpened(r.Type, payload)
	return e, err
}

// unmarshal is about twice as fast as encoding/json on our own events, which it was measured on,
// and strict where that is lenient: what it refuses is for encoding/json to judge. (goccy/go-json
// and sonic are up to twice as fast again, by unsafe means that depend on the Go version.)
func unmarshal(j []byte, into any) bool {
	return json.Unmarshal(j, into, json.RejectUnknownMembers(true), jsontext.AllowDuplicateNames(true)) == nil
}
