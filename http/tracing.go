package http

import (
	"context"
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// traced makes a span of every request, in the trace that its client has begun, if any.
func (a *api) traced(next http.Handler) http.Handler {
	if a.Tracing == nil {
		return next
	}
	return otelhttp.NewHandler(next, "request", otelhttp.WithTracerProvider(a.Tracing), otelhttp.WithMeterProvider(noop.NewMeterProvider()),
		otelhttp.WithPropagators(propagation.TraceContext{}))
}

// nameSpan tells what the request is, once that is known.
func nameSpan(ctx context.Context, operation string) {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		x := exchangeFrom(ctx)
		span.SetName(operation)
		span.SetAttributes(attribute.String("gifty.request_id", x.id), attribute.String("gifty.correlation_id", correlation(x.id).String()))
	}
}

// sameTrace goes on in the trace of a request that does not wait for what it has begun.
func sameTrace(ctx, request context.Context) context.Context {
	return trace.ContextWithSpanContext(ctx, trace.SpanContextFromContext(request))
}
