package storetest

import (
	"testing"

	"gifty/domain"
	"gifty/eventstore"
)

// Memory is a log for the tests of commands, which ask what was appended.
type Memory struct{ *eventstore.Memory }

// NewMemory is an empty log of these types.
func NewMemory(t testing.TB, types ...domain.EventType) Memory {
	t.Helper()
	registered, err := eventstore.NewTypes(types...)
	if err != nil {
		t.Fatal(err)
	}
	return Memory{eventstore.NewMemory(registered, eventstore.Options{})}
}

// Since is what was appended after a position.
func (m Memory) Since(t testing.TB, after domain.Position) []domain.Recorded {
	t.Helper()
	return all(t, m, eventstore.Query{After: after})
}

// Now is the last position.
func (m Memory) Now(t testing.TB) domain.Position {
	t.Helper()
	head, err := m.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return head
}

// Unchanged fails the test if anything was appended after a position.
func (m Memory) Unchanged(t testing.TB, since domain.Position) {
	t.Helper()
	if more := m.Since(t, since); len(more) > 0 {
		t.Errorf("appended %+v", more)
	}
}
