package evaluate

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"gifty/domain"
)

// readerOf reads a CSV whose comma may be a semicolon or a tab, whichever its first line uses most.
func readerOf(r io.Reader) *csv.Reader {
	const window = 64 << 10
	text := bufio.NewReaderSize(r, window)
	if mark, _ := text.Peek(3); string(mark) == "\ufeff" {
		_, _ = text.Discard(len(mark)) // it was peeked
	}
	head, _ := text.Peek(window) // a short file is no error
	head, _, _ = bytes.Cut(head, []byte("\n"))
	rows := csv.NewReader(text)
	for _, comma := range "\t;" {
		if bytes.Count(head, []byte(string(comma))) > bytes.Count(head, []byte(string(rows.Comma))) {
			rows.Comma = comma
		}
	}
	rows.ReuseRecord = true
	return rows
}

// entry is a row's parts that have a role.
type entry struct {
	action, giver              string
	position                   int
	reward, propensity, target float64
}

// read checks a row and takes its parts.
func (l *layout) read(record []string) (e entry, err error) {
	if e.action = record[l.roles[RoleAction]]; e.action == "" {
		return e, errors.New("the action is missing")
	}
	if e.reward, err = numberIn(record[l.roles[RoleReward]]); err != nil {
		return e, refused("reward", "a number", record[l.roles[RoleReward]])
	}
	text := record[l.roles[RolePropensity]]
	if e.propensity, err = numberIn(text); err != nil || e.propensity <= 0 || e.propensity > 1 {
		return e, refused("propensity", "more than 0 and at most 1", text)
	}
	return e, l.readOptional(record, &e)
}

func (l *layout) readOptional(record []string, e *entry) (err error) {
	if i, ok := l.roles[RolePi]; ok {
		if e.target, err = numberIn(record[i]); err != nil || e.target < 0 || e.target > 1 {
			return refused("target probability", "0 to 1", record[i])
		}
	}
	e.position = 1
	if i, ok := l.roles[RolePosition]; ok {
		if e.position, err = strconv.Atoi(record[i]); err != nil || e.position < 0 {
			return refused("position", "a whole number, 0 or more", record[i])
		}
	}
	if i, ok := l.roles[RoleGiver]; ok {
		e.giver = record[i]
	}
	return nil
}

// time is apart from read since it takes long and is asked for but once.
func (l *layout) time(record []string) (time.Time, error) {
	i, ok := l.roles[RoleTime]
	if !ok {
		return time.Time{}, nil
	}
	at, err := moment(record[i])
	if err != nil {
		err = refused("time", "such as 2026-05-01T12:00:00Z, or Unix seconds", record[i])
	}
	return at, err
}

func refused(what, want, got string) error {
	return domain.Invalid("row_invalid", "the %s must be %s, is %q", what, want, got)
}

// numberIn is a finite number.
func numberIn(text string) (float64, error) {
	x, err := strconv.ParseFloat(text, 64)
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, strconv.ErrRange
	}
	return x, err
}

// moment reads the common ways to write a time; none at all is the zero time.
func moment(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if !strings.Contains(text, "-") {
		seconds, err := strconv.ParseInt(text, 10, 64)
		return time.Unix(seconds, 0).UTC(), err
	}
	for _, format := range []string{"2006-01-02 15:04:05Z07:00", time.RFC3339, time.DateTime, "2006-01-02T15:04:05", time.DateOnly} {
		if at, err := time.Parse(format, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, errors.New("no time")
}
