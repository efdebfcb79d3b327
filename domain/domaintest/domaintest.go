// Package domaintest is what tests of aggregates and commands share: Given/When/Then, and an
// environment whose time and ids follow from nothing but the order of calls.
package domaintest

import (
	"context"
	"encoding/binary"
	"errors"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
)

// Given folds a history into a, as if it had been loaded from the log, and returns it.
func Given[A domain.Aggregate](t testing.TB, a A, history ...any) A {
	t.Helper()
	if err := domain.LoadOne(t.Context(), past{events: history}, "given", a); err != nil {
		t.Fatal(err)
	}
	return a
}

// past is a log of one stream.
type past struct {
	domain.Log
	events []any
}

func (p past) Streams(_ context.Context, names ...string) (map[string][]domain.Recorded, error) {
	streams := map[string][]domain.Recorded{}
	for i, e := range p.events {
		streams[names[0]] = append(streams[names[0]], domain.Recorded{Meta: domain.Meta{Stream: names[0], Version: i + 1}, Event: e})
	}
	return streams, nil
}

// Then checks that deciding went well and recorded exactly these events.
func Then(t testing.TB, a interface{ Pending() []any }, err error, want ...any) {
	t.Helper()
	if err != nil {
		t.Errorf("refused: %v", err)
	}
	if got := a.Pending(); !slices.EqualFunc(got, want, func(g, w any) bool { return reflect.DeepEqual(g, w) }) {
		t.Errorf("recorded %+v\nwant %+v", got, want)
	}
}

// Refused checks that err is the domain error with this code, and blames these inputs, in their order.
func Refused(t testing.TB, err error, code string, fields ...string) {
	t.Helper()
	var known *domain.Error
	if !errors.As(err, &known) || known.Code != code {
		t.Errorf("got %v, want %s", err, code)
		return
	}
	var blamed []string
	for _, f := range known.Fields {
		blamed = append(blamed, f.Path)
	}
	if !slices.Equal(blamed, fields) {
		t.Errorf("%s blames %v, want %v", code, blamed, fields)
	}
}

// Day is when everything happens.
var Day = time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)

// Environment gives the ids ID(1), ID(2) … and always the same time.
func Environment() domain.Environment {
	var n atomic.Uint64
	return domain.Environment{
		Now:   func() time.Time { return Day },
		NewID: func() uuid.UUID { return ID(n.Add(1)) },
	}
}

// ID is a UUIDv7 that ends in n.
func ID(n uint64) uuid.UUID {
	id := uuid.UUID{6: 0x70, 8: 0x80}
	binary.BigEndian.PutUint32(id[12:], uint32(n))
	return id
}
