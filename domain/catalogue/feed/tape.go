package feed

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// tape hands a feed's bytes to the XML decoder, one by one so that the decoder reads no further
// than it must and can be replaced after an error. What XML does not allow in a text, it replaces:
// NUL and broken UTF-8 by U+FFFD, other controls by a space. It stops a product that never ends.
type tape struct {
	*source
	left    int    // bytes until errTooLarge
	tag     int    // bytes since the "<" that seems to open a tag; 0 outside tags
	last    byte   // of the feed, as read
	pass    int    // bytes of a checked character still to come
	instead string // bytes that come in place of a broken character
	err     error  // why the feed ended, once it did
}

// errTooLarge stops the decoder inside a product of more than MaxRecord bytes or a tag of more
// than maxTag: the decoder keeps about seventy times what short attributes take in the text.
var errTooLarge = errors.New("element too large")

const maxTag = 64 << 10

// ReadByte is what the decoder reads by.
func (t *tape) ReadByte() (byte, error) {
	if t.left <= 0 {
		return 0, errTooLarge
	}
	t.left--
	if t.instead != "" {
		b := t.instead[0]
		t.instead = t.instead[1:]
		return b, nil
	}
	b, err := t.source.Reader.ReadByte()
	if err != nil {
		t.err = err
		return 0, err
	}
	t.offset++
	t.last = b
	if t.measureTag(b); t.tag > maxTag {
		return 0, errTooLarge
	}
	switch {
	case t.pass > 0:
		t.pass--
	case b >= utf8.RuneSelf:
		return t.character(b)
	case b == 0:
		return t.replacement(), nil
	case b == '\n':
		t.line++
	case b < ' ' && b != '\t' && b != '\r':
		return ' ', nil
	}
	return b, nil
}

func (t *tape) measureTag(b byte) {
	switch {
	case b == '<':
		t.tag = 1
	case b == '>' || t.tag == 1 && (b == '!' || b == '?'): // comments and CDATA may be long
		t.tag = 0
	case t.tag > 0:
		t.tag++
	}
}

// character checks a character of several bytes that begins with b.
func (t *tape) character(b byte) (byte, error) {
	var buf [utf8.UTFMax]byte
	buf[0] = b
	rest, _ := t.Peek(utf8.UTFMax - 1) // fewer at the feed's end
	n := copy(buf[1:], rest)
	r, size := utf8.DecodeRune(buf[:n+1])
	if size == 1 || r == '\ufffe' || r == '\uffff' { // the latter two are UTF-8, but not XML
		_, _ = t.Discard(size - 1) // peeked at: they are there
		t.offset += int64(size - 1)
		return t.replacement(), nil
	}
	t.pass = size - 1
	return b, nil
}

// replacement begins U+FFFD, whose other bytes come next.
func (t *tape) replacement() byte {
	t.instead = string(utf8.RuneError)[1:]
	return string(utf8.RuneError)[0]
}

// Read makes the tape an io.Reader, which the decoder asks for but does not use.
func (t *tape) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := t.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}

var _ io.ByteReader = (*tape)(nil)

// skip moves on to where the next element of that name begins, or just behind where one ends.
func (t *tape) skip(element string) error {
	t.instead, t.pass, t.tag = "", 0, 0
	if t.last == '<' && t.UnreadByte() == nil { // the decoder stumbled right behind it
		t.offset--
	}
	for {
		if err := t.skipUntil('<'); err != nil {
			return err
		}
		head, _ := t.Peek(len(element) + len("</>")) // fewer at the feed's end
		switch {
		case tagStarts(head, "<"+element):
			return nil
		case tagStarts(head, "</"+element):
			if err := t.skipUntil('>'); err != nil {
				return err
			}
			t.advance(1)
			return nil
		}
		t.advance(1)
	}
}

// skipUntil stands before the next such byte.
func (t *tape) skipUntil(b byte) error {
	for {
		if _, err := t.Peek(1); err != nil {
			t.err = err
			return err
		}
		ahead, _ := t.Peek(t.Buffered())
		if i := bytes.IndexByte(ahead, b); i >= 0 {
			t.advance(i)
			return nil
		}
		t.advance(len(ahead))
	}
}

// advance skips n bytes that have been peeked at.
func (t *tape) advance(n int) {
	ahead, _ := t.Peek(n)
	t.line += bytes.Count(ahead, []byte("\n"))
	t.offset += int64(n)
	_, _ = t.Discard(n)
	t.last = 0
}

// tagStarts tells <item> from <items>.
func tagStarts(head []byte, tag string) bool {
	return strings.HasPrefix(string(head), tag) && len(head) > len(tag) && strings.IndexByte("> /\t\r\n", head[len(tag)]) >= 0
}
