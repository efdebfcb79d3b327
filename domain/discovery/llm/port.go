// Package llm asks language models for what a discovery needs: tidied topics, gift ideas, questions.
// How a model is reached is behind the port Model; what it is told are Prompts, which configuration
// may replace; what it answers is checked and cleaned here, whoever answered.
package llm

import (
	"context"
	"encoding/json"

	"gifty/domain/discovery"
)

// Model completes prompts. Package gifty/http/client/llm implements it on the vendors' own clients.
type Model interface {
	// Complete returns an answer that fits p.Schema and that p.Accept takes. The reply's Calls are filled
	// whether it succeeds or not. Errors: a budget is used up (KindLimited), or nobody gave an answer
	// that can be used (KindUnavailable); the end of ctx is returned as it is.
	Complete(ctx context.Context, p Prompt) (Reply, error)
}

// Size is which of a provider's models to ask.
type Size string

// The sizes.
const (
	Fast  Size = "fast"  // quick and cheap: topics, questions
	Smart Size = "smart" // ideas
)

// Prompt is one question to a model.
type Prompt struct {
	Purpose string // what it is for, as the log says it
	Name    string // with Version: which template made it
	Version string
	Session string // whose budget it comes from; empty: that of the day alone

	System string // the instructions; nothing in them comes from people
	User   string // the data, delimited
	// Schema is the JSON Schema of the answer, an object at its root.
	Schema json.RawMessage
	// Accept says what is wrong with an answer that fits the schema, in words for the model; nil takes it.
	Accept func(answer json.RawMessage) error

	Size        Size
	MaxTokens   int      // of the answer, what a model thinks to itself included
	Temperature *float64 // nil leaves it to the model
}

// Reply is what a model answered and what it took.
type Reply struct {
	JSON  json.RawMessage // the answer: an object that fits the schema
	Model string          // as the provider names it
	Raw   []byte          // the provider's whole reply as received
	// Calls are all requests that were made, failed ones too, in their order. Tokens, cost and duration
	// are theirs.
	Calls []discovery.ModelCall
}
