package discovery

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"gifty/domain"
)

// SessionReached is what a command of a dialogue answers: the session and its version afterwards.
type SessionReached struct {
	SessionID uuid.UUID `json:"session_id"`
	Version   int       `json:"version"`
	Working   bool      `json:"working"` // a step follows
}

// StartDiscovery begins a dialogue. What the quiz leaves open is taken from the recipient, if one is
// named.
type StartDiscovery struct {
	RecipientID *uuid.UUID `json:"recipient_id,omitempty"`
	Quiz        Quiz       `json:"quiz"`
}

// Start answers at once; topics and ideas follow by steps.
func (c Commands) Start(ctx context.Context, cmd StartDiscovery) (domain.Outcome[SessionReached], error) {
	return domain.Execute(ctx, c.Log, "start-discovery", cmd, func(ctx context.Context) (d domain.Decision[SessionReached], err error) {
		p, err := domain.RequirePrincipal(ctx)
		if err != nil {
			return d, err
		}
		brief, guard, err := c.brief(ctx, GenerateHypotheses{RecipientID: cmd.RecipientID, Quiz: cmd.Quiz})
		if err != nil {
			return d, err
		}
		s := &Session{}
		domain.Record(s, SessionStarted{InSession{c.Env.NewID(), p.Giver, cmd.RecipientID}, brief})
		s.request(c.Env.NewID(), StepOpen, nil)
		w := s.Write()
		w.Stream = SessionStream(s.ID)
		return domain.Decision[SessionReached]{Result: SessionReached{s.ID, len(w.Events), true}, Writes: append(guard, w)}, nil
	})
}

// AnswerProbe answers the current question. The nil ProbeID stands for whichever waits.
type AnswerProbe struct {
	SessionID uuid.UUID `json:"session_id"`
	ProbeID   uuid.UUID `json:"probe_id"`
	Answer    string    `json:"answer"`
}

// AnswerProbe records the answer and asks for what follows from it.
func (c Commands) AnswerProbe(ctx context.Context, cmd AnswerProbe) (domain.Outcome[SessionReached], error) {
	return c.act(ctx, "answer-probe", cmd, cmd.SessionID, func(s *Session) error {
		if err := c.permitted(ctx, "answer", cmd.Answer); err != nil {
			return err
		}
		return s.AnswerProbe(cmd.ProbeID, cmd.Answer, c.Env.NewID)
	})
}

// SkipProbe leaves the current question unanswered.
type SkipProbe struct {
	SessionID uuid.UUID `json:"session_id"`
	ProbeID   uuid.UUID `json:"probe_id"`
}

// SkipProbe records it.
func (c Commands) SkipProbe(ctx context.Context, cmd SkipProbe) (domain.Outcome[SessionReached], error) {
	return c.act(ctx, "skip-probe", cmd, cmd.SessionID, func(s *Session) error { return s.SkipProbe(cmd.ProbeID) })
}

// SelectBranch chooses a part of a topic that is too wide.
type SelectBranch struct {
	SessionID uuid.UUID `json:"session_id"`
	TopicID   uuid.UUID `json:"topic_id"`
	Branch    string    `json:"branch"`
}

// SelectBranch records it and asks for ideas.
func (c Commands) SelectBranch(ctx context.Context, cmd SelectBranch) (domain.Outcome[SessionReached], error) {
	return c.act(ctx, "select-branch", cmd, cmd.SessionID, func(s *Session) error {
		if err := c.permitted(ctx, "branch", cmd.Branch); err != nil {
			return err
		}
		return s.SelectBranch(cmd.TopicID, cmd.Branch, c.Env.NewID)
	})
}

// RefineTopic says more precisely what is meant by a topic.
type RefineTopic struct {
	SessionID  uuid.UUID `json:"session_id"`
	TopicID    uuid.UUID `json:"topic_id"`
	Refinement string    `json:"refinement"`
}

// RefineTopic records it and asks for ideas in place of those before.
func (c Commands) RefineTopic(ctx context.Context, cmd RefineTopic) (domain.Outcome[SessionReached], error) {
	return c.act(ctx, "refine-topic", cmd, cmd.SessionID, func(s *Session) error {
		if err := c.permitted(ctx, "refinement", cmd.Refinement); err != nil {
			return err
		}
		return s.RefineTopic(cmd.TopicID, cmd.Refinement, c.Env.NewID)
	})
}

