package feed

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"gifty/domain"
)

// readTable reads a header and then a product a row.
func readTable(text *source, comma byte, opt Options, emit func(Line) bool) error {
	rows := rows{text: text, comma: comma}
	columns, err := readHeader(&rows)
	if err != nil {
		return err
	}
	for {
		r, err := rows.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if r.last && r.refused == nil && len(r.cells) < len(columns) {
			return text.truncated(r.number, "a row")
		}
		if r.blank() {
			continue
		}
		if !emit(rowLine(r, columns, opt)) {
			return errStopped
		}
	}
}

// detectComma takes whichever delimiter the header uses most, outside quotes.
func detectComma(text *source) byte {
	head, _ := text.Peek(window) // an error shows up again when the text is read
	quoted := false
	counts := map[byte]int{}
	for _, c := range bytes.TrimLeft(head, "\r\n") {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\n':
			return mostUsed(counts)
		default:
			counts[c]++
		}
	}
	return mostUsed(counts)
}

func mostUsed(counts map[byte]int) byte {
	best := byte(',')
	for _, c := range []byte{';', '\t'} {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best
}

// readHeader gives the columns' names. Two columns for the same field, or none for the title or
// the URL, make every row worthless, so they end the import before it begins.
func readHeader(rows *rows) ([]string, error) {
	var header row
	for header.number == 0 || header.blank() {
		var err error
		if header, err = rows.next(); errors.Is(err, io.EOF) {
			return nil, domain.Invalid("header_invalid", "the feed is empty; its first line must name the columns")
		} else if err != nil {
			return nil, err
		}
	}
	if header.refused != nil {
		return nil, domain.Invalid("header_invalid", "line %d, which must name the columns, can't be read: %v", header.number, header.refused)
	}
	columns := header.cells
	var found [fieldCount]bool
	for i, name := range columns {
		columns[i] = strings.TrimSpace(name)
		if columns[i] == "" {
			columns[i] = fmt.Sprintf("column_%d", i+1)
		}
		if !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
			return nil, domain.Invalid("header_invalid", "column %d's name is not UTF-8 without NUL characters; convert the feed or name its encoding", i+1)
		}
		f, _ := role(columns[i])
		same := func(other string) bool { return squash(other) == squash(columns[i]) }
		if f != fieldNone && slices.ContainsFunc(columns[:i], same) {
			return nil, domain.Invalid("header_invalid", "two columns are called %q; keep one", columns[i])
		}
		found[f] = true
	}
	if !found[fieldTitle] || !found[fieldLink] {
		return nil, domain.Invalid("header_invalid", "the header needs a column for the title (title, name) and one for the product's page (product_url, url, link); it has: %s",
			strings.Join(columns, ", "))
	}
	return columns, nil
}

func rowLine(r row, columns []string, opt Options) Line {
	if r.refused != nil {
		return Line{Number: r.number, Refused: r.refused}
	}
	if len(r.cells) != len(columns) {
		return refused(r.number, "row_malformed", "the row has %d columns and the header %d", len(r.cells), len(columns))
	}
	v := make(values, len(columns))
	for i, cell := range r.cells {
		if !utf8.ValidString(cell) {
			return Line{Number: r.number, Refused: refuse("text_not_utf8", columns[i], "is not valid UTF-8; convert the feed or name its encoding")}
		}
		if strings.ContainsRune(cell, 0) {
			return Line{Number: r.number, Refused: refuse("text_not_storable", columns[i], "must not contain NUL characters")}
		}
		if strings.TrimSpace(cell) != "" {
			v.add(columns[i], cell)
		}
	}
	return opt.product(r.number, v, nil)
}
