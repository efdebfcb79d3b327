package http

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gifty/domain"
)

// Problem is every error answer, RFC 9457. Code is what programs switch on; the type is always
// about:blank, so the title is the status in words.
type Problem struct {
	Type      string         `json:"type" doc:"Always about:blank; code tells problems apart." example:"about:blank"`
	Title     string         `json:"title" doc:"The status in words." example:"Unprocessable Entity"`
	Status    int            `json:"status" doc:"HTTP status." example:"422"`
	Detail    string         `json:"detail,omitempty" doc:"What to do, for people." example:"the recipient cannot be stored as described; correct the fields listed"`
	Code      string         `json:"code" doc:"What went wrong, for programs; codes never change." example:"recipient_invalid"`
	RequestID string         `json:"request_id" doc:"Names the request in the server's log."`
	Errors    []domain.Field `json:"errors,omitempty" doc:"The inputs at fault."`
	Imported  *ImportSummary `json:"imported,omitempty" doc:"Of an import that broke off: what is stored already."`

	retryAfter time.Duration
	cause      error // logged, never shown
}

// Error makes a Problem an error; the text is for logs.
func (p *Problem) Error() string {
	if p.cause != nil {
		return p.cause.Error()
	}
	return p.Code + ": " + p.Detail
}

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.cause }

// GetStatus tells huma the status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders tells huma of Retry-After.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.retryAfter.Seconds()))))
	}
	return h
}

// ContentType tells huma the media type.
func (p *Problem) ContentType(string) string { return problemType }

const problemType = "application/problem+json"

// defaultRetry is told to clients where nothing better is known.
const defaultRetry = time.Second

func newProblem(status int, code, detail string) *Problem {
	p := &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		p.retryAfter = defaultRetry
	}
	return p
}

// statusOf is the one place where an error's kind becomes an HTTP status.
func statusOf(k domain.Kind) int {
	switch k {
	case domain.KindInvalid:
		return http.StatusUnprocessableEntity
	case domain.KindUnauthenticated:
		return http.StatusUnauthorized
	case domain.KindForbidden:
		return http.StatusForbidden
	case domain.KindNotFound:
		return http.StatusNotFound
	case domain.KindConflict:
		return http.StatusConflict
	case domain.KindPrecondition:
		return http.StatusPreconditionFailed
	case domain.KindLimited:
		return http.StatusTooManyRequests
	case domain.KindUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// problemOf makes an answer of any error. What is no domain.Error shows nothing of itself.
func problemOf(err error) *Problem {
	var ready *Problem
	if errors.As(err, &ready) {
		return ready
	}
	var known *domain.Error
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return errTooLarge(tooLarge.Limit)
	case errors.As(err, &known) && statusOf(known.Kind) != http.StatusInternalServerError:
		p := newProblem(statusOf(known.Kind), known.Code, known.Message)
		p.Errors, p.cause = known.Fields, err
		if known.RetryAfter > 0 {
			p.retryAfter = known.RetryAfter
		}
		return p
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		p := newProblem(http.StatusServiceUnavailable, "timeout", "the answer took too long; retry with the same idempotency key")
		p.cause = err
		return p
	}
	p := newProblem(http.StatusInternalServerError, "internal", "")
	p.cause = err
	return p
}

// located prefixes the paths that a domain.Error names with where in the request they are.
func located(err error, prefix string) error {
	var known *domain.Error
	if !errors.As(err, &known) || len(known.Fields) == 0 {
		return err
	}
	c := *known
	c.Fields = make([]domain.Field, len(known.Fields))
	for i, f := range known.Fields {
		c.Fields[i] = domain.Field{Path: strings.TrimSuffix(prefix+"."+f.Path, "."), Message: f.Message}
	}
	return &c
}

// finish stamps the problem with its request, and logs what an operator should know.
func (p *Problem) finish(ctx context.Context) *Problem {
	c := *p
	x := exchangeFrom(ctx)
	c.RequestID = x.id
	x.code = c.Code
	switch {
	case c.Status == http.StatusInternalServerError:
		x.logger.ErrorContext(ctx, "request failed", "error", c.Error())
	case errors.Is(ctx.Err(), context.Canceled):
		x.logger.DebugContext(ctx, "the client has gone", "error", c.Error())
	case c.Status == http.StatusServiceUnavailable:
		x.logger.WarnContext(ctx, "request could not be served", "code", c.Code, "error", c.Error())
	default:
		x.logger.DebugContext(ctx, "request refused", "code", c.Code, "error", c.Error())
	}
	return &c
}

// write answers outside of huma.
func (p *Problem) write(w http.ResponseWriter, r *http.Request) {
	p = p.finish(r.Context())
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		if err := json.NewEncoder(w).Encode(p); err != nil {
			exchangeFrom(r.Context()).logger.Debug("the client did not take the answer", "error", err)
		}
	}
}

// fromHuma is huma's Transformer: it turns huma's own errors, about parameters and bodies that do
// not fit the schema, into Problems. Stock huma echoes offending values; this does not.
func (a *api) fromHuma(ctx huma.Context, _ string, v any) (any, error) {
	model, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	code, detail := "request_invalid", "the request does not fit; correct what errors lists"
	if model.Status == http.StatusInternalServerError {
		code, detail = "internal", ""
	}
	p := newProblem(model.Status, code, detail)
	for _, e := range model.Errors {
		if e != nil && model.Status != http.StatusInternalServerError {
			p.Errors = append(p.Errors, domain.Field{Path: e.Location, Message: readable(a.huma.OpenAPI().Components.Schemas, ctx.Operation(), e.Location, e.Message)})
		} else if e != nil {
			p.cause = errors.New(e.Message)
		}
	}
	return p.finish(ctx.Context()), nil
}

var discard = slog.New(slog.DiscardHandler)
