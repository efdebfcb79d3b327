package discovery

import (
	"time"

	"github.com/google/uuid"

	"gifty/domain"
)

// InSession is what every event of a dialogue has.
type InSession struct {
	SessionID   uuid.UUID  `json:"session_id"`
	GiverID     uuid.UUID  `json:"giver_id"`
	RecipientID *uuid.UUID `json:"recipient_id,omitempty"` // nil: nobody in particular
}

// Of is the session that an event is of.
func (e InSession) Of() uuid.UUID { return e.SessionID }

// SessionStarted records that a giver began a dialogue.
type SessionStarted struct {
	InSession
	Brief Brief `json:"brief"`
}

// SessionClaimed records that a dialogue which somebody had anonymously is a known giver's, the event's.
type SessionClaimed struct {
	InSession
	From uuid.UUID `json:"from"` // who it was before
}

// HypothesisClaimed records the same of an idea of the dialogue.
type HypothesisClaimed struct {
	HypothesisID uuid.UUID `json:"hypothesis_id"`
	GiverID      uuid.UUID `json:"giver_id"`
}

// StepRequested records that the dialogue needs something that takes a while. It is done outside
// of the command that asks for it.
type StepRequested struct {
	InSession
	StepID  uuid.UUID  `json:"step_id"`
	Kind    StepKind   `json:"kind"`
	TopicID *uuid.UUID `json:"topic_id,omitempty"`
}

// StepTaken records that it was done, and how.
type StepTaken struct {
	InSession
	StepID  uuid.UUID `json:"step_id"`
	Kind    StepKind  `json:"kind"`
	Makings []Making  `json:"makings,omitempty"`
	TookMS  float64   `json:"took_ms"`
	Dropped bool      `json:"dropped,omitempty"` // the giver had moved on meanwhile: nothing came of it
}

// StepFailed records that it was given up until somebody looks.
type StepFailed struct {
	InSession
	StepID uuid.UUID `json:"step_id"`
	Reason string    `json:"reason" personal:"recipient_id,giver_id"` // for operators
}

// TopicsNormalised records what the interests were made of.
type TopicsNormalised struct {
	InSession
	Raw    []string `json:"raw" personal:"recipient_id,giver_id"`
	Topics []string `json:"topics" personal:"recipient_id,giver_id"`
}

// TrackOpened records that there is a line of ideas about a topic; its ideas come later.
type TrackOpened struct {
	InSession
	TopicID uuid.UUID `json:"topic_id"`
	Topic   Topic     `json:"topic"`
}

// TrackBranched records that the giver chose a part of a topic that was too wide. What the track held
// before is replaced.
type TrackBranched struct {
	InSession
	TopicID uuid.UUID `json:"topic_id"`
	Branch  string    `json:"branch" personal:"recipient_id,giver_id"`
}

// TrackRefined records that the giver said more precisely what they mean. What the track held before is
// replaced.
type TrackRefined struct {
	InSession
	TopicID    uuid.UUID `json:"topic_id"`
	Refinement string    `json:"refinement" personal:"recipient_id,giver_id"`
}

// TrackFilled records ideas that a track got, after those that it had.
type TrackFilled struct {
	InSession
	TopicID uuid.UUID `json:"topic_id"`
	Ideas   []IdeaRef `json:"ideas"`
	// Similarity is the mean over these ideas of the best product's cosine to its query, -1–1; nil when
	// no idea has a product.
	Similarity *float64 `json:"similarity,omitempty"`
}

// TrackQuestioned records that a topic was too wide, and what the giver is asked.
type TrackQuestioned struct {
	InSession
	TopicID uuid.UUID `json:"topic_id"`
	Question
}

// TrackSelected records which track the giver looks at.
type TrackSelected struct {
	InSession
	TopicID uuid.UUID `json:"topic_id"`
}

// ProbeAsked records the one question that the dialogue now waits for.
type ProbeAsked struct {
	InSession
	Probe Probe `json:"probe"`
}

// ProbeAnswered records the giver's answer to it.
type ProbeAnswered struct {
	InSession
	ProbeID uuid.UUID `json:"probe_id"`
	Answer  string    `json:"answer" personal:"recipient_id,giver_id"`
}

// ProbeSkipped records that the giver would rather not answer.
type ProbeSkipped struct {
	InSession
	ProbeID uuid.UUID `json:"probe_id"`
}

// TopicHintsSuggested records questions that point at other topics, in place of those before.
type TopicHintsSuggested struct {
	InSession
	Hints []Hint `json:"hints"`
}

