package projections

import (
	"bytes"
	"fmt"
	"reflect"

	"gifty/domain"
)

// ruling does to a row what a rule says. It is one goroutine's.
type ruling[R any] struct {
	shape   *shape
	blobs   map[string][]byte // by SHA-256: those that the events at hand need
	scratch []byte
}

// change does to a row what a rule says, and reports whether it exists from now on. id is what
// appendKey makes of the row's key; key, the row that the event names, is nil for rules by column,
// which only meet rows that exist.
func (c *ruling[R]) change(row *R, exists bool, id []byte, key *R, rule *Rule[R], e domain.Recorded) (bool, error) {
	created := false
	switch {
	case rule.action == remove:
		return false, nil
	case rule.action == change && !exists:
		return false, nil
	case rule.action == put || !exists:
		*row, created = *key, true
	}
	if err := c.apply(row, id, rule, e); err != nil {
		return true, err
	}
	if s, ok := any(row).(stamped); ok {
		s.stamp(e.OccurredAt, created)
	}
	return true, nil
}

func (c *ruling[R]) apply(row *R, id []byte, rule *Rule[R], e domain.Recorded) error {
	if rule.apply == nil {
		return nil
	}
	var blob []byte
	if rule.blob != nil {
		sha := rule.blob(e.Event)
		if blob = c.blobs[string(sha)]; blob == nil {
			return fmt.Errorf("blob %x is not stored", sha)
		}
	}
	if err := rule.apply(row, e.Event, e.Meta, blob); err != nil {
		return err
	}
	c.scratch = c.shape.appendKey(c.scratch[:0], reflect.ValueOf(row).Elem())
	if !bytes.Equal(c.scratch, id) {
		return fmt.Errorf("the rule for %s changed the row's key", rule.event)
	}
	return nil
}
