package projections

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"gifty/domain"
	"gifty/eventstore"
)

// tracerName is what the spans of this package are told under.
const tracerName = "gifty/projections"

// tracedCommands is in how many commands' traces a batch shows at most: one of thousands of commands would
// take longer to tell than to apply.
const tracedCommands = 32

// traceBatch tells of a batch in the traces of the commands that appended its events.
func (p *projector) traceBatch(b *eventstore.Batch, began time.Time, err error) {
	if _, off := p.engine.opt.Tracing.(noop.TracerProvider); off {
		return
	}
	seen := map[string]int{}
	var origins []domain.Origin
	for _, e := range b.Events {
		if !bytes.Contains(e.Metadata(), []byte(`"traceparent"`)) {
			continue
		}
		var o domain.Origin
		if json.Unmarshal(e.Metadata(), &o) != nil {
			continue // applying it says so
		}
		if seen[o.Trace]++; seen[o.Trace] == 1 && len(origins) < tracedCommands {
			origins = append(origins, o)
		}
	}
	tracer := p.engine.opt.Tracing.Tracer(tracerName)
	for _, o := range origins {
		_, span := tracer.Start(eventstore.WithTrace(context.Background(), o.Trace), "fold "+p.table.name,
			trace.WithTimestamp(began), trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
				eventstore.CorrelationAttribute(o), attribute.Int("gifty.version", p.table.version), attribute.Int("gifty.command_events", seen[o.Trace]),
				attribute.Int64("gifty.batch_after", int64(b.After)), attribute.Int64("gifty.batch_up_to", int64(b.UpTo)), attribute.Int("gifty.batch_events", len(b.Events)),
			))
		eventstore.EndSpan(span, err)
	}
}

// traceJob begins the span of a job.
func (e *Engine) traceJob(ctx context.Context, j Job) (context.Context, trace.Span) {
	return e.opt.Tracing.Tracer(tracerName).Start(ctx, "job "+j.Kind, trace.WithAttributes(
		attribute.Int64("gifty.job", j.ID), attribute.StringSlice("gifty.names", j.Tables)))
}
