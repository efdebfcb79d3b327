package domain

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what went wrong in terms that every door of the product can translate:
// the HTTP API into a status, the command line into an exit code.
type Kind string

// The kinds, with the HTTP status each becomes.
const (
	KindInvalid         Kind = "invalid"         // 422
	KindUnauthenticated Kind = "unauthenticated" // 401
	KindForbidden       Kind = "forbidden"       // 403
	KindNotFound        Kind = "not_found"       // 404
	KindConflict        Kind = "conflict"        // 409
	KindPrecondition    Kind = "precondition"    // 412, a version the client named is not the current one
	KindLimited         Kind = "limited"         // 429 with Retry-After
	KindUnavailable     Kind = "unavailable"     // 503 with Retry-After
)

// Error is the only error type that reaches a person. Anything else is a defect or an outage
// and is shown as "internal" with a request id and no detail.
type Error struct {
	Kind    Kind
	Code    string // stable, snake_case: clients switch on it
	Message string // says what to do, in English
	Fields  []Field
	// RetryAfter is how long to wait before trying again; zero leaves it to the caller.
	RetryAfter time.Duration
	cause      error
}

// Field names one offending input, as a path into the request ("body.age", "line 3").
type Field struct {
	Path    string `json:"location"`
	Message string `json:"message"`
}

func (e *Error) Error() string {
	if e.cause != nil {
		return e.Message + ": " + e.cause.Error()
	}
	return e.Message
}

// Unwrap gives the cause, which is logged and never shown.
func (e *Error) Unwrap() error { return e.cause }

// Is makes errors.Is(err, ErrX) hold for any error of the same kind and code.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Kind == e.Kind && t.Code == e.Code
}

// Because returns a copy of e that carries its cause.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// On returns a copy of e that also blames the input at path.
func (e *Error) On(path, format string, args ...any) *Error {
	c := *e
	c.Fields = append(append([]Field(nil), e.Fields...), Field{Path: path, Message: fmt.Sprintf(format, args...)})
	return &c
}

// Invalid is input that can never succeed as it stands.
func Invalid(code, format string, args ...any) *Error {
	return newError(KindInvalid, code, format, args)
}

// NotFound is a thing that does not exist, or that the asker may not know exists.
func NotFound(code, format string, args ...any) *Error {
	return newError(KindNotFound, code, format, args)
}

// Conflict is a request that the present state refuses.
func Conflict(code, format string, args ...any) *Error {
	return newError(KindConflict, code, format, args)
}

// Unavailable is a dependency that does not answer now; the same request may succeed later.
func Unavailable(code, format string, args ...any) *Error {
	return newError(KindUnavailable, code, format, args)
}

// Forbidden is a known person who may not do this.
func Forbidden(code, format string, args ...any) *Error {
	return newError(KindForbidden, code, format, args)
}

func newError(kind Kind, code, format string, args []any) *Error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...)}
}

// What the log answers when it refuses an append.
var (
	// ErrVersion: another writer was first, or the version a client named is stale.
	ErrVersion = &Error{Kind: KindPrecondition, Code: "version_mismatch", Message: "this has changed since you read it; read it again and retry"}
	// ErrCommandReused: the command id was used before for a different request.
	ErrCommandReused = &Error{Kind: KindConflict, Code: "idempotency_key_reused", Message: "this idempotency key was used for a different request; use a new key"}
)
