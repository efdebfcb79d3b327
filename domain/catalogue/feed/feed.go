// Package feed reads the product feeds that shops publish. Every reader streams: memory holds one
// record, of at most MaxRecord bytes, whatever the feed's length. A record that is no product is
// reported with its line and the reason, and reading goes on; nothing is left out in silence.
package feed

import (
	"errors"
	"fmt"
	"io"
	"iter"

	"gifty/domain"
	"gifty/domain/catalogue"
)

// Format is how a feed is written down.
type Format string

// The formats that Read understands.
const (
	JSONL Format = "jsonl" // one JSON object a line
	CSV   Format = "csv"   // a header, then values between commas, semicolons or tabs
	TSV   Format = "tsv"   // the same between tabs, as Google Merchant Center's text feeds are
	RSS   Format = "rss"   // RSS 2.0 with Google Merchant's g: elements
	YML   Format = "yml"   // Yandex Market Language
)

// ParseFormat reads a format's name.
func ParseFormat(s string) (Format, error) {
	switch f := Format(s); f {
	case JSONL, CSV, TSV, RSS, YML:
		return f, nil
	}
	return "", domain.Invalid("format_unknown", "%q is not a feed format; choose jsonl, csv, tsv, rss or yml", s)
}

// MaxRecord is the longest line, row or XML element that is read, in bytes of UTF-8.
const MaxRecord = 10 << 20

// Options is what a feed itself may leave open.
type Options struct {
	Currency string // of prices that name none, ISO 4217; "" means catalogue.DefaultCurrency
	Merchant string // of products that name none
	Encoding string // label such as "windows-1251"; "" means what the feed declares, else UTF-8
	// Charset turns text in the encoding called label into UTF-8. Without it only UTF-8 is read.
	Charset func(label string, r io.Reader) (io.Reader, error)
}

// Line is one record of a feed: a product fit to store, or the reason why it is none.
type Line struct {
	Number  int            // the text line on which the record begins, from 1
	Item    catalogue.Item // normalised; empty when refused
	Refused error          // nil for a product, else a *domain.Error that names the field
}

// Read goes through a feed once, in its order. An error ends the iteration: the feed is cut off
// (feed_truncated), is not what f says (feed_malformed, header_invalid), is in an unknown encoding
// (encoding_unknown), or can't be read on (feed_unreadable). All records before it have been yielded.
func Read(r io.Reader, f Format, opt Options) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		text, err := decode(r, f, opt)
		if err == nil {
			err = readAs(f, text, opt, func(l Line) bool { return yield(l, nil) })
		}
		if err != nil && !errors.Is(err, errStopped) {
			yield(Line{}, err)
		}
	}
}

// errStopped is how a reader says that its caller wants no more.
var errStopped = errors.New("stopped")

func readAs(f Format, text *source, opt Options, emit func(Line) bool) error {
	switch f {
	case JSONL:
		return readJSONL(text, opt, emit)
	case CSV:
		return readTable(text, detectComma(text), opt, emit)
	case TSV:
		return readTable(text, '\t', opt, emit)
	case RSS:
		return readXML(text, rss(), opt, emit)
	case YML:
		return readXML(text, yml(), opt, emit)
	}
	_, err := ParseFormat(string(f))
	return err
}

// refuse blames one field of a record, in the message for people and in Fields for programs.
func refuse(code, field, format string, args ...any) error {
	e := domain.Invalid(code, "%s: "+format, append([]any{field}, args...)...)
	return e.On(field, format, args...)
}

// refused is a record that is no product.
func refused(number int, code, format string, args ...any) Line {
	return Line{Number: number, Refused: domain.Invalid(code, format, args...)}
}

// place names a spot of the feed in an error's Fields.
func place(line int) string { return fmt.Sprintf("line %d", line) }
