package main

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"

	"gifty/domain"
)

// startTracing sends traces where OpenTelemetry's environment says, by OTLP over HTTP; without it there are
// none, and nothing is spent on them. OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER, the
// OTEL_BSP_* and OTEL_EXPORTER_OTLP_* mean what they do everywhere.
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
func (a *app) startTracing(ctx context.Context, env func(string) string) error {
	wanted, err := tracesWanted(env)
	if err != nil || !wanted {
		return err
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return domain.Invalid("tracing_invalid", "traces cannot be sent; correct the OTEL_EXPORTER_OTLP_ variables").Because(err)
	}
	described, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "gifty"), attribute.String("service.version", version)), resource.WithFromEnv())
	if err != nil {
		return domain.Invalid("tracing_invalid", "OTEL_RESOURCE_ATTRIBUTES cannot be read").Because(err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { a.logger.Warn("traces are lost", "error", err) }))
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(described))
	a.tracing = provider
	a.onClose(func(ctx context.Context) { a.complain("send the last traces", provider.Shutdown(ctx)) })
	return nil
}

func tracesWanted(env func(string) string) (bool, error) {
	if strings.EqualFold(env("OTEL_SDK_DISABLED"), "true") {
		return false, nil
	}
	if p := env("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") + env("OTEL_EXPORTER_OTLP_PROTOCOL"); strings.Contains(p, "grpc") || strings.Contains(p, "json") {
		return false, domain.Invalid("tracing_invalid", "traces are sent as http/protobuf alone; set OTEL_EXPORTER_OTLP_PROTOCOL to that")
	}
	switch exporter := env("OTEL_TRACES_EXPORTER"); exporter {
	case "none":
		return false, nil
	case "otlp":
		return true, nil
	case "":
		return env("OTEL_EXPORTER_OTLP_ENDPOINT")+env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != "", nil
	default:
		return false, domain.Invalid("tracing_invalid", "OTEL_TRACES_EXPORTER is %q; it must be otlp or none", exporter)
	}
}
