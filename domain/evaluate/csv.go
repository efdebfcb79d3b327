package evaluate

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"gifty/domain"
)

// CSV is a file of logged choices, a row each, with a header.
type CSV struct {
	// Open begins the file anew; it is read two or three times, so that no row need be kept.
	Open func() (io.ReadCloser, error)
	// Columns name the column of a role, where it is not one of its usual names.
	Columns map[Role]string
	// Features name the columns that describe the context; nil takes every one without a role.
	// Nothing that came after the choice may be among them.
	Features []string
}

// Table is a CSV that was read once, and can be evaluated.
type Table struct {
	file    CSV
	layout  layout
	context encoders
	actions map[string]int
	span    span
	Rows    int
}

// shownRows bounds how many bad rows an error names.
const shownRows = 20

// Scan reads the file once: which columns and actions there are, and whether every row can be used. A
// file with a row that can't be used is refused: to leave rows out would bend what is left.
func (c CSV) Scan() (*Table, error) {
	t := &Table{file: c, actions: map[string]int{}}
	bad, wrong := 0, domain.Invalid("rows_invalid", "some rows cannot be used; correct the file:")
	err := t.walk(func(record []string, line int, err error) bool {
		if err == nil {
			err = t.see(record)
		}
		if err != nil {
			if bad++; bad <= shownRows {
				wrong = wrong.On(fmt.Sprintf("line %d", line), "%v", err)
			}
		}
		return true
	})
	switch {
	case err != nil:
		return nil, err
	case bad > 0:
		wrong.Message = fmt.Sprintf("%d of %d rows cannot be used; correct them:", bad, bad+t.Rows)
		if bad > shownRows {
			wrong = wrong.On("", "and %d more", bad-shownRows)
		}
		return nil, wrong
	}
	t.context = t.context.settle()
	return t, nil
}

// see learns from a row that can be used.
func (t *Table) see(record []string) error {
	e, err := t.layout.read(record)
	if err != nil {
		return err
	}
	at, err := t.layout.time(record)
	if err != nil {
		return err
	}
	t.Rows++
	t.span.seen(at)
	if _, ok := t.actions[e.action]; !ok {
		t.actions[strings.Clone(e.action)] = len(t.actions) // the text is a piece of its whole row
	}
	for _, c := range t.context {
		c.see(record[c.column])
	}
	return nil
}

// Actions is how many different actions the log took.
func (t *Table) Actions() int { return len(t.actions) }

// Features is how many numbers describe a row's context to the reward model.
func (t *Table) Features() int { return t.context.width() }

// walk yields rows with their line numbers, and a row's error if it has one.
func (t *Table) walk(yield func(record []string, line int, err error) bool) (err error) {
	file, err := t.file.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	rows := readerOf(file)
	header, err := rows.Read()
	if errors.Is(err, io.EOF) {
		return domain.Invalid("csv_empty", "the file is empty; its first line must name the columns")
	}
	if err != nil {
		return headerError(err)
	}
	if t.layout.names == nil { // the first walk
		if t.layout, err = lay(header, t.file.Columns, t.file.Features); err != nil {
			return err
		}
		t.context = t.layout.context()
	}
	for {
		record, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		line, why := lineOf(rows, err)
		if err != nil && why == nil {
			return err
		}
		if !yield(record, line, why) {
			return nil
		}
	}
}

// context has an encoder for each feature. The position is one: what stands first is seen more.
func (l *layout) context() (c encoders) {
	for _, i := range l.features {
		c = append(c, newEncoder(i))
	}
	if i, ok := l.roles[RolePosition]; ok {
		c = append(c, newEncoder(i))
	}
	return c
}

// lineOf is where a row begins, and what is wrong with it; an error that is not the row's gives none.
func lineOf(rows *csv.Reader, err error) (int, error) {
	var wrong *csv.ParseError
	switch {
	case err == nil:
		line, _ := rows.FieldPos(0)
		return line, nil
	case !errors.As(err, &wrong):
		return 0, nil
	case errors.Is(wrong.Err, csv.ErrFieldCount):
		return wrong.StartLine, errors.New("the row has more or fewer fields than the header")
	}
	return wrong.StartLine, errors.New("a quotation mark is out of place")
}

func headerError(err error) error {
	if wrong := (*csv.ParseError)(nil); errors.As(err, &wrong) {
		return domain.Invalid("header_invalid", "the first line must name the columns, with commas between").Because(err)
	}
	return err
}
