package feed

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"

	"gifty/domain"
)

// source is a feed's text in UTF-8, with the place that reading has reached.
type source struct {
	*bufio.Reader
	line   int   // of the next byte, from 1
	offset int64 // bytes read, after conversion to UTF-8
}

// window is how far a source can look ahead, in bytes.
const window = 64 << 10

// decode finds out the text's encoding and gives it as UTF-8 without a byte order mark.
func decode(r io.Reader, f Format, opt Options) (*source, error) {
	text := bufio.NewReaderSize(r, window)
	head, _ := text.Peek(512) // an error shows up again when the text is read
	label := opt.Encoding
	if label == "" {
		label = declared(head, f)
	}
	if !isUTF8(label) {
		if opt.Charset == nil {
			return nil, unknownEncoding(label)
		}
		converted, err := opt.Charset(label, text)
		if err != nil {
			return nil, unknownEncoding(label).Because(err)
		}
		text = bufio.NewReaderSize(converted, window)
	}
	if mark, _ := text.Peek(3); string(mark) == "\ufeff" {
		_, _ = text.Discard(3) // peeked at: they are there
	}
	return &source{Reader: text, line: 1}, nil
}

func unknownEncoding(label string) *domain.Error {
	return domain.Invalid("encoding_unknown", "the feed's encoding %q is not known; convert the feed to UTF-8", label)
}

func isUTF8(label string) bool {
	switch strings.ToLower(label) {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		return true
	}
	return false
}

// declared is the encoding that a byte order mark or an XML declaration names.
func declared(head []byte, f Format) string {
	switch {
	case bytes.HasPrefix(head, []byte("\ufeff")):
		return "utf-8"
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return "utf-16le"
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return "utf-16be"
	case f != RSS && f != YML:
		return ""
	}
	declaration := regexp.MustCompile(`^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._:-]+)["']`)
	if m := declaration.FindSubmatch(head); m != nil {
		return string(m[1])
	}
	return ""
}

// textLine is one physical line. Its text is good until the next one is read.
type textLine struct {
	number  int
	text    []byte // without the line's end
	tooLong bool   // the text is cut
	last    bool   // the feed ended before the line did
}

// nextLine reads one physical line and gives io.EOF after the last. A line longer than MaxRecord
// is read to its end, but not kept.
func (s *source) nextLine() (textLine, error) {
	l := textLine{number: s.line}
	for {
		part, err := s.ReadSlice('\n')
		s.offset += int64(len(part))
		switch {
		case l.tooLong:
		case len(l.text)+len(part) > MaxRecord+len("\r\n"):
			l.text, l.tooLong = nil, true
		case l.text == nil && err == nil:
			l.text = part // most lines fit the window: no copy
		default:
			l.text = append(l.text, part...)
		}
		switch {
		case err == nil:
			s.line++
			l.text = bytes.TrimSuffix(bytes.TrimSuffix(l.text, []byte("\n")), []byte("\r"))
			return l, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && (len(l.text) > 0 || l.tooLong):
			l.last = true
			return l, nil
		default:
			return textLine{}, err
		}
	}
}

// truncated says that the feed ends in the middle of something.
func (s *source) truncated(line int, inside string) *domain.Error {
	return domain.Invalid("feed_truncated", "the feed is cut off at byte %d, inside %s that begins on line %d; fetch it again", s.offset, inside, line).
		On(place(line), "%s that never ends", inside)
}

// broken says why the text can't be read on. What its reader calls an unexpected end (a
// compressed feed that lacks its rest) is a truncated feed.
func (s *source) broken(err error) *domain.Error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return s.truncated(s.line, "a line").Because(err)
	}
	return domain.Unavailable("feed_unreadable", "reading the feed failed on line %d, byte %d; try again", s.line, s.offset).
		On(place(s.line), "reading failed").Because(err)
}

// malformed says that the feed as a whole is not what it should be.
func (s *source) malformed(line int, format string, args ...any) *domain.Error {
	return domain.Invalid("feed_malformed", format+"; nothing after line %d was read", append(args, line)...).On(place(line), format, args...)
}
