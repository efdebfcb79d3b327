package discovery

import (
	"slices"
	"unicode/utf8"

	"github.com/google/uuid"

	"gifty/domain"
)

// What a dialogue answers when it refuses.
var (
	// ErrSessionNotFound answers for a session that does not exist or is another giver's.
	ErrSessionNotFound = domain.NotFound("session_not_found", "there is no such discovery session")
	// ErrSessionEnded answers for whatever is tried after a gift was chosen.
	ErrSessionEnded = domain.Conflict("session_ended", "this session ended with the choice of a gift; start another")
	// ErrTopicNotFound answers for a topic that the session does not have.
	ErrTopicNotFound = domain.NotFound("topic_not_found", "this session has no such topic; its tracks list those that it has")
	// ErrIdeaNotInSession answers for an idea of elsewhere.
	ErrIdeaNotInSession = domain.Invalid("idea_not_in_session", "this session has no such idea; choose one of those in its tracks")
	errNoProbe          = domain.Conflict("no_probe", "no question waits for an answer")
	errProbeGone        = domain.Conflict("probe_gone", "another question waits for an answer now; read the session again")
	errTrackLoading     = domain.Conflict("track_loading", "this topic's ideas are still being made; wait for them")
	errTrackAsks        = domain.Conflict("track_asks", "this topic is too wide; choose a branch first")
	errTrackNotWide     = domain.Conflict("track_not_wide", "this topic does not ask for a branch; use refine-topic to say what you mean")
	errSessionFull      = domain.Conflict("session_full", "this session holds as many topics and ideas as one can; start another")
	errAnswer           = domain.Invalid("answer_invalid", "this cannot be used as it stands; correct the field listed")
	errGiftNotShown     = domain.Invalid("gift_not_shown", "choose one of the products under this idea")
)

// How much one session holds.
const (
	maxTracks  = 30
	maxInTrack = 60
	maxKept    = 100 // gifts on the shortlist
)

// maxAnswer bounds what a giver may say in one go, in characters.
const maxAnswer = 200

func (s *Session) in() InSession { return InSession{s.ID, s.GiverID, s.RecipientID} }

// For returns an error unless the session is there and the principal's.
func (s *Session) For(p domain.Principal) error {
	if !s.Exists() || !p.Owns(s.GiverID) {
		return ErrSessionNotFound
	}
	return nil
}

// request asks for a step.
func (s *Session) request(id uuid.UUID, kind StepKind, topic *uuid.UUID) {
	domain.Record(s, StepRequested{InSession: s.in(), StepID: id, Kind: kind, TopicID: topic})
}

// said is what a giver says, fit to go on.
func said(field, text string) (string, error) {
	bad := errAnswer
	if !utf8.ValidString(text) {
		return "", bad.On(field, "is not valid UTF-8")
	}
	text = clean(text)
	switch n := utf8.RuneCountInString(text); {
	case len(Tokens(text)) == 0:
		return "", bad.On(field, "must hold at least a word")
	case n > maxAnswer:
		return "", bad.On(field, "must have at most %d characters, has %d", maxAnswer, n)
	}
	return text, nil
}

// open opens a track for a topic and selects it; a topic that there is already is only selected. ids
// gives the new ids.
func (s *Session) open(topic Topic, ids func() uuid.UUID) error {
	for _, t := range s.Tracks {
		if FoldTitle(t.Topic.Name) == FoldTitle(topic.Name) && t.Topic.Then == topic.Then && t.Topic.Need == topic.Need {
			s.selectTrack(t.TopicID)
			return nil
		}
	}
	if len(s.Tracks) >= maxTracks {
		return errSessionFull
	}
	id := ids()
	domain.Record(s, TrackOpened{s.in(), id, topic})
	s.request(ids(), StepTrack, &id)
	s.selectTrack(id)
	return nil
}

