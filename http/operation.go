package http

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/uuid"

	"gifty/domain"
	"gifty/projections"
)

// handle registers an operation. Its errors become Problems here and nowhere else.
func handle[I, O any](a *api, op huma.Operation, do func(context.Context, *I) (*O, error)) {
	op.MaxBodyBytes, op.BodyReadTimeout = -1, -1 // takeJSON bounds both
	op.Errors = slices.Compact(slices.Sorted(slices.Values(append(op.Errors, refusals(op.Security)...))))
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		var err error
		if command, ok := any(in).(interface{ key() string }); ok {
			ctx, err = withCommand(ctx, op.OperationID, command.key())
		}
		if edit, ok := any(in).(interface{ ifMatch() string }); ok && err == nil {
			ctx, err = withIfMatch(ctx, edit.ifMatch())
		}
		var out *O
		if err == nil {
			out, err = do(ctx, in)
		}
		if err != nil {
			return nil, problemOf(err).finish(ctx)
		}
		return out, nil
	})
}

// streamed marks, in an operation's Metadata, that the handler reads the body by itself and has
// no time limit.
const streamed = "streamed"

// begin is what every operation starts with: its name for logs and metrics, who is asking, how
// long it may take, and a body that can be read.
func (a *api) begin(ctx huma.Context, next func(huma.Context)) {
	op := ctx.Operation()
	r, w := humago.Unwrap(ctx)
	x := exchangeFrom(r.Context())
	x.operation = op.OperationID
	nameSpan(r.Context(), op.OperationID)
	who, err := a.identify(r)
	x.anonymous = a.anonymous(r, who)
	var principal domain.Principal
	if err == nil {
		principal, err = admit(who, op.Security)
	}
	if limited := a.limits.allow(w, r, x.address, who.key(x.address)); limited != nil { // who guesses tokens, too
		err = limited
	}
	if err == nil && op.Metadata[streamed] != nil && op.Method == http.MethodGet {
		var leave func()
		if leave, err = a.limits.enter(who.key(x.address), x.address); err == nil {
			defer leave()
		}
	}
	if err != nil {
		problemOf(err).write(w, r)
		return
	}
	problem := checkText(r)
	own := context.WithValue(domain.WithPrincipal(ctx.Context(), principal), callerKey{}, who)
	if op.Metadata[streamed] == nil {
		var cancel context.CancelFunc
		own, cancel = context.WithTimeout(own, a.Timeout)
		defer cancel()
		if op.RequestBody != nil && problem == nil {
			problem = a.takeJSON(ctx)
		}
	}
	if problem != nil {
		problem.write(w, r)
		return
	}
	next(huma.WithContext(ctx, own))
}

// CommandInput is what every command takes.
type CommandInput struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"255" pattern:"^[!-~]+$" patternDescription:"visible ASCII" doc:"Names this request, so that a retry with the same key gets the first answer and changes nothing. The same key with another request of the same operation is refused (409)." example:"8e03978e-40d5-43dd-bc93-6894a57f9324"`
}

func (c CommandInput) key() string { return c.IdempotencyKey }

// EditInput is what commands that change something take besides.
type EditInput struct {
	IfMatch string `header:"If-Match" maxLength:"30" doc:"The ETag of what you read; the change is refused (412) when there is a newer version."`
}

func (e EditInput) ifMatch() string { return e.IfMatch }

// ReadInput is what every query takes.
type ReadInput struct {
	MinPosition domain.Position `query:"min_position" minimum:"0" doc:"Wait until the answer includes everything up to this log position, such as a command's answer names."`
}

// PageInput is what every list takes.
type PageInput struct {
	ReadInput
	Cursor string `query:"cursor" maxLength:"10000" doc:"The next of the page before; absent for the first page."`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Items a page."`
}

func (p PageInput) request() projections.PageRequest {
	return projections.PageRequest{Cursor: p.Cursor, Limit: p.Limit}
}

// CommandHeaders is what every command answers besides its body.
type CommandHeaders struct {
	Position domain.Position `header:"Gifty-Position" doc:"Log position that holds the effect; queries take it as min_position."`
	Replayed string          `header:"Idempotent-Replayed" enum:"true" doc:"Set when this repeats the first answer to the idempotency key."`
}

