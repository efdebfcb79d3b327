package feed

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"gifty/domain"
)

// rows splits a text into rows of cells as RFC 4180 has it. Unlike encoding/csv it bounds a row,
// and it survives a stray quote: that row is refused and the lines behind it are read again as
// rows of their own. A quote inside a cell that does not begin with one is part of the text (a
// 24" display).
type rows struct {
	text   *source
	comma  byte
	queued []textLine // read in search of a closing quote, to be read again
	reread int        // what such searches have cost so far
}

const (
	maxRowLines = 500       // bounds the search for a closing quote
	maxReread   = 100 << 20 // bytes read twice before the feed is given up: a second or so
	lineCost    = 64        // of reading a line again, in bytes, besides its text
	maxCells    = 1000      // of a row
)

type row struct {
	number  int // the line it begins on
	cells   []string
	refused error
	last    bool // the feed ended without a line break
}

func (r row) blank() bool {
	for _, c := range r.cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return r.refused == nil
}

// next gives the next row, or io.EOF. Other errors are final.
func (r *rows) next() (row, error) {
	first, err := r.take()
	if err != nil {
		return row{}, err
	}
	if first.tooLong {
		if first.last {
			return row{}, r.text.truncated(first.number, "a row")
		}
		return row{number: first.number, refused: domain.Invalid("line_too_long", "the line is longer than %d bytes", MaxRecord)}, nil
	}
	split := splitter{comma: r.comma}
	size, last := len(first.text), first.last
	ok := split.add(first.text)
	var more []textLine
	for ok && split.open {
		l, err := r.take()
		if errors.Is(err, io.EOF) {
			return row{}, r.text.truncated(first.number, "a quoted value")
		}
		if err != nil {
			return row{}, err
		}
		l.text = bytes.Clone(l.text)
		more = append(more, l)
		size, last = size+len(l.text), l.last
		ok = !l.tooLong && len(more) < maxRowLines && size <= MaxRecord && split.add(l.text)
	}
	if ok {
		return row{number: first.number, cells: split.cells, last: last}, nil
	}
	r.queued = append(more, r.queued...)
	for _, l := range more {
		r.reread += len(l.text) + lineCost
	}
	if r.reread > maxReread {
		return row{}, r.text.malformed(first.number, "too many double quotes are never closed")
	}
	return row{number: first.number, refused: domain.Invalid("row_malformed",
		"a double quote is not closed or stands undoubled inside a quoted value, or there are more than %d columns", maxCells)}, nil
}

func (r *rows) take() (textLine, error) {
	if len(r.queued) > 0 {
		l := r.queued[0]
		r.queued = r.queued[1:]
		return l, nil
	}
	l, err := r.text.nextLine()
	if err != nil && !errors.Is(err, io.EOF) {
		err = r.text.broken(err)
	}
	return l, err
}

// splitter collects a row's cells from one or more lines.
type splitter struct {
	comma byte
	cells []string
	cell  []byte // of the quoted cell that is open
	open  bool
}

// add takes the row's next line. It answers false for a quote that neither closes its cell nor is
// doubled, and for more cells than a feed has use for.
func (s *splitter) add(line []byte) bool {
	if s.open {
		s.cell = append(s.cell, '\n')
	}
	for len(s.cells) < maxCells {
		if s.open {
			rest, done, ok := s.quoted(line)
			if !ok || done {
				return ok
			}
			line = rest
			continue
		}
		if len(line) > 0 && line[0] == '"' {
			s.open, s.cell, line = true, s.cell[:0], line[1:]
			continue
		}
		i := bytes.IndexByte(line, s.comma)
		if i < 0 {
			s.cells = append(s.cells, string(line))
			return true
		}
		s.cells = append(s.cells, string(line[:i]))
		line = line[i+1:]
	}
	return false
}

// quoted reads on inside an open cell, up to the next quote. done says that the line is used up.
func (s *splitter) quoted(line []byte) (rest []byte, done, ok bool) {
	i := bytes.IndexByte(line, '"')
	if i < 0 {
		s.cell = append(s.cell, line...)
		return nil, true, true
	}
	s.cell = append(s.cell, line[:i]...)
	line = line[i+1:]
	if len(line) > 0 && line[0] == '"' {
		s.cell = append(s.cell, '"')
		return line[1:], false, true
	}
	if len(line) > 0 && line[0] != s.comma {
		return nil, true, false
	}
	s.cells = append(s.cells, string(s.cell))
	s.open = false
	if len(line) == 0 {
		return nil, true, true
	}
	return line[1:], false, true
}
