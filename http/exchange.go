package http

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
)

// exchange is a request and its answer, as logs and metrics see them.
type exchange struct {
	id        string    // the request's, from the client or made here
	operation string    // operation id; empty where no operation matched
	code      string    // of the problem that was answered
	address   string    // where the request came from
	anonymous uuid.UUID // the anonymous giver who asks, signed in or not; uuid.Nil: none
	logger    *slog.Logger
}

type exchangeKey struct{}

// exchangeFrom returns the request's exchange, and a blank one outside of any.
func exchangeFrom(ctx context.Context) *exchange {
	if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return x
	}
	return &exchange{logger: discard}
}

// requestIDHeader names a request across services.
const requestIDHeader = "X-Request-Id"

// maxRequestID is the longest id taken over from a client, in bytes.
const maxRequestID = 128

// requestID takes over the client's id when it is fit for logs, and makes one otherwise.
func requestID(r *http.Request) string {
	id := r.Header.Get(requestIDHeader)
	bad := func(c rune) bool { return c <= ' ' || c > '~' }
	if id == "" || len(id) > maxRequestID || strings.ContainsFunc(id, bad) {
		return uuid.Must(uuid.NewV7()).String()
	}
	return id
}

// correlation is the request's id as events carry it.
func correlation(requestID string) uuid.UUID {
	if id, err := uuid.Parse(requestID); err == nil {
		return id
	}
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("gifty:request:"+requestID))
}

// observe is the outermost middleware: it names the request, logs it, measures it, and answers
// for panics.
func (a *api) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		x := &exchange{id: requestID(r), address: a.addressOf(r)}
		x.logger = a.Logger.With("request_id", x.id)
		ctx := context.WithValue(r.Context(), exchangeKey{}, x)
		ctx = domain.WithCorrelation(ctx, correlation(x.id), uuid.Nil)
		r = r.WithContext(ctx)
		out := &recorder{ResponseWriter: w}
		out.Header().Set(requestIDHeader, x.id)
		a.metrics.inFlight.Inc()
		defer func() {
			a.metrics.inFlight.Dec()
			took := time.Since(began)
			a.metrics.observe(x.operation, out.status, took)
			logAccess(x, r, out, took)
		}()
		defer recoverPanic(out, r)
		next.ServeHTTP(out, r)
	})
}

func logAccess(x *exchange, r *http.Request, out *recorder, took time.Duration) {
	level := slog.LevelInfo
	if !strings.HasPrefix(r.URL.Path, "/v1/") {
		level = slog.LevelDebug // probes and pages
	}
	attributes := []slog.Attr{
		slog.String("method", r.Method), slog.String("path", pattern(r)), slog.Int("status", out.status),
		slog.Float64("ms", float64(took.Microseconds())/1000), slog.Int64("bytes", out.bytes),
	}
	if x.code != "" {
		attributes = append(attributes, slog.String("code", x.code))
	}
	x.logger.LogAttrs(r.Context(), level, "request", attributes...)
}

// pattern is the route that matched: paths themselves hold ids of people's things.
func pattern(r *http.Request) string {
	_, path, found := strings.Cut(r.Pattern, " ")
	if !found {
		path = r.Pattern
	}
	if path == "" {
		return "unmatched"
	}
	return path
}

// recoverPanic answers 500, or cuts the connection when an answer has begun.
func recoverPanic(w *recorder, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v)
	}
	p := newProblem(http.StatusInternalServerError, "internal", "")
	p.cause = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
	if w.status != 0 {
		_ = p.finish(r.Context()) // for the log
		panic(http.ErrAbortHandler)
	}
	p.write(w, r)
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader remembers the status.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write counts the body's bytes.
func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController through.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
