package llm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"gifty/domain/discovery"
	"gifty/domain/discovery/llm"
)

// service answers as a vendor does: what it is told to, in turn, and the last for ever.
type service struct {
	t       *testing.T
	dialect dialect
	mu      sync.Mutex
	replies []http.HandlerFunc
	asked   []map[string]any // bodies, in their order
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var asked map[string]any
	if err = errors.Join(err, json.Unmarshal(body, &asked)); err != nil {
		s.t.Errorf("a request that is no JSON: %v", err)
	}
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
		s.t.Errorf("a strange request: %s %v", r.Method, r.Header)
	}
	s.dialect.check(s.t, r, asked)
	s.mu.Lock()
	s.asked = append(s.asked, asked)
	reply := s.replies[0]
	if len(s.replies) > 1 {
		s.replies = s.replies[1:]
	}
	s.mu.Unlock()
	reply(w, r)
}

// dialect is a vendor's protocol, as its documents tell it.
type dialect struct {
	provider  Provider
	check     func(t *testing.T, r *http.Request, asked map[string]any)
	said      func(text string) string // a whole reply, of 120 and 34 tokens
	truncated func(text string) string
	refused   []string // replies of a model, or a guard, that would not
	empty     string   // a reply without an answer
	busy      http.HandlerFunc
	busyFor   time.Duration // how long busy asks to wait
	noKey     http.HandlerFunc
	half      []discovery.ModelFailure // what comes of JSON in which the protocol's fields are of other types
}

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func answering(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func fine(body string) http.HandlerFunc { return answering(http.StatusOK, body) }

// cutOff promises more than it sends.
func cutOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", "1000")
	fmt.Fprint(w, `{"id": "`)
}

