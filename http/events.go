package http

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/projections/events"
)

type eventsInput struct {
	Type        []string        `query:"type" maxItems:"100" doc:"Only these types, with commas between, such as discovery.started.v1."`
	Stream      string          `query:"stream" maxLength:"3000" doc:"Only this stream."`
	After       domain.Position `query:"after" minimum:"0" doc:"Only after this position."`
	UpTo        domain.Position `query:"up_to" minimum:"0" doc:"Only up to this position; absent: up to the end of the log."`
	From        time.Time       `query:"from" doc:"Only what occurred at this moment or later."`
	To          time.Time       `query:"to" doc:"Only what occurred before this moment."`
	Actor       string          `query:"actor" maxLength:"200" doc:"Only what this actor caused: giver:<id>, worker, system."`
	Correlation string          `query:"correlation_id" format:"uuid" doc:"Only what this request set off."`
	Limit       int             `query:"limit" minimum:"0" doc:"At most so many; absent: all."`
	Newest      bool            `query:"newest" doc:"The newest first."`
	Follow      bool            `query:"follow" doc:"Go on with what is appended, until you leave."`
	Format      string          `query:"format" enum:"jsonl,csv,parquet" default:"jsonl" doc:"jsonl: an object a line; csv: a header and a row an event; parquet: the same columns."`
	Personal    bool            `query:"personal" doc:"Show personal fields: names, ages, interests, what people typed. Absent, they are masked. Needs the scope analyst:personal besides."`
}

func (in *eventsInput) request() events.Request {
	id, _ := uuid.Parse(in.Correlation) // huma has checked it
	return events.Request{
		Filter: events.Filter{
			Types: in.Type, Stream: in.Stream, After: in.After, UpTo: in.UpTo, From: in.From, To: in.To,
			Actor: in.Actor, Correlation: id, Newest: in.Newest, Limit: in.Limit,
		},
		Follow: in.Follow, Personal: in.Personal,
	}
}

func eventMedia() map[string]string {
	return map[string]string{"jsonl": "application/jsonl", "csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
}

func registerEvents(a *api) {
	handle(a, huma.Operation{
		OperationID: "list-events", Method: http.MethodGet, Path: "/v1/events", Tags: []string{tagOperations}, Security: forStaff(account.AnalystRead),
		Summary: "Read the log as a stream, filtered", Errors: readErrors(),
		Description: "Events come in the log's order while they are read, however many there are. When reading breaks off, the last line of jsonl is an object with an error; the other formats end with the connection cut.",
		Metadata:    map[string]any{streamed: true},
		Responses: map[string]*huma.Response{"200": {Description: "The events.", Content: map[string]*huma.MediaType{
			"application/jsonl":              {Schema: schemaOf[events.EventRow](a.huma.OpenAPI().Components.Schemas)},
			"text/csv":                       {Schema: &huma.Schema{Type: huma.TypeString}},
			"application/vnd.apache.parquet": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
		}}},
	}, a.listEvents)
}

func (a *api) listEvents(ctx context.Context, in *eventsInput) (*huma.StreamResponse, error) {
	if a.Events == nil {
		return nil, domain.Unavailable("log_not_shown", "this server does not show its log")
	}
	if in.Follow && in.Format == string(events.Parquet) {
		return nil, domain.Invalid("format_unfit", "parquet is complete only at its end, so it can't be followed; take jsonl or csv").On("query.format", "goes not with follow")
	}
	if err := personal(ctx, in.Personal); err != nil {
		return nil, err
	}
	list, err := a.Events.Events(ctx, in.request())
	if err != nil {
		return nil, located(err, "query")
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		r, w := humago.Unwrap(c)
		defer func() { setWriteDeadline(w, time.Now().Add(answerGrace)) }()
		w = a.lasting(w)
		w.Header().Set("Content-Type", eventMedia()[in.Format])
		w.WriteHeader(http.StatusOK)
		stream := eventStream{format: events.Format(in.Format), follow: in.Follow, to: w}
		if err := stream.send(list); err != nil && r.Context().Err() == nil {
			stream.breakOff(r.Context(), err)
		}
	}}, nil
}

// eventStream is an answer under way.
type eventStream struct {
	format events.Format
	follow bool
	to     http.ResponseWriter
}

func (s eventStream) send(list func(func(events.Entry, error) bool)) error {
	out, err := events.NewWriter(s.format, s.to)
	if err != nil {
		return err
	}
	flush := func() error {
		if err := out.Flush(); err != nil {
			return err
		}
		return http.NewResponseController(s.to).Flush()
	}
	if s.follow { // so that the client knows that it is heard
		if err := flush(); err != nil {
			return err
		}
	}
	for e, err := range list {
		if err == nil {
			err = out.Write(e)
		}
		if err == nil && s.follow {
			err = flush()
		}
		if err != nil {
			_ = out.Flush() // what came before; the error is told in any case
			return err
		}
	}
	return out.Close()
}

// breakOff tells that what was sent is not all. Of what has begun the status can't.
func (s eventStream) breakOff(ctx context.Context, err error) {
	problem := problemOf(err).finish(ctx)
	if s.format != events.JSONL {
		panic(http.ErrAbortHandler)
	}
	if err := json.NewEncoder(s.to).Encode(map[string]any{"error": problem}); err != nil {
		exchangeFrom(ctx).logger.Debug("the client did not take the answer", "error", err)
	}
}