// ReactionNoted records, in the dialogue, what its giver said of an idea.
type ReactionNoted struct {
	InSession
	HypothesisID uuid.UUID `json:"hypothesis_id"`
	Reaction     Reaction  `json:"reaction"`
}

// IdeaViewed records, in the dialogue, that the giver looked at an idea, and which products under it they
// saw for the first time.
type IdeaViewed struct {
	InSession
	HypothesisID uuid.UUID `json:"hypothesis_id"`
	Gifts        []string  `json:"gifts,omitempty"`
	Seconds      float64   `json:"seconds,omitempty"` // how long; 0: not told
}

// GiftClicked records, in the dialogue, that the giver followed a product under an idea.
type GiftClicked struct {
	InSession
	Gift GiftRef `json:"gift"`
}

// GiftShortlisted records that a product is kept for the last choice.
type GiftShortlisted struct {
	InSession
	Gift GiftRef `json:"gift"`
}

// GiftUnshortlisted records that it is not any more.
type GiftUnshortlisted struct {
	InSession
	Gift GiftRef `json:"gift"`
}

// GiftSelected records the choice. It ends the dialogue.
type GiftSelected struct {
	InSession
	Gift GiftRef `json:"gift"`
}

// DeadEndDetected records that going on like this leads nowhere, by which rule, and what it saw.
type DeadEndDetected struct {
	InSession
	Rule     DeadEndRule `json:"rule"`
	Evidence []uuid.UUID `json:"evidence,omitempty"` // ideas, in their order
}

// PivotOffered records the ways out that the giver was shown.
type PivotOffered struct {
	InSession
	Pivot Pivot `json:"pivot"`
}

// PivotTaken records the one that the giver took: a topic, a need, or both.
type PivotTaken struct {
	InSession
	Topic string `json:"topic,omitempty" personal:"recipient_id,giver_id"`
	Need  Gap    `json:"need,omitempty"`
}

func sessionEvents() []domain.EventType {
	return []domain.EventType{
		domain.Type[SessionStarted]("discovery.session_started.v1"),
		domain.Type[SessionClaimed]("discovery.session_claimed.v1"),
		domain.Type[HypothesisClaimed]("discovery.hypothesis_claimed.v1"),
		domain.Type[StepRequested]("discovery.step_requested.v1"),
		domain.Type[StepTaken]("discovery.step_taken.v1"),
		domain.Type[StepFailed]("discovery.step_failed.v1"),
		domain.Type[TopicsNormalised]("discovery.topics_normalised.v1"),
		domain.Type[TrackOpened]("discovery.track_opened.v1"),
		domain.Type[TrackBranched]("discovery.track_branched.v1"),
		domain.Type[TrackRefined]("discovery.track_refined.v1"),
		domain.Type[TrackFilled]("discovery.track_filled.v1"),
		domain.Type[TrackQuestioned]("discovery.track_questioned.v1"),
		domain.Type[TrackSelected]("discovery.track_selected.v1"),
		domain.Type[ProbeAsked]("discovery.probe_asked.v1"),
		domain.Type[ProbeAnswered]("discovery.probe_answered.v1"),
		domain.Type[ProbeSkipped]("discovery.probe_skipped.v1"),
		domain.Type[TopicHintsSuggested]("discovery.topic_hints_suggested.v1"),
		domain.Type[ReactionNoted]("discovery.reaction_noted.v1"),
		domain.Type[IdeaViewed]("discovery.idea_viewed.v1"),
		domain.Type[GiftClicked]("discovery.gift_clicked.v1"),
		domain.Type[GiftShortlisted]("discovery.gift_shortlisted.v1"),
		domain.Type[GiftUnshortlisted]("discovery.gift_unshortlisted.v1"),
		domain.Type[GiftSelected]("discovery.gift_selected.v1"),
		domain.Type[DeadEndDetected]("discovery.dead_end_detected.v1"),
		domain.Type[PivotOffered]("discovery.pivot_offered.v1"),
		domain.Type[PivotTaken]("discovery.pivot_taken.v1"),
	}
}

// StepKind is what a dialogue needs.
type StepKind string

// The steps.
const (
	StepOpen  StepKind = "open"  // tidy the topics and have ideas for all of them
	StepTrack StepKind = "track" // ideas for one track, in place of what it holds
	StepMore  StepKind = "more"  // further ideas for one track
	StepHints StepKind = "hints" // questions that point at other topics
	StepProbe StepKind = "probe" // a question, as the dialogue has come to a dead end
)

// took is a duration as events tell it.
func took(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
