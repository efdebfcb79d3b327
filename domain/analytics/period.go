package analytics

import "time"

// Period is a unit of the calendar, in UTC; weeks begin on Monday.
type Period string

// The periods.
const (
	Day   Period = "day"
	Week  Period = "week"
	Month Period = "month"
)

func (p Period) valid() bool { return p == Day || p == Week || p == Month }

const day = 24 * time.Hour

// start is when the period began that a moment is in.
func (p Period) start(at time.Time) time.Time {
	at = at.UTC()
	switch p {
	case Week:
		at = at.AddDate(0, 0, -(int(at.Weekday())+6)%7)
	case Month:
		return time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
}

// Next is when the period after one that begins at a moment begins.
func (p Period) Next(start time.Time) time.Time {
	switch p {
	case Week:
		return start.AddDate(0, 0, 7)
	case Month:
		return start.AddDate(0, 1, 0)
	}
	return start.AddDate(0, 0, 1)
}

// between is how many periods later than the first moment's the second's is.
func (p Period) between(first, second time.Time) int {
	a, b := p.start(first), p.start(second)
	switch p {
	case Week:
		return int(b.Sub(a) / (7 * day))
	case Month:
		return 12*(b.Year()-a.Year()) + int(b.Month()) - int(a.Month())
	}
	return int(b.Sub(a) / day)
}
