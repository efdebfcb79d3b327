package projections

import (
	"reflect"

	"gifty/domain"
	"gifty/eventstore"
)

// Folder is what a table does with events: its rules.
type Folder[R any] struct {
	rules []Rule[R]
	find  func(types *eventstore.Types) ([]Rule[R], error) // nil: they are all there
}

// Fold collects a table's rules. Several rules for one event run in the order given.
//
// Everything in a rule must be a pure function of its arguments: no clock, no randomness, no
// outside state. A row must come out the same however often and in whatever company it is folded.
func Fold[R any](rules ...Rule[R]) Folder[R] { return Folder[R]{rules: rules} }

// FoldAny is Fold for rules that depend on which events are registered.
func FoldAny[R any](find func(types *eventstore.Types) ([]Rule[R], error)) Folder[R] {
	return Folder[R]{find: find}
}

// Rule says which rows one type of event names, and what becomes of them.
type Rule[R any] struct {
	event  reflect.Type
	action action

	// prepare makes of an event what the functions below get instead of it; nil: they get the event.
	prepare func(event any, m domain.Meta) any

	// keys appends the rows named by key; nil when the rule names rows by column.
	keys func(dst []R, event any, m domain.Meta) []R

	column    string
	value     func(event any, m domain.Meta) any
	valueType reflect.Type

	blob  func(event any) []byte // the blob's SHA-256; nil when the rule reads none
	apply func(row *R, event any, m domain.Meta, blob []byte) error
}

type action int

const (
	upsert action = iota // change the row, making it first where there is none
	put                  // the row is exactly what the key function says, whatever it was
	change               // change the row if it is there
	remove               // the row goes
)

// On changes the row that an event names, making it if it is not there yet. key returns a row
// with its key columns filled; a new row starts as that value, an existing one keeps its own.
func On[R, E any](key func(E, domain.Meta) R, apply func(*R, E, domain.Meta)) Rule[R] {
	return byKey[R, E](upsert, one(key), plain(apply))
}

// OnMany is On for an event that names several rows; apply runs once for each.
func OnMany[R, E any](keys func(E, domain.Meta) []R, apply func(*R, E, domain.Meta)) Rule[R] {
	return byKey[R, E](upsert, many(keys), plain(apply))
}

// OnAny is OnMany for events of a type that is only known when the program runs. read makes of the event what
// keys, which appends the rows named, and apply go by. A rebuild reads an event once for all its rows and hands the same to several goroutines:
// neither keys nor apply may change it, and a row may not share what it can change later.
func OnAny[R, E any](event reflect.Type, read func(any, domain.Meta) E, keys func([]R, E) []R, apply func(*R, E, domain.Meta)) Rule[R] {
	rule := byKey[R, E](upsert, func(dst []R, read any, _ domain.Meta) []R { return keys(dst, read.(E)) }, plain(apply))
	rule.event, rule.prepare = event, func(event any, m domain.Meta) any { return read(event, m) }
	return rule
}

// reads is the event as the rule's functions get it.
func (r *Rule[R]) reads(e domain.Recorded) domain.Recorded {
	if r.prepare != nil {
		e.Event = r.prepare(e.Event, e.Meta)
	}
	return e
}

// OnBlob is On for an event that names a blob by its SHA-256: apply gets the blob's bytes. A
// missing blob and an error from apply both stop the table at this event.
func OnBlob[R, E any](key func(E, domain.Meta) R, sha256 func(E) []byte, apply func(*R, E, domain.Meta, []byte) error) Rule[R] {
	rule := byKey[R, E](upsert, one(key), func(row *R, event any, m domain.Meta, blob []byte) error {
		return apply(row, event.(E), m, blob)
	})
	rule.blob = func(event any) []byte { return sha256(event.(E)) }
	return rule
}

// Put makes the row what the event says, whatever it was before. It is the cheapest rule: the old
// row need not be read. Use it for rows that one event makes whole.
func Put[R, E any](row func(E, domain.Meta) R) Rule[R] {
	return byKey[R, E](put, one(row), nil)
}

// PutMany is Put for an event that makes several rows.
func PutMany[R, E any](rows func(E, domain.Meta) []R) Rule[R] {
	return byKey[R, E](put, many(rows), nil)
}

// Change changes the row that an event names if it is there, and does nothing otherwise.
func Change[R, E any](key func(E, domain.Meta) R, apply func(*R, E, domain.Meta)) Rule[R] {
	return byKey[R, E](change, one(key), plain(apply))
}

// ChangeMany is Change for an event that names several rows.
func ChangeMany[R, E any](keys func(E, domain.Meta) []R, apply func(*R, E, domain.Meta)) Rule[R] {
	return byKey[R, E](change, many(keys), plain(apply))
}

// Remove deletes the row that an event names, if it is there.
func Remove[R, E any](key func(E, domain.Meta) R) Rule[R] {
	return byKey[R, E](remove, one(key), nil)
}

// RemoveMany is Remove for an event that names several rows.
func RemoveMany[R, E any](keys func(E, domain.Meta) []R) Rule[R] {
	return byKey[R, E](remove, many(keys), nil)
}

// Each changes all rows whose column holds the value that the event gives. V is the column's Go
// type (without the pointer, if it is one). The column should be indexed. apply must not depend on
// the order in which it meets the rows.
func Each[R, E any, V comparable](column string, value func(E, domain.Meta) V, apply func(*R, E, domain.Meta)) Rule[R] {
	return byColumn[R](change, column, value, plain(apply))
}

// RemoveEach deletes all rows whose column holds the value that the event gives: what belongs to a
// recipient goes with the recipient. Name the row type: RemoveEach[Interaction]("recipient_id", …).
func RemoveEach[R, E any, V comparable](column string, value func(E, domain.Meta) V) Rule[R] {
	return byColumn[R](remove, column, value, nil)
}

type applier[R any] = func(row *R, event any, m domain.Meta, blob []byte) error

func byKey[R, E any](a action, keys func([]R, any, domain.Meta) []R, apply applier[R]) Rule[R] {
	return Rule[R]{event: reflect.TypeFor[E](), action: a, keys: keys, apply: apply}
}

func byColumn[R, E any, V comparable](a action, column string, value func(E, domain.Meta) V, apply applier[R]) Rule[R] {
	return Rule[R]{
		event: reflect.TypeFor[E](), action: a, column: column, valueType: reflect.TypeFor[V](),
		value: func(event any, m domain.Meta) any { return value(event.(E), m) },
		apply: apply,
	}
}

func one[R, E any](key func(E, domain.Meta) R) func([]R, any, domain.Meta) []R {
	return func(dst []R, event any, m domain.Meta) []R { return append(dst, key(event.(E), m)) }
}

func many[R, E any](keys func(E, domain.Meta) []R) func([]R, any, domain.Meta) []R {
	return func(dst []R, event any, m domain.Meta) []R { return append(dst, keys(event.(E), m)...) }
}

func plain[R, E any](apply func(*R, E, domain.Meta)) applier[R] {
	return func(row *R, event any, m domain.Meta, _ []byte) error {
		apply(row, event.(E), m)
		return nil
	}
}
