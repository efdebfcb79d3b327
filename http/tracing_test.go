package http_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"gifty/projections"
	"gifty/projections/reaction"
)

// traced is a server whose spans are kept.
func traced(t *testing.T) (*server, func() tracetest.SpanStubs) {
	kept := tracetest.NewInMemoryExporter()
	provider := sdk.NewTracerProvider(sdk.WithSyncer(kept))
	t.Cleanup(func() { _ = provider.Shutdown(t.Context()) })
	return startTraced(t, provider), kept.GetSpans
}

// of are the names of a trace's spans, sorted, each once.
func of(spans tracetest.SpanStubs, id trace.TraceID) (names []string) {
	for _, s := range spans {
		if s.SpanContext.TraceID() == id {
			names = append(names, s.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func attributeOf(s tracetest.SpanStub, key string) string {
	for _, a := range s.Attributes {
		if string(a.Key) == key {
			return a.Value.String()
		}
	}
	return ""
}

// A trace that a client has begun holds its request, what it appended, the tables that folded it and the
// step that it asked for, with what that appended; and all bear the request's correlation id.
func TestOneTraceFromTheRequestToTheReactions(t *testing.T) {
	t.Parallel()
	s, spans := traced(t)
	tried := make(chan string, 100)
	s.works(reaction.Options{Done: func(table string, _ time.Duration, _ error) { tried <- table }})
	const client = "0af7651916cd43dd8448eb211c80319c"
	s.do("POST", "/v1/discoveries", `{"quiz":{"interests":["tea"]}}`, "Prefer", "wait=10", "traceparent", "00-"+client+"-b7ad6b7169203331-01").want(200)
	<-tried
	if err := s.engine.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	id, err := trace.TraceIDFromHex(client)
	if err != nil {
		t.Fatal(err)
	}
	names := of(spans(), id)
	for _, want := range []string{"start-discovery", "append", "fold session_view", "fold discovery_steps", "react discovery_steps"} {
		if !slices.Contains(names, want) {
			t.Errorf("the trace has no span %q: %q", want, names)
		}
	}
	correlations := map[string]bool{}
	byID := map[trace.SpanID]tracetest.SpanStub{}
	for _, span := range spans() {
		byID[span.SpanContext.SpanID()] = span
	}
	for _, span := range byID {
		if span.SpanContext.TraceID() != id {
			continue
		}
		correlations[attributeOf(span, "gifty.correlation_id")] = true
		if parent := byID[span.Parent.SpanID()]; strings.HasPrefix(span.Name, "fold ") && parent.Name != "append" {
			t.Errorf("%s is below %q", span.Name, parent.Name)
		}
	}
	if len(correlations) != 1 || correlations[""] {
		t.Errorf("correlation ids: %v", correlations)
	}
}

// A job shows in the trace of the request that began it.
func TestJobsAreInTheTraceOfTheirRequest(t *testing.T) {
	t.Parallel()
	s, spans := traced(t)
	s.do("POST", "/v1/recipients", `{"name":"Ann","interests":["tea"]}`).want(201)
	var job projections.Job
	s.do("POST", "/v1/funnels/run", `{"names":["quiz"]}`).want(202).into(&job)
	s.follow(job)
	var request, replay tracetest.SpanStub
	for _, span := range spans() {
		switch span.Name {
		case "run-funnels":
			request = span
		case "job funnel":
			replay = span
		}
	}
	if replay.Parent.SpanID() != request.SpanContext.SpanID() || attributeOf(replay, "gifty.job") != fmt.Sprint(job.ID) {
		t.Errorf("%+v\n%+v", request, replay)
	}
}

// Nothing of a trace is stored where nobody traces.
func TestUntracedEventsBearNoTrace(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.do("POST", "/v1/recipients", `{"name":"Ann","interests":["tea"]}`, "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").want(201)
	var metadata string
	if err := s.pool.QueryRow(t.Context(), `SELECT metadata::text FROM events ORDER BY position LIMIT 1`).Scan(&metadata); err != nil || strings.Contains(metadata, "trace") {
		t.Errorf("%s %v", metadata, err)
	}
}
