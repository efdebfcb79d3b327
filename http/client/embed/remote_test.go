package embed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gifty/domain"
	"gifty/domain/catalogue"
)

// service answers as the real ones do, after as many failures as it is given.
type service struct {
	t        *testing.T
	mu       sync.Mutex
	failures []http.HandlerFunc // answers to the first requests
	asked    int
	batches  []int // texts by request that was answered well
	longest  int   // characters of the longest text
	dim      int
	answer   func(vectors [][]float32) any // nil: as it should be
}

// vectorOf tells texts apart: the second number is the text's length.
func (s *service) vectorOf(text string) []float32 {
	v := make([]float32, s.dim)
	v[0], v[1] = 1, float32(len(text))
	return v
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if len(s.failures) > 0 {
		fail := s.failures[0]
		s.failures = s.failures[1:]
		fail(w, r)
		return
	}
	var request struct {
		Model      string   `json:"model"`
		Input      []string `json:"input"`
		Inputs     []string `json:"inputs"`
		Format     string   `json:"encoding_format"`
		Dimensions int      `json:"dimensions"`
		Normalize  bool     `json:"normalize"`
		Truncate   bool     `json:"truncate"`
	}
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
		s.t.Errorf("a strange request: %s %v %v", r.Method, r.Header, err)
	}
	texts := append(request.Input, request.Inputs...)
	var vectors [][]float32
	for _, text := range texts {
		vectors = append(vectors, s.vectorOf(text))
		s.longest = max(s.longest, len([]rune(text)))
	}
	s.batches = append(s.batches, len(texts))
	var answer any
	switch {
	case s.answer != nil:
		answer = s.answer(vectors)
	case r.URL.Path == "/v1/embeddings":
		if request.Model != "m" || request.Format != "float" || request.Dimensions != 0 && request.Dimensions != s.dim || r.Header.Get("Authorization") != "Bearer secret" {
			s.t.Errorf("a strange request: %+v %v", request, r.Header)
		}
		answer = openAIAnswer(vectors)
	case r.URL.Path == "/embed":
		if !request.Normalize || !request.Truncate {
			s.t.Errorf("a strange request: %+v", request)
		}
		answer = vectors
	default:
		http.NotFound(w, r)
		return
	}
	json.NewEncoder(w).Encode(answer) //nolint:errcheck // the client may have gone
}

// openAIAnswer lists the vectors backwards, which the protocol allows.
func openAIAnswer(vectors [][]float32) any {
	data := []map[string]any{}
	for i, v := range slices.Backward(vectors) {
		data = append(data, map[string]any{"object": "embedding", "index": i, "embedding": v})
	}
	return map[string]any{"object": "list", "model": "m", "data": data, "usage": map[string]any{"total_tokens": 7}}
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		http.Error(w, `{"error": "no"}`, code)
	}
}

func body(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
}

// cutOff promises more than it sends.
func cutOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	fmt.Fprint(w, `{"data": [{"index": 0, "embedding": [0.1,`)
}

// drain reads the request, without which a server does not notice that its client has gone.
func drain(r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }

