package discovery

import (
	"slices"

	"github.com/google/uuid"

	"gifty/domain"
)

// DeadEndRule is how a dead end was recognised.
type DeadEndRule string

// The rules.
const (
	RuleRefusals   DeadEndRule = "refusals"    // one idea after the other was disliked
	RuleNoTopics   DeadEndRule = "no_topics"   // nothing is known of what the person likes
	RuleNoIdeas    DeadEndRule = "no_ideas"    // nothing comes to mind on a topic
	RuleNoMore     DeadEndRule = "no_more"     // all that comes to mind on a topic was shown
	RuleNoProducts DeadEndRule = "no_products" // the catalogue has nothing for a track's ideas
	RuleFalling    DeadEndRule = "falling"     // what a track gets fits its ideas less each time
	RulePassed     DeadEndRule = "passed"      // many ideas or products were looked at, and none followed
	RuleLingering  DeadEndRule = "lingering"   // an idea was looked at for much longer than others, and nothing done
)

// Pivot is the ways out of a dead end: name a topic of your own, or a need.
type Pivot struct {
	Question string      `json:"question" personal:"recipient_id,giver_id"`
	Cards    []PivotCard `json:"cards"`
}

// PivotCard is one of them.
type PivotCard struct {
	Text string `json:"text" personal:"recipient_id,giver_id"`
	Need Gap    `json:"need,omitempty" enum:"the_mirror,the_optimizer,the_catalyst,the_anchor,the_permission"` // empty: the giver names a topic
}

// deadEnd records that going on like this leads nowhere, and offers the ways out.
func (s *Session) deadEnd(rule DeadEndRule, rules Rules, evidence ...uuid.UUID) {
	domain.Record(s, DeadEndDetected{InSession: s.in(), Rule: rule, Evidence: evidence})
	if s.Pivot == nil {
		domain.Record(s, PivotOffered{s.in(), rules.pivot(s.Language)})
	}
}

// noticeRefusals looks whether too many ideas in a row were disliked.
func (s *Session) noticeRefusals(rules Rules) {
	if len(s.Refused) >= rules.RefusalsInARow {
		s.deadEnd(RuleRefusals, rules, slices.Clone(s.Refused)...)
	}
}

// noticeThin looks whether what a track just got is worth going on with.
func (s *Session) noticeThin(topic uuid.UUID, got []IdeaRef, rules Rules) {
	t := s.track(topic)
	means := t.Means[max(0, len(t.Means)-rules.FallsInARow-1):]
	falling := len(means) == rules.FallsInARow+1 && slices.IsSortedFunc(means, func(a, b float64) int {
		if a > b {
			return -1
		}
		return 1
	})
	without := !slices.ContainsFunc(got, func(i IdeaRef) bool { return i.Products > 0 })
	switch {
	case without:
		s.deadEnd(RuleNoProducts, rules, idsOf(got)...)
	case falling:
		s.deadEnd(RuleFalling, rules, idsOf(got)...)
	}
}

// fewViews is from how many views on an average says something.
const fewViews = 3

// noticePassing looks whether too much was looked at without interest, the last idea for so many seconds.
func (s *Session) noticePassing(idea uuid.UUID, seconds float64, rules Rules) {
	p := s.Passing
	others := p.Views - 1
	switch {
	case len(p.Ideas) > rules.PassedIdeas || p.Gifts > rules.PassedGifts:
		s.deadEnd(RulePassed, rules, slices.Clone(p.Ideas)...)
	case seconds > 0 && others >= fewViews && s.reaction(idea) == NoReaction &&
		seconds >= rules.LingerFactor*(p.Seconds-seconds)/float64(others):
		s.deadEnd(RuleLingering, rules, idea)
	}
}

func idsOf(ideas []IdeaRef) []uuid.UUID {
	ids := make([]uuid.UUID, len(ideas))
	for i, idea := range ideas {
		ids[i] = idea.HypothesisID
	}
	return ids
}