func headersOf[R any](out domain.Outcome[R]) CommandHeaders {
	h := CommandHeaders{Position: out.Position}
	if out.Repeated {
		h.Replayed = "true"
	}
	return h
}

// pageOf answers a list.
type pageOf[R any] struct {
	Body projections.Page[R]
}

// versioned answers a thing that can be edited.
type versioned[T any] struct {
	ETag string `header:"ETag" doc:"Send it as If-Match to change what you read."`
	Body T
}

// TagInput is what queries take whose answer is told apart by its ETag alone.
type TagInput struct {
	IfNoneMatch string `header:"If-None-Match" maxLength:"1000" doc:"ETags that you have; when the thing still has one of them the answer is 304, without a body."`
}

// has tells whether the client has what bears this tag.
func (t TagInput) has(tag string) bool {
	for known := range strings.SplitSeq(t.IfNoneMatch, ",") {
		if known = strings.TrimPrefix(strings.TrimSpace(known), "W/"); known == tag || known == "*" {
			return true
		}
	}
	return false
}

// unlessKnown answers a thing that can be edited, or 304 to a client that has it.
type unlessKnown[T any] struct {
	Status int
	ETag   string `header:"ETag" doc:"Send it as If-Match to change what you read."`
	Body   T
}

func answerUnlessKnown[T any](in TagInput, tag string, thing T) *unlessKnown[T] {
	if in.has(tag) {
		return &unlessKnown[T]{Status: http.StatusNotModified, ETag: tag} // huma leaves the body out
	}
	return &unlessKnown[T]{http.StatusOK, tag, thing}
}

// keys is the UUID namespace of idempotency keys.
var keys = uuid.MustParse("5f7a3c1e-0d64-5c58-9a0a-6c5d5e0f9b21")

// withCommand derives the command's id from who asks for what under which key: givers can't meet
// each other's commands, and one key may serve several operations.
func withCommand(ctx context.Context, operation, key string) (context.Context, error) {
	if key == "" {
		return ctx, nil
	}
	p, err := domain.RequirePrincipal(ctx)
	if err != nil {
		return ctx, err
	}
	return domain.WithCommand(ctx, uuid.NewSHA1(keys, []byte(p.Actor()+"\n"+operation+"\n"+key))), nil
}

// etag is a version as HTTP writes it.
func etag(version int) string { return `"` + strconv.Itoa(version) + `"` }

// withIfMatch demands the version that an ETag of ours names. "*" and nothing demand none.
func withIfMatch(ctx context.Context, tag string) (context.Context, error) {
	tag = strings.TrimSpace(tag)
	if tag == "" || tag == "*" {
		return ctx, nil
	}
	version, err := strconv.Atoi(strings.Trim(strings.TrimPrefix(tag, "W/"), `"`))
	if err != nil || version < 1 {
		return ctx, domain.Invalid("if_match_invalid", "If-Match must be one ETag that this API gave, such as %s", etag(3)).
			On("header.If-Match", "is not such an ETag")
	}
	return domain.WithIfMatch(ctx, version), nil
}

// giver is whose things the request is about.
func giver(ctx context.Context) uuid.UUID {
	p, _ := domain.PrincipalFrom(ctx) // begin has set it
	return p.Giver
}

// patience bounds how long a query waits for its read tables.
const patience = 5 * time.Second

// wait returns when the tables hold everything up to position.
func (a *api) wait(ctx context.Context, position domain.Position, tables ...string) error {
	if position == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return a.Engine.Wait(ctx, position, tables...)
}

// Pauses between tries of a command while the database is away.
const (
	firstPause = 50 * time.Millisecond
	longPause  = time.Second
)

// issue runs a command, and while the database does not answer tries again until ctx ends: these
// errors come from reading before anything is appended, or when ctx has ended.
func issue[C, R any](ctx context.Context, do func(context.Context, C) (domain.Outcome[R], error), cmd C) (domain.Outcome[R], error) {
	for pause := firstPause; ; pause = min(2*pause, longPause) {
		out, err := do(ctx, cmd)
		if !isAway(err) {
			return out, err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return out, err
		}
	}
}

func isAway(err error) bool {
	var known *domain.Error
	return errors.As(err, &known) && (known.Code == "log_unavailable" || known.Code == "database_unavailable")
}
