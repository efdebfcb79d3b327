package events

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/parquet-go/parquet-go"

	"gifty/domain"
)

// Format is how events are handed out.
type Format string

// The formats.
const (
	JSONL   Format = "jsonl"   // an object a line
	CSV     Format = "csv"     // a header, then a row an event; the payload as JSON
	Parquet Format = "parquet" // the same columns; complete only at the end
)

// EventRow is an event as the formats have it.
type EventRow struct {
	Position      int64           `json:"position" parquet:"position"`
	Type          string          `json:"type" parquet:"type,dict"`
	Stream        string          `json:"stream" parquet:"stream"`
	Version       int             `json:"version" parquet:"version" doc:"Its place in the stream, from 1."`
	EventID       string          `json:"event_id" parquet:"event_id" format:"uuid"`
	OccurredAt    time.Time       `json:"occurred_at" parquet:"occurred_at,timestamp(microsecond)"`
	Actor         string          `json:"actor" parquet:"actor,dict"`
	CorrelationID string          `json:"correlation_id,omitempty" parquet:"correlation_id,optional" doc:"The same for all that one request set off."`
	CausationID   string          `json:"causation_id,omitempty" parquet:"causation_id,optional"`
	CommandID     string          `json:"command_id,omitempty" parquet:"command_id,optional"`
	Payload       json.RawMessage `json:"payload" parquet:"payload,json"`
}

// RowOf is an event's row.
func RowOf(e Entry) EventRow {
	return EventRow{
		Position: int64(e.Position), Type: e.Type, Stream: e.Stream, Version: e.Version, EventID: e.EventID.String(), OccurredAt: e.OccurredAt,
		Actor: e.Actor, CorrelationID: orNothing(e.CorrelationID), CausationID: orNothing(e.CausationID), CommandID: orNothing(e.CommandID), Payload: e.Payload,
	}
}

func orNothing(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}

// Writer writes events in a format. Flush hands out what was written so far, as far as the format
// can; Close completes it.
type Writer interface {
	Write(e Entry) error
	Flush() error
	Close() error
}

// NewWriter writes events in one of the formats.
func NewWriter(f Format, w io.Writer) (Writer, error) {
	switch f {
	case JSONL:
		b := bufio.NewWriter(w)
		e := json.NewEncoder(b)
		e.SetEscapeHTML(false)
		return lines{b, e}, nil
	case CSV:
		out := csv.NewWriter(w)
		return rows{out}, out.Write([]string{"position", "type", "stream", "version", "event_id", "occurred_at", "actor", "correlation_id", "causation_id", "command_id", "payload"})
	case Parquet:
		return table{parquet.NewGenericWriter[EventRow](w, parquet.Compression(&parquet.Zstd))}, nil
	}
	return nil, domain.Invalid("format_unknown", "%q is no format; there are jsonl, csv and parquet", string(f))
}

type lines struct {
	*bufio.Writer
	encoder *json.Encoder
}

func (l lines) Write(e Entry) error { return l.encoder.Encode(RowOf(e)) }
func (l lines) Close() error        { return l.Flush() }

type rows struct{ out *csv.Writer }

func (r rows) Write(e Entry) error {
	row := RowOf(e)
	return r.out.Write([]string{
		strconv.FormatInt(row.Position, 10), row.Type, row.Stream, strconv.Itoa(row.Version), row.EventID, row.OccurredAt.Format(time.RFC3339Nano),
		row.Actor, row.CorrelationID, row.CausationID, row.CommandID, string(row.Payload),
	})
}

func (r rows) Flush() error {
	r.out.Flush()
	return r.out.Error()
}

func (r rows) Close() error { return r.Flush() }

type table struct {
	out *parquet.GenericWriter[EventRow]
}

// rowGroup is how many events are held in memory before they go out.
const rowGroup = 50_000

func (t table) Write(e Entry) error {
	_, err := t.out.Write([]EventRow{RowOf(e)})
	if err == nil && e.Position%rowGroup == 0 {
		err = t.out.Flush()
	}
	return err
}

func (t table) Flush() error { return nil } // a row group an event would be most of the file
func (t table) Close() error { return t.out.Close() }