// client asks s without waiting between attempts, and keeps how long it would have waited.
func client(t *testing.T, s *service, kind Kind) (*Remote, *[]time.Duration) {
	t.Helper()
	s.t = t
	if s.dim == 0 {
		s.dim = dim
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	e, _, err := New(t.Context(), Config{Kind: kind, URL: server.URL, Model: "m", Key: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	r, waits := e.(*Remote), &[]time.Duration{}
	r.retry.wait = func(ctx context.Context, d time.Duration) error {
		*waits = append(*waits, d)
		return ctx.Err()
	}
	return r, waits
}

func TestBothProtocols(t *testing.T) {
	var texts []string
	for i := range 150 {
		texts = append(texts, strings.Repeat("a", i+1))
	}
	for _, kind := range []Kind{OpenAI, TEI} {
		t.Run(string(kind), func(t *testing.T) {
			s := &service{}
			r, _ := client(t, s, kind)
			vectors, err := r.Embed(t.Context(), texts)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range vectors {
				if v.Check(r.Model()) != nil || cosine(v, v) < 0.999 || cosine(v, v) > 1.001 {
					t.Fatalf("vector %d is not of unit length", i)
				}
				if got := v[1] / v[0]; got < float32(i)+0.99 || got > float32(i)+1.01 {
					t.Fatalf("vector %d is that of a text of length %v", i, got)
				}
			}
			slices.Sort(s.batches)
			if !slices.Equal(s.batches, []int{22, 64, 64}) {
				t.Errorf("batches of %v", s.batches)
			}
		})
	}
}

func TestTriesAgain(t *testing.T) {
	date := time.Now().Add(20 * time.Second).UTC().Format(http.TimeFormat)
	cases := []struct {
		name     string
		failures []http.HandlerFunc
		least    time.Duration // of the first wait
	}{
		{"rate limit", []http.HandlerFunc{status(429, "Retry-After", "7")}, 7 * time.Second},
		{"rate limit until", []http.HandlerFunc{status(429, "Retry-After", date)}, 15 * time.Second},
		{"trouble, then more", []http.HandlerFunc{status(500), status(503), status(502)}, 0},
		{"cut off", []http.HandlerFunc{cutOff}, 0},
		{"cut off by a proxy", []http.HandlerFunc{body(`{"data": [{"index": 0, "embedd`), body("")}, 0},
		{"connection lost", []http.HandlerFunc{func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }}, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := &service{failures: c.failures}
			r, waits := client(t, s, OpenAI)
			if _, err := r.Embed(t.Context(), []string{"gift"}); err != nil {
				t.Fatal(err)
			}
			if len(*waits) != len(c.failures) {
				t.Fatalf("waited %v for %d failures", *waits, len(c.failures))
			}
			if w := (*waits)[0]; w < c.least || c.least == 0 && w > r.retry.first {
				t.Errorf("waited %v, want at least %v", w, c.least)
			}
		})
	}
}

func TestGivesUp(t *testing.T) {
	many := func(f http.HandlerFunc) []http.HandlerFunc { return slices.Repeat([]http.HandlerFunc{f}, 20) }
	vectors := func(answer func([][]float32) any) *service { return &service{answer: answer} }
	cases := []struct {
		name    string
		service *service
		code    string
		asked   int
	}{
		{"down", &service{failures: many(status(503))}, "embedding_unavailable", 5},
		{"limited for long", &service{failures: many(status(429, "Retry-After", "3600"))}, "embedding_unavailable", 1},
		{"wrong key", &service{failures: many(status(401))}, "embedding_refused", 1},
		{"wrong path", &service{failures: many(status(404))}, "embedding_refused", 1},
		{"too large", &service{failures: many(status(413))}, "embedding_refused", 1},
		{"a web page", &service{failures: many(body("<html></html>"))}, "embedding_unusable", 1},
		{"wrong dimension", &service{dim: 768}, "embedding_unusable", 1},
		{"zero", vectors(func(v [][]float32) any { clear(v[0]); return openAIAnswer(v) }), "embedding_unusable", 1},
		{"too few", vectors(func(v [][]float32) any { return openAIAnswer(v[1:]) }), "embedding_unusable", 1},
		{"too many", vectors(func(v [][]float32) any { return openAIAnswer(append(v, v[0])) }), "embedding_unusable", 1},
		{"no numbers", &service{failures: many(body(`{"data": [{"index": 0, "embedding": [NaN]}, {"index": 1, "embedding": [1]}]}`))}, "embedding_unusable", 1},
		{"nulls", &service{failures: many(body(`{"data": [{"index": 0, "embedding": [1, null]}, {"index": 1, "embedding": [1, 1]}]}`))}, "embedding_unusable", 1},
		{"too large numbers", &service{failures: many(body(`{"data": [{"index": 0, "embedding": [1e60]}, {"index": 1, "embedding": [1]}]}`))}, "embedding_unusable", 1},
		{"an index twice", &service{failures: many(body(`{"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]}`))}, "embedding_unusable", 1},
		{"an index too far", &service{failures: many(body(`{"data": [{"index": 0, "embedding": [1]}, {"index": 2, "embedding": [1]}]}`))}, "embedding_unusable", 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r, waits := client(t, c.service, OpenAI)
			_, err := r.Embed(t.Context(), []string{"gift", "present"})
			var e *domain.Error
			if !errors.As(err, &e) || e.Kind != domain.KindUnavailable || e.Code != c.code {
				t.Fatalf("got %v, want %s", err, c.code)
			}
			if c.service.asked != c.asked {
				t.Errorf("asked %d times, want %d (waits %v)", c.service.asked, c.asked, *waits)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error tells the key: %v", err)
			}
			for i, w := range *waits {
				if w >= r.retry.first<<i {
					t.Errorf("wait %d is %v", i, w)
				}
			}
		})
	}
}

