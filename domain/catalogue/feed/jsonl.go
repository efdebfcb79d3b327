package feed

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"gifty/domain"
	"gifty/domain/catalogue"
)

// readJSONL reads one object a line; blank lines mean nothing.
func readJSONL(text *source, opt Options, emit func(Line) bool) error {
	for {
		l, err := text.nextLine()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return text.broken(err)
		}
		if len(bytes.TrimSpace(l.text)) == 0 && !l.tooLong {
			continue
		}
		line, whole := jsonLine(l, opt)
		if !whole && l.last {
			return text.truncated(l.number, "an object")
		}
		if !emit(line) {
			return errStopped
		}
	}
}

// jsonLine makes a product of one line. whole is false when the object lacks its end.
func jsonLine(l textLine, opt Options) (line Line, whole bool) {
	if l.tooLong {
		return refused(l.number, "line_too_long", "the line is longer than %d bytes", MaxRecord), !l.last
	}
	fields, err := catalogue.DecodeObject(l.text)
	var known *domain.Error
	switch {
	case errors.As(err, &known):
		return Line{Number: l.number, Refused: known}, true
	case errors.Is(err, io.ErrUnexpectedEOF):
		return refused(l.number, "line_malformed", "the line ends inside a JSON object; an object must stand on one line"), false
	case err != nil:
		return refused(l.number, "line_malformed", "the line is not one JSON object: %v", err), true
	case !utf8.Valid(l.text): // the decoder would put U+FFFD in its place
		return refused(l.number, "text_not_utf8", "the line is not valid UTF-8; convert the feed or name its encoding"), true
	}
	return opt.product(l.number, fields, nil), true
}