// SelectTrack looks at a track.
type SelectTrack struct {
	SessionID uuid.UUID `json:"session_id"`
	TopicID   uuid.UUID `json:"topic_id"`
}

// SelectTrack records it.
func (c Commands) SelectTrack(ctx context.Context, cmd SelectTrack) (domain.Outcome[SessionReached], error) {
	return c.act(ctx, "select-track", cmd, cmd.SessionID, func(s *Session) error { return s.SelectTrack(cmd.TopicID) })
}

// SuggestTopics asks for questions that lead to other topics.
type SuggestTopics struct {
	SessionID uuid.UUID `json:"session_id"`
}

// SuggestTopics asks for them.
func (c Commands) SuggestTopics(ctx context.Context, cmd SuggestTopics) (domain.Outcome[SessionReached], error) {
	return c.act(ctx, "suggest-topics", cmd, cmd.SessionID, func(s *Session) error {
		s.SuggestTopics(c.Env.NewID)
		return nil
	})
}

// LoadMore asks for further ideas on a topic; nil: the selected one.
type LoadMore struct {
	SessionID uuid.UUID  `json:"session_id"`
	TopicID   *uuid.UUID `json:"topic_id,omitempty"`
}

// LoadMore asks for them.
func (c Commands) LoadMore(ctx context.Context, cmd LoadMore) (domain.Outcome[SessionReached], error) {
	return c.act(ctx, "load-more-hypotheses", cmd, cmd.SessionID, func(s *Session) error {
		return s.LoadMore(cmd.TopicID, c.Env.NewID)
	})
}

// TakePivot takes a way out of a dead end: a topic, a need, or both.
type TakePivot struct {
	SessionID uuid.UUID `json:"session_id"`
	Topic     string    `json:"topic,omitempty"`
	Need      Gap       `json:"need,omitempty"`
}

// Pivot records it and asks for ideas.
func (c Commands) Pivot(ctx context.Context, cmd TakePivot) (domain.Outcome[SessionReached], error) {
	return c.act(ctx, "pivot", cmd, cmd.SessionID, func(s *Session) error {
		if err := c.permitted(ctx, "topic", cmd.Topic); err != nil {
			return err
		}
		return s.Take(cmd.Topic, cmd.Need, c.Env.NewID)
	})
}

// KeepGift puts a product under an idea of the session on its shortlist, or takes it off.
type KeepGift struct {
	SessionID uuid.UUID `json:"session_id"`
	Gift      GiftRef   `json:"gift"`
	Keep      bool      `json:"keep"`
}

// KeepGift records it.
func (c Commands) KeepGift(ctx context.Context, cmd KeepGift) (domain.Outcome[SessionReached], error) {
	return c.actOn(ctx, "shortlist-gift", cmd, cmd.SessionID, cmd.Gift.HypothesisID, func(s *Session, h *Hypothesis) error {
		return s.Keep(h, cmd.Gift.GiftID, cmd.Keep)
	})
}

// SelectGift chooses a product under an idea of the session.
type SelectGift struct {
	SessionID uuid.UUID `json:"session_id"`
	Gift      GiftRef   `json:"gift"`
}

// SelectGift records the choice, which ends the session.
func (c Commands) SelectGift(ctx context.Context, cmd SelectGift) (domain.Outcome[SessionReached], error) {
	return c.actOn(ctx, "select-gift", cmd, cmd.SessionID, cmd.Gift.HypothesisID, func(s *Session, h *Hypothesis) error {
		return s.Choose(h, cmd.Gift.GiftID)
	})
}

// ReactInSession says what the giver thinks of an idea of the session. Taking back names what is taken
// back: unlike leaves a dislike as it is.
type ReactInSession struct {
	SessionID    uuid.UUID `json:"session_id"`
	HypothesisID uuid.UUID `json:"hypothesis_id"`
	Reaction     Reaction  `json:"reaction"`
	TakeBack     bool      `json:"take_back,omitempty"`
}

// ReactInSession records it with the idea and in the session.
func (c Commands) ReactInSession(ctx context.Context, cmd ReactInSession) (domain.Outcome[SessionReached], error) {
	rules, _, err := c.rules(ctx)
	if err != nil {
		return domain.Outcome[SessionReached]{}, err
	}
	return c.actOn(ctx, "react-in-session", cmd, cmd.SessionID, cmd.HypothesisID, func(s *Session, h *Hypothesis) error {
		to := cmd.Reaction
		if cmd.TakeBack {
			if h.Reaction != cmd.Reaction {
				return nil
			}
			to = NoReaction
		}
		if err := s.React(cmd.HypothesisID, to, rules); err != nil {
			return err
		}
		return h.React(to)
	})
}

