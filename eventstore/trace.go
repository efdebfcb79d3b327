package eventstore

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"gifty/domain"
)

// tracerName is what the spans of this package are told under.
const tracerName = "gifty/eventstore"

const traceParent = "traceparent"

// traced begins the span of an append, which the events carry on, so that whoever folds or answers them
// shows in the same trace. end tells what came of it.
func (s *Store) traced(ctx context.Context, a *domain.Append) (_ context.Context, end func(domain.Receipt, error)) {
	ctx, span := s.tracer.Start(ctx, "append", trace.WithSpanKind(trace.SpanKindProducer))
	if !span.IsRecording() {
		return ctx, func(domain.Receipt, error) {}
	}
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	a.Origin.Trace = carrier[traceParent]
	return ctx, func(r domain.Receipt, err error) {
		span.SetAttributes(CorrelationAttribute(a.Origin), attribute.Int64("gifty.first_position", int64(r.First)),
			attribute.Int64("gifty.last_position", int64(r.Last)), attribute.Bool("gifty.repeated", r.Repeated))
		EndSpan(span, err)
	}
}

// CorrelationAttribute tells which chain of causes a span belongs to.
func CorrelationAttribute(o domain.Origin) attribute.KeyValue {
	return attribute.String("gifty.correlation_id", o.CorrelationID.String())
}

// EndSpan ends a span with what came of it.
func EndSpan(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
	span.End()
}

// WithTrace goes on in the trace of an event, by its Origin.Trace.
func WithTrace(ctx context.Context, parent string) context.Context {
	if parent == "" {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{traceParent: parent})
}
