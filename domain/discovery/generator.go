package discovery

import "context"

// Generator turns a brief into gift ideas. The built-in one works by rules and needs no key; the
// others ask a language model.
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
	Model         string // which model, or rules, made them: "builtin", "claude-3-5-sonnet"
	PromptVersion string // which version of the prompt or of the rules
	Raw           []byte // the provider's reply as received; nil when there is none
}
