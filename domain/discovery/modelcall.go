package discovery

import (
	"github.com/google/uuid"

	"gifty/domain"
)

// ModelCall is one request to a language model and what came of it.
type ModelCall struct {
	Purpose       string `json:"purpose"` // what was asked for: "ideas", "probe"
	Prompt        string `json:"prompt"`  // the prompt's name
	PromptVersion string `json:"prompt_version"`
	Provider      string `json:"provider"` // as configured: "anthropic", "ollama"
	Model         string `json:"model"`    // as the provider names what answered; as configured without an answer
	// Tokens as the provider counted them; 0 where it said nothing.
	InputTokens  int           `json:"input_tokens"`
	OutputTokens int           `json:"output_tokens"`
	Cost         *domain.Money `json:"cost,omitempty"` // nil: no price is known for the model
	DurationMS   float64       `json:"duration_ms"`
	Failure      ModelFailure  `json:"failure,omitempty"` // empty: the reply could be used
	// Detail is what exactly failed, for operators; at most 300 characters. It may quote the reply.
	Detail string `json:"detail,omitempty" personal:"recipient_id,giver_id"`
	Raw    []byte `json:"-"` // the reply as received; nil when none came
}

// ModelFailure is why a call came to nothing.
type ModelFailure string

// The failures. After the first four the same request may succeed later.
const (
	FailureLimited     ModelFailure = "limited"     // asked too often, or the account's money is used up
	FailureUnavailable ModelFailure = "unavailable" // overloaded or broken: 5xx
	FailureNetwork     ModelFailure = "network"     // no connection, or it was cut
	FailureTimeout     ModelFailure = "timeout"     // no whole answer in time
	FailureKey         ModelFailure = "key"         // the key was refused
	FailureRejected    ModelFailure = "rejected"    // the request was refused: an unknown model, a wrong address
	FailureRefused     ModelFailure = "refused"     // the model, or its guard, would not answer this
	FailureTruncated   ModelFailure = "truncated"   // the answer did not fit into the tokens allowed
	FailureEmpty       ModelFailure = "empty"       // a reply without an answer
	FailureMalformed   ModelFailure = "malformed"   // not JSON, or not the provider's protocol
	FailureShape       ModelFailure = "shape"       // JSON of another shape than asked for, or useless content
	FailureBudget      ModelFailure = "budget"      // not asked: it could cost more than is left
	FailureResting     ModelFailure = "resting"     // not asked: the provider failed too often lately
	FailureCancelled   ModelFailure = "cancelled"   // nobody waits for the answer any more
)

// ModelAsked records one call of a language model, whatever came of it. It stands in the session's
// stream.
type ModelAsked struct {
	CallID      uuid.UUID  `json:"call_id"`
	SessionID   string     `json:"session_id"`
	GiverID     uuid.UUID  `json:"giver_id"`
	RecipientID *uuid.UUID `json:"recipient_id,omitempty"`
	ModelCall
	RawSHA256 []byte `json:"raw_sha256,omitempty"` // blob: the reply as received
}

// Asked makes the facts of calls, and adds the replies to the blobs to append along with them.
func Asked(of ModelAsked, calls []ModelCall, env domain.Environment, blobs *[][]byte) []any {
	facts := make([]any, len(calls))
	for i, call := range calls {
		fact := of
		fact.CallID, fact.ModelCall, fact.RawSHA256 = env.NewID(), call, reference(call.Raw, blobs)
		fact.Raw = nil
		facts[i] = fact
	}
	return facts
}
