package discovery

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"gifty/domain"
)

// Action is what a giver did.
type Action string

// Actions lists what can be recorded.
func Actions() []Action {
	return []Action{ActionLike, ActionDislike, ActionView, ActionClick, ActionShortlist, ActionPurchase, ActionComment}
}

// Actions with a rule of their own.
const (
	ActionLike      Action = "like"
	ActionDislike   Action = "dislike"
	ActionShortlist Action = "shortlist"
	ActionView      Action = "view"
	ActionClick     Action = "click"
	ActionPurchase  Action = "purchase"
	ActionComment   Action = "comment"
)

// Target is what it was done to.
type Target string

// The targets.
const (
	TargetHypothesis Target = "hypothesis"
	TargetProduct    Target = "product"
	TargetNavigation Target = "navigation"
)

// Targets lists them.
func Targets() []Target { return []Target{TargetHypothesis, TargetProduct, TargetNavigation} }

// RecordInteraction says what a giver did. A view or click of a product under an idea
// (HypothesisID) also marks that product as shown or clicked there, and a like, dislike or shortlist
// of an idea is the giver's reaction to it, as by React.
type RecordInteraction struct {
	RecipientID  uuid.UUID       `json:"recipient_id"`
	SessionID    string          `json:"session_id"`
	Action       Action          `json:"action"`
	TargetType   Target          `json:"target_type"`
	TargetID     string          `json:"target_id"`
	HypothesisID *uuid.UUID      `json:"hypothesis_id,omitempty"`
	Value        string          `json:"value,omitempty"`
	Metadata     json.RawMessage `json:"metadata,omitempty"`
}

// Limits of an interaction, in bytes.
const (
	maxSessionID = 200
	maxTargetID  = 3000
	maxValue     = 10_000
	maxMetadata  = 20_000
)

func (r RecordInteraction) check() error {
	bad := domain.Invalid("interaction_invalid", "the interaction cannot be recorded as it stands; correct the fields listed")
	if !slices.Contains(Actions(), r.Action) {
		bad = bad.On("action", "must be one of %s", oneOf(Actions()))
	}
	if !slices.Contains(Targets(), r.TargetType) {
		bad = bad.On("target_type", "must be one of %s", oneOf(Targets()))
	}
	for _, f := range []struct {
		name, value string
		max         int
		needed      bool
	}{
		{"session_id", r.SessionID, maxSessionID, true},
		{"target_id", r.TargetID, maxTargetID, true},
		{"value", r.Value, maxValue, r.Action == ActionComment},
	} {
		switch {
		case f.needed && strings.TrimSpace(f.value) == "":
			bad = bad.On(f.name, "must not be empty")
		case len(f.value) > f.max:
			bad = bad.On(f.name, "must have at most %d bytes, has %d", f.max, len(f.value))
		case !utf8.ValidString(f.value) || strings.ContainsRune(f.value, 0):
			bad = bad.On(f.name, "must be UTF-8 without NUL")
		}
	}
	switch {
	case len(r.Metadata) > maxMetadata:
		bad = bad.On("metadata", "must have at most %d bytes, has %d", maxMetadata, len(r.Metadata))
	case len(r.Metadata) > 0 && !storable(r.Metadata):
		bad = bad.On("metadata", "must be a JSON object, at most %d levels deep, with numbers of at most %d digits", maxDepth, maxDigits)
	}
	if r.TargetType == TargetHypothesis {
		if _, err := uuid.Parse(r.TargetID); err != nil {
			bad = bad.On("target_id", "must be a hypothesis's UUID")
		}
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

// hypothesis is the idea that the interaction is about or under, if any.
func (r RecordInteraction) hypothesis() (uuid.UUID, bool) {
	switch {
	case r.HypothesisID != nil:
		return *r.HypothesisID, true
	case r.TargetType == TargetHypothesis:
		return uuid.MustParse(r.TargetID), true // checked
	}
	return uuid.Nil, false
}

// touch records on the idea what the interaction of this id means for it.
func (r RecordInteraction) touch(h *Hypothesis, id uuid.UUID) error {
	switch {
	case r.TargetType == TargetHypothesis && slices.Contains([]Action{ActionLike, ActionDislike, ActionShortlist}, r.Action):
		return h.reactIn(&id, Reaction(r.Action))
	case r.TargetType == TargetHypothesis && r.Action == ActionView:
		h.See()
	case r.TargetType == TargetProduct && r.Action == ActionView:
		return h.SeeProduct(r.TargetID)
	case r.TargetType == TargetProduct && r.Action == ActionClick:
		return h.ClickProduct(r.TargetID)
	}
	return nil
}

// What metadata may hold, so that a database can keep it: Postgres spells numbers out, and has no
// room for 1e-999999; and it runs out of stack thousands of lists deep.
const (
	maxDigits = 300 // of a number
	maxDepth  = 32  // of lists and objects in each other
)

// storable tells whether metadata is an object within those limits.
func storable(metadata json.RawMessage) bool {
	d := json.NewDecoder(bytes.NewReader(metadata))
	d.UseNumber()
	var object map[string]any
	return d.Decode(&object) == nil && object != nil && fits(object, maxDepth)
}

func fits(v any, depth int) bool {
	if depth == 0 {
		return false
	}
	switch v := v.(type) {
	case json.Number:
		digits, exponent, _ := strings.Cut(strings.ToLower(string(v)), "e")
		n, err := strconv.Atoi(exponent)
		return len(digits) <= maxDigits && (exponent == "" || err == nil && -maxDigits <= n && n <= maxDigits)
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool { return !fits(e, depth-1) })
	case map[string]any:
		for _, e := range v {
			if !fits(e, depth-1) {
				return false
			}
		}
	}
	return true
}
