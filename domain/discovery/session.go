package discovery

import (
	"slices"

	"github.com/google/uuid"

	"gifty/domain"
)

// Session is a dialogue between a giver and the product, from the quiz to the choice of a gift.
type Session struct {
	domain.Root
	Dialogue
	ID uuid.UUID
}

// SessionStream is where a dialogue's events are.
func SessionStream(id uuid.UUID) string { return "discovery-" + id.String() }

// Dialogue is how far a session has come: the fold of its events, which decides and is shown.
type Dialogue struct {
	GiverID     uuid.UUID   `json:"giver_id"`
	RecipientID *uuid.UUID  `json:"recipient_id"`
	Language    Language    `json:"language"`
	Brief       Brief       `json:"brief" personal:"recipient_id,giver_id"`
	Tracks      []Track     `json:"tracks" personal:"recipient_id,giver_id"`
	TopicID     *uuid.UUID  `json:"selected_topic_id" doc:"the track that the giver looks at"`
	Probe       *Probe      `json:"current_probe" personal:"recipient_id,giver_id" doc:"the question that waits for an answer"`
	Hints       []Hint      `json:"topic_hints" personal:"recipient_id,giver_id"`
	Pivot       *Pivot      `json:"pivot" personal:"recipient_id,giver_id" doc:"ways out of a dead end"`
	Reactions   []Noted     `json:"reactions" doc:"what the giver says of ideas, the last thing said of each, latest last"`
	Shortlist   []GiftRef   `json:"shortlist" doc:"products kept for the last choice"`
	Chosen      *GiftRef    `json:"chosen" doc:"the choice, which has ended the dialogue"`
	Past        []IdeaRef   `json:"past_ideas" personal:"recipient_id,giver_id" doc:"ideas that a track held before its topic was said more precisely"`
	Steps       []Step      `json:"steps" doc:"what is being worked on"`
	Refused     []uuid.UUID `json:"refused_in_a_row" doc:"ideas disliked since the giver last showed interest"`
	Passing     Passing     `json:"passing" doc:"what was looked at since then"`
}

// Passing is what the giver looked at without showing interest, and how long they look at ideas.
type Passing struct {
	Ideas   []uuid.UUID `json:"ideas,omitempty"`
	Gifts   int         `json:"gifts,omitempty"`
	Views   int         `json:"views,omitempty"`   // of the whole dialogue
	Seconds float64     `json:"seconds,omitempty"` // of these together
}

// Track is a line of ideas about a topic.
type Track struct {
	TopicID  uuid.UUID   `json:"topic_id"`
	Topic    Topic       `json:"topic"`
	Status   TrackStatus `json:"status" enum:"loading,ready,question,error"`
	Question *Question   `json:"question,omitempty"` // of a topic that is too wide
	Ideas    []IdeaRef   `json:"ideas"`
	// Means are the similarities of what the track got, a number each time, earliest first.
	Means []float64  `json:"similarities,omitempty"`
	Step  *uuid.UUID `json:"step_id,omitempty"` // that is to fill it
}

// TrackStatus is how far a track is.
type TrackStatus string

// The states of a track.
const (
	TrackLoading  TrackStatus = "loading"
	TrackReady    TrackStatus = "ready"
	TrackQuestion TrackStatus = "question" // waits for a branch
	TrackError    TrackStatus = "error"    // its ideas could not be made until now
)

// IdeaRef is an idea in a track.
type IdeaRef struct {
	HypothesisID uuid.UUID `json:"hypothesis_id"`
	Title        string    `json:"title" personal:"recipient_id,giver_id"`
	Slot         Slot      `json:"slot"`
	Products     int       `json:"products"` // found for it
}

// Noted is a reaction to an idea.
type Noted struct {
	HypothesisID uuid.UUID `json:"hypothesis_id"`
	Reaction     Reaction  `json:"reaction"`
}

// GiftRef is a product under an idea.
type GiftRef struct {
	HypothesisID uuid.UUID `json:"hypothesis_id"`
	GiftID       string    `json:"gift_id"`
}

