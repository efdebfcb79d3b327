package discovery

import (
	"context"
	"iter"
)

// Generator turns a brief into gift ideas. The built-in one works by rules and needs no key; the
// other asks language models.
type Generator interface {
	// Generate returns up to b.Count ideas with distinct titles, each valid, none of them titled
	// like one the brief lists as liked, disliked or shown. It may return fewer, even none, when
	// everything it knows has been shown. Errors: the brief cannot be served (KindInvalid), or a
	// provider does not answer (KindUnavailable).
	Generate(ctx context.Context, b Brief) (Generated, error)
}

// Generated is one generator's answer, with what is needed to tell later how it came about.
type Generated struct {
	Ideas         []Idea
	Model         string // which model, or rules, made them: "builtin", "claude-sonnet-5-5"
	PromptVersion string // which version of the prompt or of the rules
	Raw           []byte // the provider's reply as received; nil when there is none
	// Configuration is the version of each configuration module that took part; 0 is what ships.
	Configuration map[string]int
	// Others are further ideas that came about in another way, after these: by another model, or from
	// another reply.
	Others []Generated
	// Calls are the requests to language models that were made on the way, in their order.
	Calls []ModelCall
}

// All are the ideas with the answer that each is from, in their order.
func (g Generated) All() iter.Seq2[Generated, Idea] {
	return func(yield func(Generated, Idea) bool) {
		for _, idea := range g.Ideas {
			if !yield(g, idea) {
				return
			}
		}
		for _, other := range g.Others {
			for by, idea := range other.All() {
				if !yield(by, idea) {
					return
				}
			}
		}
	}
}