func (s *Session) selectTrack(topic uuid.UUID) {
	if s.TopicID == nil || *s.TopicID != topic {
		domain.Record(s, TrackSelected{s.in(), topic})
	}
}

// SelectTrack looks at a track.
func (s *Session) SelectTrack(topic uuid.UUID) error {
	if s.track(topic) == nil {
		return ErrTopicNotFound
	}
	s.selectTrack(topic)
	return nil
}

// AnswerProbe answers the current question, which is then gone: the answer becomes a topic, or says
// more about the topic that was asked about.
func (s *Session) AnswerProbe(probe uuid.UUID, answer string, ids func() uuid.UUID) error {
	answer, err := said("answer", answer)
	if err == nil {
		err = s.current(probe)
	}
	if err != nil {
		return err
	}
	about := s.Probe.TopicID
	domain.Record(s, ProbeAnswered{s.in(), s.Probe.ProbeID, answer})
	if about != nil && s.track(*about) != nil {
		s.refine(*about, answer, ids)
		return nil
	}
	return s.open(Topic{Name: answer}, ids)
}

// SkipProbe leaves the current question unanswered.
func (s *Session) SkipProbe(probe uuid.UUID) error {
	if err := s.current(probe); err != nil {
		return err
	}
	domain.Record(s, ProbeSkipped{s.in(), s.Probe.ProbeID})
	return nil
}

// current checks that this is the question that waits; the nil id stands for whichever does.
func (s *Session) current(probe uuid.UUID) error {
	switch {
	case s.Probe == nil:
		return errNoProbe
	case probe != uuid.Nil && probe != s.Probe.ProbeID:
		return errProbeGone
	}
	return nil
}

// SelectBranch chooses a part of a topic that is too wide.
func (s *Session) SelectBranch(topic uuid.UUID, branch string, ids func() uuid.UUID) error {
	branch, err := said("branch", branch)
	if err != nil {
		return err
	}
	switch t := s.track(topic); {
	case t == nil:
		return ErrTopicNotFound
	case t.Status != TrackQuestion:
		return errTrackNotWide
	}
	domain.Record(s, TrackBranched{s.in(), topic, branch})
	s.request(ids(), StepTrack, &topic)
	s.selectTrack(topic)
	return nil
}

// RefineTopic says more precisely what is meant by a topic.
func (s *Session) RefineTopic(topic uuid.UUID, text string, ids func() uuid.UUID) error {
	text, err := said("refinement", text)
	if err != nil {
		return err
	}
	if s.track(topic) == nil {
		return ErrTopicNotFound
	}
	s.refine(topic, text, ids)
	return nil
}

func (s *Session) refine(topic uuid.UUID, text string, ids func() uuid.UUID) {
	if s.Probe != nil && s.Probe.TopicID != nil && *s.Probe.TopicID == topic {
		domain.Record(s, ProbeAnswered{s.in(), s.Probe.ProbeID, text}) // it asked for just this
	}
	domain.Record(s, TrackRefined{s.in(), topic, text})
	s.request(ids(), StepTrack, &topic)
	s.selectTrack(topic)
}

// SuggestTopics asks for questions that lead to other topics, unless it has been asked already.
func (s *Session) SuggestTopics(ids func() uuid.UUID) {
	if !s.working(StepHints, nil) {
		s.request(ids(), StepHints, nil)
	}
}

// LoadMore asks for further ideas on a topic, or on the selected one; once, however often it is said.
func (s *Session) LoadMore(topic *uuid.UUID, ids func() uuid.UUID) error {
	if topic == nil {
		topic = s.TopicID
	}
	if topic == nil {
		return ErrTopicNotFound
	}
	t := s.track(*topic)
	switch {
	case t == nil:
		return ErrTopicNotFound
	case s.working(StepMore, topic):
		return nil
	case t.Status == TrackQuestion:
		return errTrackAsks
	case t.Status == TrackLoading:
		return errTrackLoading
	case len(t.Ideas) >= maxInTrack:
		return errSessionFull
	}
	s.request(ids(), StepMore, topic)
	return nil
}

