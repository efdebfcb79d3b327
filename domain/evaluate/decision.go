// Package evaluate says what another policy would have earned, from pages that a known policy served;
// how rankers compare on what people chose later; and what an experiment has shown so far.
package evaluate

import (
	"iter"
	"math"
	"time"

	"gifty/domain"
)

// Option is something that could stand in a slot.
type Option struct {
	Action string // the gift, or whatever the log calls what was chosen
	// Propensity is the probability, 0 to 1, with which the logged policy put the action into this slot:
	// given what stands before it for Cascade and Slate, over all pages for ItemPosition.
	Propensity float64
	// Target is the same probability under the policy that is evaluated.
	Target float64
	// Block picks one of the reward model's coefficient vectors: actions that differ in their features
	// share block 0, actions that are known by name alone get a block each.
	Block int
	// Features describe context and action to the reward model, all of a log with the same length.
	// The model adds an intercept itself.
	Features []float64
}

// Slot is a place on a page, what stood there, and what came of it.
type Slot struct {
	Option
	Position int     // 1 is the first
	Reward   float64 // in the unit that the estimates will have, such as clicks or roubles
	// Options are all that could have stood here, what did included, with their target probabilities.
	// Without them there is no doubly robust estimate.
	Options []Option
	// Partial says that Options carry no logged propensities: support is then estimated, not counted.
	Partial bool
}

// Decision is a page that was served, or one action chosen: a page with one slot.
type Decision struct {
	// Giver is whose page it was: the pages of one giver are not independent. Left empty, the page
	// counts as a giver of its own.
	Giver  string
	At     time.Time // may be zero
	Policy string    // the logged policy's version; may be empty
	Slots  []Slot
}

// Log yields decisions, the same in the same order each time it is walked: fitting a reward model takes a
// walk of its own. A decision is the reader's until the next is asked for.
type Log = iter.Seq2[*Decision, error]

// sumTolerance is how far probabilities that were rounded when written may be from 1 together.
const sumTolerance = 1e-3

// validate refuses a decision from which nothing can be estimated; n counts decisions from 1.
func (d *Decision) validate(n int) error {
	if len(d.Slots) == 0 {
		return domain.Invalid("slots_missing", "decision %d has no slots; leave out pages on which nothing was shown", n)
	}
	for i := range d.Slots {
		s := &d.Slots[i]
		switch {
		case !(s.Propensity > 0 && s.Propensity <= 1): // written so that NaN is refused too
			return domain.Invalid("propensity_invalid", "decision %d, slot %d: the propensity of what was shown must be more than 0 and at most 1, is %v", n, i+1, s.Propensity)
		case !(s.Target >= 0 && s.Target <= 1):
			return domain.Invalid("target_invalid", "decision %d, slot %d: the target probability must be 0 to 1, is %v", n, i+1, s.Target)
		case math.IsNaN(s.Reward) || math.IsInf(s.Reward, 0):
			return domain.Invalid("reward_invalid", "decision %d, slot %d: the reward must be a finite number, is %v", n, i+1, s.Reward)
		}
		if !s.optionsAddUp() {
			return domain.Invalid("options_invalid", "decision %d, slot %d: the options' probabilities must be 0 to 1, and the target's must sum to 1", n, i+1)
		}
	}
	return nil
}

func (s *Slot) optionsAddUp() bool {
	if len(s.Options) == 0 {
		return true
	}
	var target float64
	for i := range s.Options {
		o := &s.Options[i]
		if !(o.Target >= 0 && o.Target <= 1) || !s.Partial && !(o.Propensity >= 0 && o.Propensity <= 1) {
			return false
		}
		target += o.Target
	}
	return math.Abs(target-1) <= sumTolerance
}
