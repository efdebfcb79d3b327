package http

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"gifty/domain"
)

// bodyTime is how long a client may take to send a JSON body; no longer than a request in all.
const bodyTime = 15 * time.Second

func errTooLarge(limit int64) *Problem {
	return newProblem(http.StatusRequestEntityTooLarge, "body_too_large", fmt.Sprintf("send at most %d bytes", limit))
}

func errMediaType(format string, args ...any) *Problem {
	return newProblem(http.StatusUnsupportedMediaType, "media_type_unsupported", fmt.Sprintf(format, args...))
}

// takeJSON reads the body of an operation that takes JSON, checks what huma does not, and puts it
// back for huma to validate. So every way in which a body can be bad gets its own answer.
func (a *api) takeJSON(ctx huma.Context) *Problem {
	r, w := humago.Unwrap(ctx)
	if problem := checkJSONType(r, ctx.Operation()); problem != nil {
		return problem
	}
	body, err := readAll(w, r, a.MaxBody, min(bodyTime, a.Timeout))
	if err != nil {
		return unreadable(err)
	}
	if problem := checkJSON(body); problem != nil {
		return problem
	}
	if problem := checkWhole(a.huma.OpenAPI().Components.Schemas, ctx.Operation(), body); problem != nil {
		return problem
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return nil
}

func checkJSONType(r *http.Request, op *huma.Operation) *Problem {
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return errMediaType("send the body as it is, without Content-Encoding %q", encoding)
	}
	header := r.Header.Get("Content-Type")
	if header == "" {
		return nil
	}
	media, parameters, err := mime.ParseMediaType(header)
	if _, known := op.RequestBody.Content[media]; err != nil || !known && media != "application/json" {
		return errMediaType("send application/json (curl: -H 'Content-Type: application/json'), not %q", header)
	}
	if charset := parameters["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return errMediaType("send the body in UTF-8, not %q", charset)
	}
	return nil
}

// readAll reads a body that fits in memory, and arrives in time. A body that announces to be too large is not read.
func readAll(w http.ResponseWriter, r *http.Request, limit int64, patience time.Duration) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	setReadDeadline(w, time.Now().Add(patience))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err == nil {
		// A deadline left behind would, once it passes, look like the client having gone. After an error it must
		// stay: before the answer the server reads what is left of the body, however slowly it comes.
		setReadDeadline(w, time.Time{})
	}
	return body, err
}

// unreadable says why a body could not be read to its end.
func unreadable(err error) *Problem {
	var tooLarge *http.MaxBytesError
	var p *Problem
	switch {
	case errors.As(err, &tooLarge):
		p = errTooLarge(tooLarge.Limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		p = newProblem(http.StatusRequestTimeout, "body_too_slow", "the body did not arrive in time; send it again")
	default:
		p = newProblem(http.StatusBadRequest, "body_unreadable", "the body ended too early or is not well-formed HTTP; send it again")
	}
	p.cause = err
	return p
}

// checkJSON refuses what is no JSON text (400) and text that could not be kept (422).
func checkJSON(body []byte) *Problem {
	if len(bytes.TrimSpace(body)) == 0 {
		return newProblem(http.StatusBadRequest, "body_missing", "send a JSON object")
	}
	if !utf8.Valid(body) {
		return invalid("text_not_utf8", "body", "is not valid UTF-8 from byte %d on", len(validPrefix(body)))
	}
	var parsed any
	if err := json.Unmarshal(body, &parsed); err != nil {
		return malformed(body, err)
	}
	if path, found := findNUL(parsed, "body"); found {
		return invalid("text_not_storable", path, "must not contain NUL characters")
	}
	var unkept *domain.Error
	if errors.As(domain.CheckEscapes(body), &unkept) {
		return invalid(unkept.Code, "body", "%s", unkept.Message)
	}
	return nil
}

func invalid(code, location, format string, args ...any) *Problem {
	p := newProblem(http.StatusUnprocessableEntity, code, "the request does not fit; correct what errors lists")
	p.Errors = []domain.Field{{Path: location, Message: fmt.Sprintf(format, args...)}}
	return p
}

func validPrefix(b []byte) []byte {
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 {
			return b[:i]
		}
		i += size
	}
	return b
}

func malformed(body []byte, err error) *Problem {
	p := newProblem(http.StatusBadRequest, "json_malformed", "the body is not JSON that can be read: a number is out of range")
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		p.Detail = "the body is not JSON: " + syntax.Error()
		before := body[:min(int(syntax.Offset), len(body))]
		line := 1 + bytes.Count(before, []byte("\n"))
		column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
		p.Detail += fmt.Sprintf(" (line %d, column %d)", line, column)
	}
	p.cause = err
	return p
}

// checkText refuses a path or query that can't be text in the database.
func checkText(r *http.Request) *Problem {
	texts := []string{r.URL.Path}
	for name, values := range r.URL.Query() {
		texts = append(append(texts, name), values...)
	}
	for _, s := range texts {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			return newProblem(http.StatusUnprocessableEntity, "text_not_utf8", "the address must be UTF-8 without NUL characters, percent-encoded")
		}
	}
	return nil
}

// findNUL looks for the one character that the database can't keep in a text.
func findNUL(v any, path string) (string, bool) {
	switch v := v.(type) {
	case string:
		return path, strings.ContainsRune(v, 0)
	case []any:
		for i, e := range v {
			if p, found := findNUL(e, fmt.Sprintf("%s[%d]", path, i)); found {
				return p, true
			}
		}
	case map[string]any:
		for key, e := range v {
			if strings.ContainsRune(key, 0) {
				return path, true
			}
			if p, found := findNUL(e, path+"."+key); found {
				return p, true
			}
		}
	}
	return "", false
}
