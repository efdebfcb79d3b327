package breach

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxLine is the longest line of a file, in bytes: 40 digits, a colon and a count.
const maxLine = 80

// file is the name of one with lines "HASH:count" or "HASH", sorted by hash, however large. It is opened anew
// each time, so that it can be replaced while the server runs.
type file string

// IsBreached looks whether a password is in the file, halving what is left until a page remains.
func (f file) IsBreached(_ context.Context, password string) (bool, error) {
	found, err := f.has(digitsOf(password))
	if err != nil {
		return false, errAway.Because(fmt.Errorf("look for leaked passwords in %s: %w", string(f), err))
	}
	return found, nil
}

func (f file) has(digits string) (bool, error) {
	in, err := os.Open(string(f))
	if err != nil {
		return false, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return false, err
	}
	for low, high := int64(0), info.Size(); low < high; { // the line begins from low on, and before high
		middle := low + (high-low)/2
		start, line, err := lineFrom(in, middle)
		if err != nil {
			return false, err
		}
		if line == "" || start >= high { // none begins between
			if middle == low {
				return false, nil
			}
			high = middle
			continue
		}
		hash, _, _ := strings.Cut(line, ":")
		switch strings.Compare(strings.ToUpper(hash), digits) {
		case 0:
			return true, nil
		case -1:
			low = start + int64(len(line)) + 1
		default:
			high = middle
		}
	}
	return false, nil
}

// lineFrom is the first line that begins at or after a place, and where; empty at the file's end.
func lineFrom(in io.ReaderAt, at int64) (start int64, line string, err error) {
	page := make([]byte, 2*maxLine)
	from := max(at-1, 0) // a line that begins here follows an end
	n, err := in.ReadAt(page, from)
	if err != nil && err != io.EOF { //nolint:errorlint // io.ReaderAt returns it bare
		return 0, "", err
	}
	page = page[:n]
	if at > 0 {
		end := bytes.IndexByte(page, '\n')
		if end < 0 {
			return at, "", nil
		}
		from, page = from+int64(end)+1, page[end+1:]
	}
	text, _, _ := bytes.Cut(page, []byte("\n"))
	return from, string(bytes.TrimRight(text, "\r")), nil
}
