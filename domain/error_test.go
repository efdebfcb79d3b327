package domain_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/domaintest"
)

func TestErrorsAreTheirKindAndCode(t *testing.T) {
	t.Parallel()
	cause := errors.New("disk full")
	base := domain.Unavailable("log_unavailable", "try %s", "later")
	err := fmt.Errorf("append: %w", base.Because(cause).On("body.age", "is %d", 7).On("line 3", "too"))
	if !errors.Is(err, base) || !errors.Is(err, cause) || errors.Is(err, domain.Invalid("log_unavailable", "")) || errors.Is(err, domain.Unavailable("other", "")) {
		t.Errorf("%v is not what it is", err)
	}
	domaintest.Refused(t, err, "log_unavailable", "body.age", "line 3")
	if base.Fields != nil || base.Unwrap() != nil || base.Error() != "try later" || err.Error() != "append: try later: disk full" {
		t.Errorf("%+v was changed, or reads badly: %v", base, err)
	}
	one := base.On("a", "a")
	if b, c := one.On("b", "b"), one.On("c", "c"); b.Fields[1].Path != "b" || c.Fields[1].Path != "c" {
		t.Errorf("two errors share their fields: %v %v", b.Fields, c.Fields)
	}
}

func TestPrincipals(t *testing.T) {
	t.Parallel()
	giver, other := domaintest.ID(1), domaintest.ID(2)
	for _, c := range []struct {
		p           domain.Principal
		actor       string
		owns, other bool
	}{
		{domain.Principal{Giver: giver, Role: domain.RoleGiver}, "giver:" + giver.String(), true, false},
		{domain.Principal{Role: domain.RoleWorker}, "worker", false, false},
		{domain.System, "system", true, true},
		{domain.Principal{}, "", false, false},
	} {
		if c.p.Actor() != c.actor || c.p.Owns(giver) != c.owns || c.p.Owns(other) != c.other || c.p.Role != domain.RoleSystem && c.p.Owns(uuid.Nil) {
			t.Errorf("%+v: %q owns %t %t", c.p, c.p.Actor(), c.p.Owns(giver), c.p.Owns(other))
		}
	}
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	ctx := domain.WithCorrelation(domain.WithPrincipal(t.Context(), domain.System), domaintest.ID(1), domaintest.ID(2))
	if got := domain.OriginFrom(ctx); got != (domain.Origin{Actor: "system", CorrelationID: domaintest.ID(1), CausationID: domaintest.ID(2)}) {
		t.Errorf("%+v", got)
	}
	if got := domain.OriginFrom(t.Context()); got != (domain.Origin{}) {
		t.Errorf("%+v", got)
	}
}