// Step is something that is being worked on.
type Step struct {
	StepID  uuid.UUID  `json:"step_id"`
	Kind    StepKind   `json:"kind"`
	TopicID *uuid.UUID `json:"topic_id,omitempty"`
	Failed  bool       `json:"failed,omitempty"` // given up until somebody looks
}

// Probe is a question of the dialogue.
type Probe struct {
	ProbeID uuid.UUID  `json:"probe_id"`
	Kind    ProbeKind  `json:"kind" enum:"dead_end,exploration"`
	TopicID *uuid.UUID `json:"topic_id,omitempty"` // the track that it is about
	Question
	CanSkip bool `json:"can_skip"`
}

// ProbeKind is why a question is asked.
type ProbeKind string

// The kinds.
const (
	ProbeDeadEnd     ProbeKind = "dead_end"    // there is nothing to go by, or it leads nowhere
	ProbeExploration ProbeKind = "exploration" // there is a topic, and nothing comes to mind
)

// Apply folds one event of the stream.
func (s *Session) Apply(event any) {
	if e, ok := event.(interface{ Of() uuid.UUID }); ok {
		s.ID = e.Of()
	}
	s.Dialogue.Apply(event)
}

// Apply folds one event of a dialogue; others change nothing.
func (d *Dialogue) Apply(event any) {
	switch e := event.(type) {
	case SessionStarted:
		*d = Dialogue{GiverID: e.GiverID, RecipientID: e.RecipientID, Language: e.Brief.Language, Brief: e.Brief}
	case SessionClaimed:
		d.GiverID = e.GiverID
	case StepRequested:
		d.begin(Step{StepID: e.StepID, Kind: e.Kind, TopicID: e.TopicID})
	case StepTaken:
		d.finish(e.StepID)
	case StepFailed:
		d.fail(e.StepID)
	case ProbeAsked:
		d.Probe = &e.Probe
	case ProbeAnswered, ProbeSkipped:
		d.Probe = nil
	case TopicHintsSuggested:
		d.Hints = e.Hints
	case ReactionNoted:
		d.note(Noted{e.HypothesisID, e.Reaction})
	case GiftShortlisted:
		d.Shortlist, d.Refused = append(slices.Clip(d.Shortlist), e.Gift), nil
		d.Passing.Ideas, d.Passing.Gifts = nil, 0
	case GiftClicked:
		d.Refused, d.Passing.Ideas, d.Passing.Gifts = nil, nil, 0
	case IdeaViewed:
		d.view(e)
	case GiftUnshortlisted:
		d.Shortlist = slices.DeleteFunc(slices.Clone(d.Shortlist), func(g GiftRef) bool { return g == e.Gift })
	case GiftSelected:
		d.Chosen, d.Probe, d.Pivot = &e.Gift, nil, nil
	case DeadEndDetected:
		d.Refused, d.Passing.Ideas, d.Passing.Gifts = nil, nil, 0
	case PivotOffered:
		d.Pivot = &e.Pivot
	case PivotTaken:
		d.Pivot, d.Refused, d.Passing.Ideas, d.Passing.Gifts = nil, nil, nil, 0
	default:
		d.applyToTrack(event)
	}
}

func (d *Dialogue) applyToTrack(event any) {
	switch e := event.(type) {
	case TrackOpened:
		d.Tracks = append(slices.Clip(d.Tracks), Track{TopicID: e.TopicID, Topic: e.Topic, Status: TrackLoading})
	case TrackBranched:
		d.replace(e.TopicID, e.Branch)
	case TrackRefined:
		d.replace(e.TopicID, e.Refinement)
	case TrackFilled:
		d.change(e.TopicID, func(t *Track) {
			t.Status, t.Question, t.Ideas = TrackReady, nil, slices.Concat(t.Ideas, e.Ideas)
			if e.Similarity != nil {
				t.Means = append(slices.Clip(t.Means), *e.Similarity)
			}
		})
	case TrackQuestioned:
		d.change(e.TopicID, func(t *Track) { t.Status, t.Question = TrackQuestion, &e.Question })
	case TrackSelected:
		d.TopicID = &e.TopicID
	}
}

