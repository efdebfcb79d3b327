package domain

import (
	"context"

	"github.com/google/uuid"
)

// Principal is who issues a command or asks a question.
type Principal struct {
	Giver   uuid.UUID // owner of recipients, sessions and hypotheses; uuid.Nil for workers, services and the system
	Service uuid.UUID // the service token that acts, where one does and for no giver
	Role    Role
}

// Role is what kind of actor a principal is.
type Role string

// The roles.
const (
	RoleGiver   Role = "giver"
	RoleService Role = "service"
	RoleWorker  Role = "worker"
	RoleSystem  Role = "system"
)

// Actor is the principal's name in an event's metadata: "giver:<id>", "service:<id>", "worker" or
// "system".
func (p Principal) Actor() string {
	switch {
	case p.Giver != uuid.Nil:
		return string(p.Role) + ":" + p.Giver.String()
	case p.Service != uuid.Nil:
		return string(p.Role) + ":" + p.Service.String()
	}
	return string(p.Role)
}

// Owns tells whether what belongs to giver may be seen and changed by p.
func (p Principal) Owns(giver uuid.UUID) bool {
	return p.Role == RoleSystem || p.Giver != uuid.Nil && p.Giver == giver
}

// LocalGiver is the giver of the command line, and of the admin token that the first start makes: whoever
// works on the machine itself needs no account. Its id is fixed.
var LocalGiver = Principal{Giver: uuid.MustParse("00000000-0000-7000-8000-000000000001"), Role: RoleGiver}

// System is the product acting by itself.
var System = Principal{Role: RoleSystem}

type contextKey int

const (
	principalKey contextKey = iota
	commandKey
	ifMatchKey
	originKey
)

// WithPrincipal returns a context that acts for p.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey, p)
}

// PrincipalFrom returns who acts; ok is false when nobody was named.
func PrincipalFrom(ctx context.Context) (p Principal, ok bool) {
	p, ok = ctx.Value(principalKey).(Principal)
	return p, ok
}

// RequirePrincipal returns who acts, or an unauthenticated error.
func RequirePrincipal(ctx context.Context) (Principal, error) {
	p, ok := PrincipalFrom(ctx)
	if !ok {
		return p, &Error{Kind: KindUnauthenticated, Code: "unauthenticated", Message: "sign in first"}
	}
	return p, nil
}

// WithCommand names the command being issued, so that a retry is recognised.
func WithCommand(ctx context.Context, id uuid.UUID) context.Context {
	return context.WithValue(ctx, commandKey, id)
}

// CommandFrom returns the command's id, uuid.Nil when the caller gave none.
func CommandFrom(ctx context.Context) uuid.UUID {
	id, _ := ctx.Value(commandKey).(uuid.UUID)
	return id
}

// WithIfMatch demands that the aggregate being edited is at this version.
func WithIfMatch(ctx context.Context, version int) context.Context {
	return context.WithValue(ctx, ifMatchKey, version)
}

// IfMatchFrom returns the version the client demands, and whether it demands one.
func IfMatchFrom(ctx context.Context) (version int, ok bool) {
	version, ok = ctx.Value(ifMatchKey).(int)
	return version, ok
}

// WithCorrelation sets the id shared by everything this request sets off, and the event that caused it, if any.
func WithCorrelation(ctx context.Context, correlation, causation uuid.UUID) context.Context {
	return context.WithValue(ctx, originKey, Origin{CorrelationID: correlation, CausationID: causation})
}

// OriginFrom assembles an event's origin from the context.
func OriginFrom(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey).(Origin)
	if p, ok := PrincipalFrom(ctx); ok {
		o.Actor = p.Actor()
	}
	return o
}