// ClaimSession makes a session the acting giver's that was had anonymously. Whoever issues it has made
// sure that the giver was From.
type ClaimSession struct {
	SessionID uuid.UUID `json:"session_id"`
	From      uuid.UUID `json:"from"`
}

// Claim records it of the session and of its ideas.
func (c Commands) Claim(ctx context.Context, cmd ClaimSession) (domain.Outcome[SessionReached], error) {
	return patiently(ctx, c, "claim-session", cmd, func(ctx context.Context) (d domain.Decision[SessionReached], err error) {
		p, err := domain.RequirePrincipal(ctx)
		if err != nil {
			return d, err
		}
		s := &Session{}
		if err := domain.LoadOne(ctx, c.Log, SessionStream(cmd.SessionID), s); err != nil {
			return d, err
		}
		if err := s.Claim(cmd.From, p.Giver); err != nil {
			return d, err
		}
		w := s.Write()
		d = domain.Decision[SessionReached]{Result: SessionReached{s.ID, s.Version() + len(w.Events), !s.Idle()}, Writes: []domain.Write{w}}
		for _, idea := range s.ideas() {
			if len(w.Events) > 0 {
				d.Writes = append(d.Writes, domain.Write{Stream: HypothesisStream(idea.HypothesisID), Expect: domain.AnyVersion, Events: []any{
					HypothesisClaimed{idea.HypothesisID, p.Giver},
				}})
			}
		}
		return d, nil
	})
}

// ClaimHypothesis makes an idea the acting giver's that was had anonymously and outside of a dialogue.
// Whoever issues it has made sure that the giver was From.
type ClaimHypothesis struct {
	HypothesisID uuid.UUID `json:"hypothesis_id"`
	From         uuid.UUID `json:"from"`
}

// ClaimIdea records it. Once the idea is theirs, again changes nothing.
func (c Commands) ClaimIdea(ctx context.Context, cmd ClaimHypothesis) (domain.Outcome[Reached], error) {
	return domain.Execute(ctx, c.Log, "claim-hypothesis", cmd, func(ctx context.Context) (d domain.Decision[Reached], err error) {
		p, err := domain.RequirePrincipal(ctx)
		if err != nil {
			return d, err
		}
		h := &Hypothesis{}
		if err := domain.LoadOne(ctx, c.Log, HypothesisStream(cmd.HypothesisID), h); err != nil {
			return d, err
		}
		switch {
		case h.Exists() && h.Generated.GiverID == p.Giver:
		case !h.Exists() || h.Generated.GiverID != cmd.From:
			return d, ErrHypothesisNotFound
		default:
			domain.Record(h, HypothesisClaimed{cmd.HypothesisID, p.Giver})
		}
		w := h.Write()
		return domain.Decision[Reached]{Result: Reached{cmd.HypothesisID, h.Version() + len(w.Events)}, Writes: []domain.Write{w}}, nil
	})
}

// act loads a session, changes it and appends.
func (c Commands) act(ctx context.Context, operation string, cmd any, id uuid.UUID, change func(*Session) error) (domain.Outcome[SessionReached], error) {
	return patiently(ctx, c, operation, cmd, func(ctx context.Context) (d domain.Decision[SessionReached], err error) {
		s, guard, err := c.session(ctx, id)
		if err != nil {
			return d, err
		}
		if err := change(s); err != nil {
			return d, err
		}
		return decided(s, guard), nil
	})
}

// actOn is act for what also concerns an idea.
func (c Commands) actOn(ctx context.Context, operation string, cmd any, id, idea uuid.UUID, change func(*Session, *Hypothesis) error) (domain.Outcome[SessionReached], error) {
	return patiently(ctx, c, operation, cmd, func(ctx context.Context) (d domain.Decision[SessionReached], err error) {
		s, guard, err := c.session(ctx, id)
		if err != nil {
			return d, err
		}
		if !s.has(idea) {
			return d, ErrIdeaNotInSession.On("hypothesis_id", "is not in this session")
		}
		h, err := c.load(ctx, idea)
		if err != nil {
			return d, err
		}
		if err := change(s, h); err != nil {
			return d, err
		}
		return decided(s, append(guard, h.Write())), nil
	})
}

