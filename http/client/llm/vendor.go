package llm

import (
	"context"
	"net/http"

	"gifty/domain/discovery"
)

// vendor speaks a protocol. Its requests are made with a context that recorded returned.
type vendor interface {
	// ask returns what the model said, or the client's error.
	ask(ctx context.Context, r request) (said, error)
}

// request is what a vendor is asked.
type request struct {
	model       string
	system      string
	turns       []turn
	schema      map[string]any // to hold the model to; nil: it is told in words
	maxTokens   int
	temperature *float64 // nil: not said
	oldLimit    bool     // OpenAI's protocol: max_tokens in place of max_completion_tokens
}

// turn is one message; they alternate, the first is the user's.
type turn struct {
	model bool // what the model said before
	text  string
}

// said is what a model answered.
type said struct {
	text          string
	model         string                 // as the provider names it; empty: it does not
	input, output int                    // tokens
	failure       discovery.ModelFailure // empty: the answer is whole
	reason        string                 // of the failure, in the provider's words
}

func newVendor(p Provider, client *http.Client) (vendor, error) {
	switch p.Kind {
	case Anthropic:
		return newAnthropic(p, client), nil
	case Gemini:
		return newGemini(p, client)
	}
	return newOpenAI(p, client), nil
}
