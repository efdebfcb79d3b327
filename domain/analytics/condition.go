package analytics

import "strconv"

// test is a Condition made ready.
type test struct {
	field  int
	among  map[string]bool // is; the absent value is none
	not    bool            // the opposite of among
	exists *bool
	passes func(float64) bool
}

func testOf(c Condition, field int) test {
	t := test{field: field, exists: c.Exists, not: c.Not != nil}
	if list := append(c.Is, c.Not...); c.Is != nil || c.Not != nil {
		t.among = map[string]bool{}
		for _, v := range list {
			t.among[v] = true
		}
	}
	switch {
	case c.Above != nil:
		t.passes = func(n float64) bool { return n > *c.Above }
	case c.AtLeast != nil:
		t.passes = func(n float64) bool { return n >= *c.AtLeast }
	case c.Below != nil:
		t.passes = func(n float64) bool { return n < *c.Below }
	case c.AtMost != nil:
		t.passes = func(n float64) bool { return n <= *c.AtMost }
	}
	return t
}

func (t test) holds(e *Event) bool {
	values := e.field(t.field)
	if t.exists != nil {
		return *t.exists == (len(values) > 0)
	}
	for _, v := range values {
		if t.among != nil {
			if t.among[v] {
				return !t.not
			}
			continue
		}
		if n, err := strconv.ParseFloat(v, 64); err == nil && t.passes(n) {
			return true
		}
	}
	return t.not
}

// hits is the bits of the rules that an event passes.
func hits(rules []rule, e *Event) (bits uint32) {
next:
	for _, r := range rules {
		for _, t := range r.tests {
			if !t.holds(e) {
				continue next
			}
		}
		bits |= r.bit
	}
	return bits
}
