package evaluate

import "time"

// span is when decisions were made, and by which policies.
type span struct {
	first, last time.Time
	policies    map[string]int
}

func newSpan() span { return span{policies: map[string]int{}} }

func (s *span) seen(d *Decision) {
	if d.Policy != "" {
		s.policies[d.Policy]++
	}
	if d.At.IsZero() {
		return
	}
	if s.first.IsZero() || d.At.Before(s.first) {
		s.first = d.At
	}
	if d.At.After(s.last) {
		s.last = d.At
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