// silent does not answer while anybody waits.
func silent(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func anthropicDialect() dialect {
	whole := func(text, stop string) string {
		return fmt.Sprintf(`{"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-fast-1", "content": [{"type": "text", "text": %s}],
			"stop_reason": %q, "stop_sequence": null, "usage": {"input_tokens": 100, "cache_read_input_tokens": 15, "cache_creation_input_tokens": 5, "output_tokens": 34}}`, quoted(text), stop)
	}
	failing := func(status int, kind string, header ...string) http.HandlerFunc {
		return answering(status, fmt.Sprintf(`{"type": "error", "error": {"type": %q, "message": "why"}, "request_id": "req_1"}`, kind), header...)
	}
	return dialect{
		provider: Provider{Name: "anthropic", Kind: Anthropic, Key: "sk-secret", Fast: "claude-fast", Smart: "claude-smart", NeedsKey: true},
		check: func(t *testing.T, r *http.Request, asked map[string]any) {
			if r.URL.Path != "/v1/messages" || r.Header.Get("X-Api-Key") != "sk-secret" || r.Header.Get("Anthropic-Version") != "2023-06-01" || r.Header.Get("Authorization") != "" {
				t.Errorf("a strange request: %s %v", r.URL, r.Header)
			}
		},
		said:      func(text string) string { return whole(text, "end_turn") },
		truncated: func(text string) string { return whole(text, "max_tokens") },
		refused:   []string{whole("", "refusal"), whole("I won't", "refusal")},
		empty:     `{"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-fast-1", "content": [], "stop_reason": "end_turn", "usage": {"input_tokens": 1, "output_tokens": 0}}`,
		busy:      failing(http.StatusTooManyRequests, "rate_limit_error", "Retry-After", "7"), busyFor: 7 * time.Second,
		half:  []discovery.ModelFailure{discovery.FailureEmpty, discovery.FailureEmpty, discovery.FailureEmpty}, // the client passes over them
		noKey: failing(http.StatusUnauthorized, "authentication_error"),
	}
}

func openAIDialect(name string) dialect {
	whole := func(message, finish string) string {
		return fmt.Sprintf(`{"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-fast-1", "choices": [{"index": 0, "message": %s, "finish_reason": %q}],
			"usage": {"prompt_tokens": 120, "completion_tokens": 34, "total_tokens": 154}}`, message, finish)
	}
	text := func(text, finish string) string {
		return whole(`{"role": "assistant", "refusal": null, "content": `+quoted(text)+`}`, finish)
	}
	return dialect{
		provider: Provider{Name: name, Kind: OpenAI, Key: "sk-secret", Fast: "gpt-fast", Smart: "gpt-smart", NeedsKey: true},
		check: func(t *testing.T, r *http.Request, asked map[string]any) {
			if r.URL.Path != "/v1/chat/completions" || r.Header.Get("Authorization") != "Bearer sk-secret" || r.Header.Get("OpenAI-Organization") != "" {
				t.Errorf("a strange request: %s %v", r.URL, r.Header)
			}
		},
		said:      func(s string) string { return text(s, "stop") },
		truncated: func(s string) string { return text(s, "length") },
		refused:   []string{whole(`{"role": "assistant", "content": null, "refusal": "I can't"}`, "stop"), text("", "content_filter")},
		empty:     `{"id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-fast-1", "choices": [], "error": {"code": 502, "message": "upstream"}}`,
		busy:      answering(http.StatusTooManyRequests, `{"error": {"message": "Rate limit reached", "type": "requests", "code": "rate_limit_exceeded"}}`, "Retry-After-Ms", "1500", "Retry-After", "2"),
		half:      []discovery.ModelFailure{discovery.FailureEmpty, discovery.FailureEmpty, discovery.FailureEmpty}, // the client passes over them
		busyFor:   1500 * time.Millisecond,
		noKey:     answering(http.StatusUnauthorized, `{"error": {"message": "Incorrect API key provided: sk-secret.", "code": "invalid_api_key"}}`),
	}
}

func geminiDialect() dialect {
	whole := func(text, finish string) string {
		return fmt.Sprintf(`{"candidates": [{"content": {"parts": [{"text": "so I think", "thought": true}, {"text": %s}], "role": "model"}, "finishReason": %q, "index": 0}],
			"usageMetadata": {"promptTokenCount": 120, "candidatesTokenCount": 30, "thoughtsTokenCount": 4, "totalTokenCount": 154}, "modelVersion": "gemini-fast-1"}`, quoted(text), finish)
	}
	return dialect{
		provider: Provider{Name: "gemini", Kind: Gemini, Key: "sk-secret", Fast: "gemini-fast", Smart: "gemini-smart", NeedsKey: true},
		check: func(t *testing.T, r *http.Request, asked map[string]any) {
			if !strings.HasPrefix(r.URL.Path, "/v1beta/models/gemini-") || !strings.HasSuffix(r.URL.Path, ":generateContent") || r.Header.Get("X-Goog-Api-Key") != "sk-secret" || r.URL.RawQuery != "" {
				t.Errorf("a strange request: %s %v", r.URL, r.Header)
			}
		},
		said:      func(text string) string { return whole(text, "STOP") },
		truncated: func(text string) string { return whole(text, "MAX_TOKENS") },
		refused: []string{
			`{"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 12}, "modelVersion": "gemini-fast-1"}`,
			`{"candidates": [{"finishReason": "SAFETY", "index": 0}], "modelVersion": "gemini-fast-1"}`,
		},
		empty:   `{"usageMetadata": {"promptTokenCount": 12}, "modelVersion": "gemini-fast-1"}`,
		busy:    answering(http.StatusTooManyRequests, `{"error": {"code": 429, "message": "Quota exceeded", "status": "RESOURCE_EXHAUSTED", "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "3s"}]}}`),
		half:    []discovery.ModelFailure{discovery.FailureMalformed},
		busyFor: 3 * time.Second,
		noKey:   answering(http.StatusBadRequest, `{"error": {"code": 400, "message": "API key not valid. sk-secret", "status": "INVALID_ARGUMENT", "details": [{"reason": "API_KEY_INVALID"}]}}`),
	}
}

func dialects() []dialect {
	return []dialect{anthropicDialect(), openAIDialect("openai"), openAIDialect("elsewhere"), geminiDialect()}
}

// served is the provider of a dialect at a service that gives these replies.
func served(t *testing.T, d dialect, replies ...http.HandlerFunc) (Provider, *service) {
	t.Helper()
	s := &service{t: t, dialect: d, replies: replies}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	d.provider.URL = server.URL
	if d.provider.Kind == OpenAI {
		d.provider.URL += "/v1/"
	}
	return d.provider, s
}

// clock notes how long would be waited.
type clock struct {
	mu    sync.Mutex
	waits []time.Duration
}

func (c *clock) wait(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waits = append(c.waits, d)
	return ctx.Err()
}

func chained(t *testing.T, cfg Config, providers ...Provider) (*Chain, *clock) {
	t.Helper()
	c := &clock{}
	cfg.Providers, cfg.Wait = providers, c.wait
	chain, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return chain, c
}

const wordSchema = `{"type": "object", "properties": {"word": {"type": "string", "minLength": 2, "description": "one"}, "list": {"type": "array", "maxItems": 2, "items": {"type": "object",
	"properties": {"n": {"type": "integer", "minimum": 1}}, "required": ["n"], "additionalProperties": false}}}, "required": ["word", "list"], "additionalProperties": false}`

const word = `{"word": "tea", "list": [{"n": 1}]}`

func prompt() llm.Prompt {
	return llm.Prompt{
		Purpose: "words", Name: "word", Version: "3", Session: "s1", System: "Say a word.", User: "<data>\n{}\n</data>",
		Schema: json.RawMessage(wordSchema), Size: llm.Fast, MaxTokens: 500, Temperature: new(0.5),
	}
}

func failures(calls []discovery.ModelCall) (kinds []discovery.ModelFailure) {
	for _, c := range calls {
		kinds = append(kinds, c.Failure)
	}
	return kinds
}