func decided(s *Session, others []domain.Write) domain.Decision[SessionReached] {
	w := s.Write()
	return domain.Decision[SessionReached]{Result: SessionReached{s.ID, s.Version() + len(w.Events), !s.Idle()}, Writes: append(others, w)}
}

// session loads one that the acting giver has, that goes on, and whose recipient, if it has one, was not
// deleted; and what the append must demand for that to hold.
func (c Commands) session(ctx context.Context, id uuid.UUID) (*Session, []domain.Write, error) {
	p, err := domain.RequirePrincipal(ctx)
	if err != nil {
		return nil, nil, err
	}
	s := &Session{}
	if err := domain.LoadOne(ctx, c.Log, SessionStream(id), s); err != nil {
		return nil, nil, err
	}
	if err := s.For(p); err != nil {
		return nil, nil, err
	}
	guard, err := c.living(ctx, s.RecipientID, ErrSessionNotFound)
	if err != nil {
		return nil, nil, err
	}
	if want, named := domain.IfMatchFrom(ctx); named && want != s.Version() {
		return nil, nil, domain.ErrVersion
	}
	if s.Chosen != nil {
		return nil, nil, ErrSessionEnded
	}
	return s, guard, nil
}

// living is what the append must demand for the recipient, if there is one, not to be deleted; gone is
// the answer when it is.
func (c Commands) living(ctx context.Context, recipient *uuid.UUID, gone error) ([]domain.Write, error) {
	if recipient == nil {
		return nil, nil
	}
	person, err := c.Recipients.Recipient(ctx, *recipient)
	var known *domain.Error
	if errors.As(err, &known) && known.Kind == domain.KindNotFound {
		err = gone
	}
	return []domain.Write{person.Unchanged}, err
}

// clicks is how often a decision about a session is taken anew, beyond what Execute does: givers click
// while steps come in.
const clicks = 20

// patiently executes until no other writer was first.
func patiently[R any](ctx context.Context, c Commands, operation string, cmd any, decide func(context.Context) (domain.Decision[R], error)) (out domain.Outcome[R], err error) {
	for range clicks {
		out, err = domain.Execute(ctx, c.Log, operation, cmd, decide)
		if _, named := domain.IfMatchFrom(ctx); named || !errors.Is(err, domain.ErrVersion) {
			break
		}
	}
	return out, err
}

// noted is what a reaction to an idea means for the session that the idea is of, if it is of a dialogue:
// by whichever door the giver says it, the session hears it. before is what the giver said until then.
func (c Commands) noted(ctx context.Context, h *Hypothesis, before Reaction) ([]domain.Write, error) {
	if h.Reaction == before {
		return nil, nil
	}
	return c.told(ctx, h, func(s *Session, rules Rules) error {
		if s.Chosen != nil {
			return ErrSessionEnded
		}
		return s.React(h.Generated.HypothesisID, h.Reaction, rules)
	})
}

// told tells the dialogue that an idea is of, if it is of one.
func (c Commands) told(ctx context.Context, h *Hypothesis, tell func(*Session, Rules) error) ([]domain.Write, error) {
	id, err := uuid.Parse(h.Generated.SessionID)
	if err != nil {
		return nil, nil
	}
	s := &Session{}
	if err := domain.LoadOne(ctx, c.Log, SessionStream(id), s); err != nil {
		return nil, err
	}
	if !s.has(h.Generated.HypothesisID) {
		return nil, nil
	}
	rules, _, err := c.rules(ctx)
	if err != nil {
		return nil, err
	}
	if err := tell(s, rules); err != nil {
		return nil, err
	}
	return []domain.Write{s.Write()}, nil
}

// permitted refuses what a giver says when it names what is never suggested.
func (c Commands) permitted(ctx context.Context, field, text string) error {
	rules, _, err := c.rules(ctx)
	if err == nil && rules.Never.In(text) {
		return errAnswer.On(field, "names a subject that is never suggested")
	}
	return err
}

// rules are those in force.
func (c Commands) rules(ctx context.Context) (Rules, map[string]int, error) {
	if c.Configured == nil {
		return Shipped{}.Rules(ctx)
	}
	return c.Configured.Rules(ctx)
}
