package feed

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"

	"gifty/domain/catalogue"
)

// dialect is one kind of XML feed.
type dialect struct {
	root, record string // names of the outermost element and of a product's
	// around is told of each element outside the products when it ends; path leads to it from the root.
	around func(path []*element)
	// complete adds to a product what was said around the products.
	complete func(*catalogue.Item, values)
}

// Limits of one product, so that a small file can't fill the memory with tags.
const (
	maxDepth    = 32
	maxElements = 10_000
	maxAround   = 4096 // bytes of text kept of an element outside the products
)

// parser goes through an XML feed product by product. It takes the decoder's raw tokens and checks
// nesting itself, so that one broken product can be given up and the next one read: the standard
// decoder stops for good at the first error.
type parser struct {
	dialect
	tape     *tape
	tokens   *xml.Decoder
	opt      Options
	emit     func(Line) bool
	open     []*element // entered and not yet left
	product  int        // index of the current product in open; 0, the root's, outside products
	line     int        // where the current product begins
	elements int        // of the current product
	google   string     // the prefix that the feed gives Google's namespace
}

func readXML(text *source, d dialect, opt Options, emit func(Line) bool) error {
	p := &parser{dialect: d, tape: &tape{source: text}, opt: opt, emit: emit, google: "g"}
	p.restart()
	for {
		if p.product == 0 {
			p.tape.left = MaxRecord
		}
		begins := p.tape.line
		token, err := p.tokens.RawToken()
		if err != nil {
			err = p.stumble(err)
		} else {
			err = p.take(token, begins)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// restart gives the rest of the tape to a new decoder, for a decoder never recovers from an error.
func (p *parser) restart() {
	p.tokens = xml.NewDecoder(p.tape)
	// A bare & and HTML's entities are common in shops' feeds, and do no harm.
	p.tokens.Strict = false
	// Whatever the XML declaration says, the tape is UTF-8 already.
	p.tokens.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
}

// take handles one token. io.EOF says that the root has ended.
func (p *parser) take(token xml.Token, begins int) error {
	switch t := token.(type) {
	case xml.StartElement:
		return p.start(t, begins)
	case xml.EndElement:
		return p.end(p.name(t.Name), begins)
	case xml.CharData:
		p.text(t)
	}
	return nil
}

func (p *parser) start(t xml.StartElement, begins int) error {
	name := p.name(t.Name)
	if len(p.open) == 0 {
		if name != p.root {
			return p.tape.malformed(begins, "the feed's root should be <%s> and is <%.40s>", p.root, name)
		}
		p.findGoogle(t.Attr)
	}
	if name == p.record {
		if p.product > 0 { // its end tag is missing
			if err := p.giveUp("the product's element has no end"); err != nil {
				return err
			}
		}
		p.product, p.line, p.elements = len(p.open), begins, 0
	}
	if p.elements++; p.product > 0 && p.elements > maxElements || len(p.open) >= maxDepth {
		return p.skip("the product has more than %d elements, or they nest more than %d deep", maxElements, maxDepth)
	}
	e := &element{name: name}
	for _, a := range t.Attr {
		e.attribute(p.name(a.Name), a.Value)
	}
	p.open = append(p.open, e)
	return nil
}

func (p *parser) end(name string, begins int) error {
	top := len(p.open) - 1
	if top < 0 {
		return p.tape.malformed(begins, "</%.40s> ends an element that never began", name)
	}
	e := p.open[top]
	switch {
	case e.name == name:
	case p.product == 0:
		return p.endAround(name, begins)
	case name == p.record: // the product ends inside one of its elements
		return p.giveUp("<%.40s> has no end", e.name)
	default:
		return p.skip("</%.40s> ends <%.40s>", name, e.name)
	}
	switch {
	case p.product == 0:
		p.around(p.open)
		p.open = p.open[:top]
	case top == p.product:
		return p.finish()
	default:
		p.open[top-1].add(name, e.value())
		p.open = p.open[:top]
	}
	if top == 0 {
		return io.EOF
	}
	return nil
}

// endAround forgives a missing or stray end tag between products, and reports it.
func (p *parser) endAround(name string, begins int) error {
	i := slices.IndexFunc(p.open, func(e *element) bool { return e.name == name })
	if i >= 0 {
		p.open = p.open[:i]
	}
	err := p.yield(refused(begins, "record_malformed", "</%.40s> does not match what is open there", name))
	if err == nil && i == 0 {
		return io.EOF
	}
	return err
}

// text goes to the element that it stands in and, inside a product, to the field that this is
// part of: a description's paragraphs are its text.
func (p *parser) text(t xml.CharData) {
	top := len(p.open) - 1
	if top < 0 || top == p.product && p.product > 0 {
		return // white space around the root and between fields
	}
	e := p.open[top]
	if p.product == 0 {
		t = t[:min(len(t), max(0, maxAround-e.text.Len()))]
	}
	e.text.Write(t)
	if field := p.product + 1; p.product > 0 && top > field {
		p.open[field].text.WriteByte(' ')
		p.open[field].text.Write(t)
	}
}

func (p *parser) finish() error {
	v := p.open[p.product].fields
	line := p.opt.product(p.line, v, p.complete)
	// The category and the shop's name were said elsewhere.
	if line.Refused == nil && (damaged(map[string]any(v)) || damaged(line.Item.Category) || damaged(line.Item.Merchant)) {
		line = Line{Number: p.line, Refused: refuse("text_not_utf8", "title", "or another text holds NUL, or bytes that are not valid in the feed's encoding")}
	}
	p.open, p.product = p.open[:p.product], 0
	return p.yield(line)
}

func (p *parser) yield(l Line) error {
	if !p.emit(l) {
		return errStopped
	}
	return nil
}

// giveUp refuses the current product, whose end has been reached.
func (p *parser) giveUp(format string, args ...any) error {
	line := refused(p.line, "record_malformed", format, args...)
	p.open, p.product = p.open[:p.product], 0
	return p.yield(line)
}

// skip refuses the current product and moves on to the next.
func (p *parser) skip(format string, args ...any) error {
	var err error
	if p.product > 0 {
		err = p.giveUp(format, args...)
	} else {
		err = p.yield(refused(p.tape.line, "record_malformed", format+"; everything up to the next product was left out", args...))
	}
	if err != nil {
		return err
	}
	if err := p.tape.skip(p.record); err != nil {
		return p.ended()
	}
	p.restart()
	return nil
}

// stumble handles what the decoder could not read.
func (p *parser) stumble(err error) error {
	switch {
	case p.tape.err != nil:
		return p.ended()
	case len(p.open) == 0:
		return p.tape.malformed(p.tape.line, "the feed is not XML: %v", err)
	case errors.Is(err, errTooLarge):
		return p.skip("a product is larger than %d bytes, or a tag than %d", MaxRecord, maxTag)
	}
	return p.skip("it is not XML: %v", err)
}

// ended says why the tape ended before the root did.
func (p *parser) ended() error {
	switch {
	case !errors.Is(p.tape.err, io.EOF):
		return p.tape.broken(p.tape.err)
	case p.product > 0:
		return p.tape.truncated(p.line, "a product")
	}
	return p.tape.truncated(1, "the feed's root")
}
