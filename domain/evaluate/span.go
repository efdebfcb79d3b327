package evaluate

import "time"

// span is from the first to the last of some moments; zero ones tell nothing.
type span struct{ first, last time.Time }

func (s *span) seen(at time.Time) {
	if at.IsZero() {
		return
	}
	if s.first.IsZero() || at.Before(s.first) {
		s.first = at
	}
	if at.After(s.last) {
		s.last = at
	}
}

func (s *span) from() *time.Time { return known(s.first) }
func (s *span) to() *time.Time   { return known(s.last) }

func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