// replace empties a track for what the giver said of its topic last: that stands in for what was said
// before, so that a topic's name does not grow.
func (d *Dialogue) replace(topic uuid.UUID, then string) {
	d.change(topic, func(t *Track) {
		d.Past = slices.Concat(d.Past, t.Ideas)
		t.Topic.Then, t.Status, t.Question, t.Ideas, t.Means = then, TrackLoading, nil, nil, nil
	})
}

// change changes a copy: rows that were read from this dialogue keep what they have.
func (d *Dialogue) change(topic uuid.UUID, with func(*Track)) {
	d.Tracks = slices.Clone(d.Tracks)
	if t := d.track(topic); t != nil {
		with(t)
	}
}

func (d *Dialogue) begin(step Step) {
	d.Steps = append(slices.DeleteFunc(slices.Clone(d.Steps), func(s Step) bool { return s.StepID == step.StepID }), step)
	if step.TopicID != nil {
		d.change(*step.TopicID, func(t *Track) {
			if t.Step = &step.StepID; t.Status == TrackError {
				t.Status = TrackLoading
			}
		})
	}
}

func (d *Dialogue) finish(step uuid.UUID) {
	if topic := d.topicOf(step); topic != nil {
		d.change(*topic, func(t *Track) {
			if t.Step == nil || *t.Step != step {
				return
			}
			if t.Step = nil; t.Status == TrackLoading || t.Status == TrackError { // nothing came of it
				t.Status = TrackReady
			}
		})
	}
	d.Steps = slices.DeleteFunc(slices.Clone(d.Steps), func(s Step) bool { return s.StepID == step })
}

func (d *Dialogue) fail(step uuid.UUID) {
	d.Steps = slices.Clone(d.Steps)
	for i := range d.Steps {
		if d.Steps[i].StepID == step {
			d.Steps[i].Failed = true
		}
	}
	if topic := d.topicOf(step); topic != nil {
		d.change(*topic, func(t *Track) {
			if t.Status == TrackLoading {
				t.Status = TrackError
			}
		})
	}
}

func (d *Dialogue) topicOf(step uuid.UUID) *uuid.UUID {
	if s, working := d.step(step); working {
		return s.TopicID
	}
	return nil
}

// step is one that is being worked on.
func (d *Dialogue) step(id uuid.UUID) (Step, bool) {
	i := slices.IndexFunc(d.Steps, func(s Step) bool { return s.StepID == id })
	if i < 0 {
		return Step{}, false
	}
	return d.Steps[i], true
}

// note keeps the last reaction to each idea. Interest in one ends a row of refusals.
func (d *Dialogue) note(n Noted) {
	same := func(o Noted) bool { return o.HypothesisID == n.HypothesisID }
	d.Reactions = slices.DeleteFunc(slices.Clone(d.Reactions), same)
	refused := slices.DeleteFunc(slices.Clone(d.Refused), func(id uuid.UUID) bool { return id == n.HypothesisID })
	switch n.Reaction {
	case Dislike:
		refused = append(refused, n.HypothesisID)
	case Like, Shortlist:
		refused, d.Passing.Ideas, d.Passing.Gifts = nil, nil, 0
	}
	if d.Refused = refused; n.Reaction != NoReaction {
		d.Reactions = append(d.Reactions, n)
	}
}

// view counts what was looked at.
func (d *Dialogue) view(e IdeaViewed) {
	if !slices.Contains(d.Passing.Ideas, e.HypothesisID) {
		d.Passing.Ideas = append(slices.Clip(d.Passing.Ideas), e.HypothesisID)
	}
	d.Passing.Gifts += len(e.Gifts)
	if e.Seconds > 0 {
		d.Passing.Views, d.Passing.Seconds = d.Passing.Views+1, d.Passing.Seconds+e.Seconds
	}
}

// track is a track of this dialogue, nil when there is none.
func (d *Dialogue) track(topic uuid.UUID) *Track {
	i := slices.IndexFunc(d.Tracks, func(t Track) bool { return t.TopicID == topic })
	if i < 0 {
		return nil
	}
	return &d.Tracks[i]
}

// Idle tells that nothing is being worked on: what is there is all there is until the giver acts.
func (d *Dialogue) Idle() bool {
	return !slices.ContainsFunc(d.Steps, func(s Step) bool { return !s.Failed })
}