func (s *Session) working(kind StepKind, topic *uuid.UUID) bool {
	return slices.ContainsFunc(s.Steps, func(o Step) bool {
		return o.Kind == kind && !o.Failed && (topic == nil || o.TopicID != nil && *o.TopicID == *topic)
	})
}

// Take takes a way out of a dead end, offered or not: a topic, a need, or both.
func (s *Session) Take(topic string, need Gap, ids func() uuid.UUID) error {
	bad := domain.Invalid("pivot_invalid", "say a topic, a need or both")
	switch {
	case need != "" && !need.Valid():
		return bad.On("need", "must be one of %s", oneOf(Gaps()))
	case need == "" && topic == "":
		return bad.On("topic", "must be given when need is not")
	}
	var err error
	if topic != "" {
		if topic, err = said("topic", topic); err != nil {
			return err
		}
	}
	domain.Record(s, PivotTaken{s.in(), topic, need})
	return s.open(Topic{Name: topic, Need: need}, ids)
}

// React notes what the giver says of an idea of the session. The same again changes nothing.
func (s *Session) React(idea uuid.UUID, to Reaction, rules Rules) error {
	if !s.has(idea) {
		return ErrIdeaNotInSession
	}
	if s.reaction(idea) == to {
		return nil
	}
	domain.Record(s, ReactionNoted{s.in(), idea, to})
	s.noticeRefusals(rules)
	return nil
}

func (s *Session) reaction(idea uuid.UUID) Reaction {
	for _, n := range s.Reactions {
		if n.HypothesisID == idea {
			return n.Reaction
		}
	}
	return NoReaction
}

// ideas are all that the session ever had.
func (d *Dialogue) ideas() []IdeaRef {
	all := slices.Clone(d.Past)
	for _, t := range d.Tracks {
		all = append(all, t.Ideas...)
	}
	return all
}

func (d *Dialogue) has(idea uuid.UUID) bool {
	return slices.ContainsFunc(d.ideas(), func(i IdeaRef) bool { return i.HypothesisID == idea })
}

// Keep puts a product under an idea on the shortlist, or takes it off. h is the idea.
func (s *Session) Keep(h *Hypothesis, giftID string, keep bool) error {
	gift, err := s.gift(h, giftID)
	kept := slices.Contains(s.Shortlist, gift)
	switch {
	case err != nil:
		return err
	case keep && !kept && len(s.Shortlist) >= maxKept:
		return errSessionFull
	case keep && !kept:
		domain.Record(s, GiftShortlisted{s.in(), gift})
	case !keep && kept:
		domain.Record(s, GiftUnshortlisted{s.in(), gift})
	}
	return nil
}

// Choose ends the session with a product under one of its ideas. h is the idea.
func (s *Session) Choose(h *Hypothesis, giftID string) error {
	gift, err := s.gift(h, giftID)
	if err == nil {
		domain.Record(s, GiftSelected{s.in(), gift})
	}
	return err
}

func (s *Session) gift(h *Hypothesis, giftID string) (GiftRef, error) {
	id := h.Generated.HypothesisID
	switch {
	case !s.has(id):
		return GiftRef{}, ErrIdeaNotInSession
	case !h.linked(giftID):
		return GiftRef{}, errGiftNotShown.On("gift_id", "is not under this idea")
	}
	return GiftRef{id, giftID}, nil
}

// Claim makes the session the giver's who had it anonymously. Once it is theirs, again changes nothing.
func (s *Session) Claim(from, giver uuid.UUID) error {
	switch {
	case s.Exists() && s.GiverID == giver:
		return nil
	case !s.Exists() || s.GiverID != from:
		return ErrSessionNotFound
	}
	domain.Record(s, SessionClaimed{InSession{s.ID, giver, s.RecipientID}, from})
	return nil
}