func TestLongWaitIsTold(t *testing.T) {
	r, _ := client(t, &service{failures: []http.HandlerFunc{status(429, "Retry-After", "3600")}}, TEI)
	_, err := r.Embed(t.Context(), []string{"gift"})
	var e *domain.Error
	if !errors.As(err, &e) || e.RetryAfter != time.Hour {
		t.Errorf("got %v", err)
	}
}

func TestTimeout(t *testing.T) {
	release := make(chan struct{})
	slow := func(_ http.ResponseWriter, r *http.Request) {
		drain(r)
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}
	r, _ := client(t, &service{failures: []http.HandlerFunc{slow}}, OpenAI)
	r.client.Timeout = 20 * time.Millisecond
	r.retry.attempts = 1
	defer close(release)
	_, err := r.Embed(t.Context(), []string{"gift"})
	var e *domain.Error
	if !errors.As(err, &e) || e.Code != "embedding_unavailable" {
		t.Errorf("got %v", err)
	}
}

func TestStopsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	hang := func(_ http.ResponseWriter, r *http.Request) {
		drain(r)
		cancel()
		<-r.Context().Done()
	}
	s := &service{failures: []http.HandlerFunc{hang}}
	r, waits := client(t, s, OpenAI)
	if _, err := r.Embed(ctx, []string{"gift"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's end", err)
	}
	if len(*waits) != 0 {
		t.Errorf("waited %v after the end", *waits)
	}
}

func TestWaitEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := wait(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := wait(t.Context(), 0); err != nil {
		t.Error(err)
	}
}

func TestTextsAreCheckedAndCut(t *testing.T) {
	s := &service{}
	r, _ := client(t, s, TEI)
	if _, err := r.Embed(t.Context(), []string{"gift", "!!!"}); !errors.Is(err, catalogue.ErrTextWithoutWords) || s.asked != 0 {
		t.Errorf("got %v after %d requests", err, s.asked)
	}
	long := strings.Repeat("подарок ", longestText)
	if _, err := r.Embed(t.Context(), []string{long}); err != nil {
		t.Fatal(err)
	}
	if s.longest > longestText || s.longest < longestText-10 {
		t.Errorf("sent %d characters", s.longest)
	}
	for text, want := range map[string]string{"one two three": "one two", "onetwothree": "onetwoth", "": "", "12345678": "12345678", "ёжик ёлка": "ёжик"} {
		if got := shortened(text, 8); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "5": 5 * time.Second, "-5": 0, "soon": 0, "99999999999": 24 * time.Hour, "9999999": 24 * time.Hour,
		"Sun, 08 Mar 2026 12:00:30 GMT": 30 * time.Second, "Sun, 08 Mar 2026 11:00:00 GMT": 0,
	} {
		if got := retryAfter(header, now); got != want {
			t.Errorf("%q: got %v, want %v", header, got, want)
		}
	}
}
