package domaintest

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"gifty/domain"
)

// Person is a recipient as a context that tests use beside the recipients' own keeps it.
type Person struct {
	domain.Root
	Giver uuid.UUID
	Gone  bool
}

// PersonCame begins a Person.
type PersonCame struct{ Giver uuid.UUID }

// PersonWent ends one.
type PersonWent struct{}

// Apply folds one event of the stream.
func (p *Person) Apply(event any) {
	switch e := event.(type) {
	case PersonCame:
		p.Giver = e.Giver
	case PersonWent:
		p.Gone = true
	}
}

// ErrNoPerson is People's answer for whom the caller may not see.
var ErrNoPerson = domain.NotFound("recipient_not_found", "there is no such recipient")

// People are persons, each in a stream of the log.
type People struct{ Log domain.Log }

// Events are the types that the log has to know.
func (People) Events() []domain.EventType {
	return []domain.EventType{domain.Type[PersonCame]("test.person_came.v1"), domain.Type[PersonWent]("test.person_went.v1")}
}

// Add appends a PersonCame or PersonWent.
func (p People) Add(t testing.TB, id uuid.UUID, event any) {
	t.Helper()
	_, err := p.Log.Append(t.Context(), domain.Append{Writes: []domain.Write{{Stream: stream(id), Expect: domain.AnyVersion, Events: []any{event}}}})
	if err != nil {
		t.Fatal(err)
	}
}

// Of is a person of the giver who asks, else ErrNoPerson.
func (p People) Of(ctx context.Context, id uuid.UUID) (found Person, err error) {
	who, err := domain.RequirePrincipal(ctx)
	if err != nil {
		return found, err
	}
	if err := domain.LoadOne(ctx, p.Log, stream(id), &found); err != nil {
		return found, err
	}
	if !found.Exists() || found.Gone || !who.Owns(found.Giver) {
		return found, ErrNoPerson
	}
	return found, nil
}

func stream(id uuid.UUID) string { return "person-" + id.String() }
