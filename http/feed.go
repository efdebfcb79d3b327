package http

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/domain/catalogue/feed"
)

// maxJSONImport bounds a JSON array of items, which unlike a feed is held in memory.
const maxJSONImport = 32 << 20

// feedText is a feed ready to be read.
type feedText struct {
	source string
	lines  iter.Seq2[feed.Line, error]
}

// openFeed finds out what the request's body is.
func (a *api) openFeed(in *importInput) (feedText, error) {
	media, charset, err := feedType(in.request)
	if err != nil {
		return feedText{}, err
	}
	text, err := a.unpacked(in)
	if err != nil {
		return feedText{}, err
	}
	if media == "application/json" && in.Format == "" {
		return in.openJSON(text)
	}
	format, err := formatOf(in.Format, media, text)
	if err != nil {
		return feedText{}, err
	}
	if in.Source == "" {
		return feedText{}, errNoSource("query.source")
	}
	return in.open(text, format, feed.Options{Encoding: charset, Charset: a.Charset}), nil
}

func (in *importInput) open(text io.Reader, format feed.Format, opt feed.Options) feedText {
	opt.Currency, opt.Merchant = strings.ToUpper(in.Currency), in.Merchant
	return feedText{in.Source, feed.Read(text, format, opt)}
}

func errNoSource(location string) error {
	return domain.Invalid("source_invalid", "name the feed's source: products of different sources never collide").On(location, "is missing")
}

func feedType(r *http.Request) (media, charset string, err error) {
	header := r.Header.Get("Content-Type")
	if header == "" {
		return "", "", nil
	}
	media, parameters, err := mime.ParseMediaType(header)
	if err != nil {
		return "", "", errMediaType("Content-Type %q is not well-formed", header)
	}
	if charset = parameters["charset"]; strings.EqualFold(charset, "utf-8") {
		charset = "" // what is meant anyway, and a feed may know better of itself
	}
	return media, charset, nil
}

// unpacked is the body as text, with limits on its size and on silence. Gzip is known by its first
// bytes, declared or not.
func (a *api) unpacked(in *importInput) (*bufio.Reader, error) {
	in.body = &idle{Reader: http.MaxBytesReader(in.writer, in.request.Body, a.MaxImport), w: in.writer, stall: a.Stall}
	text := bufio.NewReaderSize(in.body, 64<<10)
	head, err := text.Peek(2) // an error other than the end shows up again
	encoding := in.request.Header.Get("Content-Encoding")
	switch {
	case len(head) == 0 && errors.Is(err, io.EOF):
		return nil, newProblem(http.StatusBadRequest, "body_missing", "send a feed")
	case len(head) == 0:
		return nil, unreadable(err)
	case encoding != "" && encoding != "gzip" && encoding != "identity":
		return nil, errMediaType("send the feed as it is or with Content-Encoding gzip, not %q", encoding)
	case encoding != "gzip" && !bytes.Equal(head, []byte{0x1f, 0x8b}):
		return text, nil
	}
	unzipped, err := gzip.NewReader(text)
	if err != nil {
		return nil, feedError(err)
	}
	return bufio.NewReaderSize(http.MaxBytesReader(in.writer, unzipped, a.MaxImport), 64<<10), nil
}

// idle lets every read take a while, but not for ever.
type idle struct {
	io.Reader
	w     http.ResponseWriter
	stall time.Duration
	late  error // a read took too long; the server ends the request's context then, which hides why
}

func (i *idle) Read(p []byte) (int, error) {
	setReadDeadline(i.w, time.Now().Add(i.stall))
	n, err := i.Reader.Read(p)
	switch {
	case errors.Is(err, io.EOF):
		setReadDeadline(i.w, time.Time{}) // for the same reasons as readAll's
	case errors.Is(err, os.ErrDeadlineExceeded):
		i.late = err
	}
	return n, err
}

func formatOf(asked, media string, text *bufio.Reader) (feed.Format, error) {
	if asked != "" {
		return feed.ParseFormat(asked)
	}
	switch media {
	case "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines":
		return feed.JSONL, nil
	case "text/csv":
		return feed.CSV, nil
	case "text/tab-separated-values":
		return feed.TSV, nil
	}
	head, _ := text.Peek(4096) // a short feed is no error
	format, ok := feed.Detect("", head)
	if !ok {
		return "", errMediaType("Content-Type %q and the text do not tell the format; say format=jsonl, csv, tsv, rss or yml", media)
	}
	return format, nil
}

// openJSON reads {"source": …, "items": […]} and makes a line of each item.
func (in *importInput) openJSON(text io.Reader) (feedText, error) {
	body, err := io.ReadAll(http.MaxBytesReader(in.writer, io.NopCloser(text), maxJSONImport))
	if err != nil {
		return feedText{}, feedError(err)
	}
	if problem := checkJSON(body); problem != nil {
		return feedText{}, problem
	}
	var request struct {
		Source string            `json:"source"`
		Items  []json.RawMessage `json:"items"`
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&request); err != nil {
		return feedText{}, invalid("request_invalid", "body", `must be {"source": "…", "items": [{…}, …]} and nothing else`)
	}
	switch {
	case request.Source == "":
		request.Source = in.Source
	case in.Source != "" && in.Source != request.Source:
		return feedText{}, invalid("source_invalid", "body.source", "differs from the source in the address")
	}
	in.Source = request.Source
	if in.Source == "" {
		return feedText{}, errNoSource("body.source")
	}
	if len(request.Items) > catalogue.MaxImport {
		return feedText{}, invalid("too_many_items", "body.items", "must be at most %d, are %d; send more as JSONL", catalogue.MaxImport, len(request.Items))
	}
	var lines bytes.Buffer
	for _, item := range request.Items {
		if err := json.Compact(&lines, item); err != nil {
			return feedText{}, err
		}
		lines.WriteByte('\n')
	}
	return in.open(&lines, feed.JSONL, feed.Options{}), nil
}

// feedError tells what went wrong with the body from what went wrong with the feed in it.
func feedError(err error) error {
	var tooLarge *http.MaxBytesError
	var corrupt flate.CorruptInputError
	switch {
	case errors.As(err, &tooLarge), errors.Is(err, os.ErrDeadlineExceeded):
		return unreadable(err)
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt):
		return domain.Invalid("gzip_corrupt", "the feed is not well-formed gzip; pack it again").Because(err)
	case errors.Is(err, io.ErrUnexpectedEOF) && !isKnown(err):
		return domain.Invalid("feed_truncated", "the feed is cut off; send it again").Because(err)
	}
	return err
}

func isKnown(err error) bool {
	var known *domain.Error
	return errors.As(err, &known)
}

// importItem is an item of a JSON import, for the description: the reader knows many more names.
type importItem struct {
	ID          string        `json:"id,omitempty" doc:"The feed's own; without one the product's address is its key."`
	Title       string        `json:"title" example:"Набор для барбекю"`
	ProductURL  string        `json:"product_url" format:"uri" example:"https://shop.example/bbq"`
	Description string        `json:"description,omitempty"`
	Price       domain.Amount `json:"price,omitzero"`
	Currency    string        `json:"currency,omitempty" doc:"ISO 4217."`
	ImageURL    string        `json:"image_url,omitempty" format:"uri"`
	Merchant    string        `json:"merchant,omitempty"`
	Category    string        `json:"category,omitempty"`
	Available   bool          `json:"available,omitempty" default:"true"`
}

type importJSON struct {
	Source string       `json:"source,omitempty" maxLength:"100" doc:"In place of the parameter."`
	Items  []importItem `json:"items" maxItems:"1000"`
}

func importBodies(r huma.Registry) *huma.RequestBody {
	text := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	body := &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/json": {
			Schema: schemaOf[importJSON](r),
			Example: map[string]any{"source": "shop", "items": []any{map[string]any{
				"id": "1", "title": "Набор для барбекю", "price": 2490, "currency": "RUB", "product_url": "https://shop.example/bbq",
			}}},
		},
	}}
	for _, media := range []string{"application/x-ndjson", "text/csv", "text/tab-separated-values", "application/xml", "text/xml"} {
		body.Content[media] = text
	}
	schemaOf[importItem](r)
	r.Map()["ImportItem"].AdditionalProperties = true
	return body
}
