package discovery

import (
	"context"
	"slices"

	"gifty/domain"
)

// record decides, on the session as it is now, what comes of what was thought.
func (t *taking) record(ctx context.Context) (d domain.Decision[SessionReached], err error) {
	s := &Session{}
	if err := domain.LoadOne(ctx, t.Log, SessionStream(t.session.ID), s); err != nil {
		return d, err
	}
	todo, waiting := s.step(t.todo.StepID)
	if !waiting {
		return decided(s, nil), nil
	}
	guard, err := t.living(ctx, s.RecipientID, ErrSessionNotFound)
	if err != nil {
		return d, err
	}
	wanted := t.wanted(s, todo)
	var blobs [][]byte
	domain.Record(s, Asked(ModelAsked{SessionID: s.ID.String(), GiverID: s.GiverID, RecipientID: s.RecipientID}, t.calls, t.Env, &blobs)...)
	var writes []domain.Write
	if wanted {
		if writes, err = t.outcome(s, &blobs); err != nil {
			return d, err
		}
	}
	domain.Record(s, StepTaken{
		InSession: s.in(), StepID: todo.StepID, Kind: todo.Kind, Makings: t.makings, TookMS: took(t.Env.Now().Sub(t.began)), Dropped: !wanted,
	})
	d = decided(s, append(guard, writes...))
	d.Blobs = blobs
	return d, nil
}

// wanted tells whether the giver still waits for it: the session goes on, and the track that it is for
// was not asked for anything else meanwhile.
func (t *taking) wanted(s *Session, todo Step) bool {
	if s.Chosen != nil || t.session.Chosen != nil {
		return false
	}
	if todo.TopicID == nil {
		return true
	}
	track := s.track(*todo.TopicID)
	return track != nil && track.Step != nil && *track.Step == todo.StepID
}

// outcome records in the session what was thought, and returns what is written elsewhere.
func (t *taking) outcome(s *Session, blobs *[][]byte) (writes []domain.Write, err error) {
	g := generation{Commands: t.Commands, session: s.ID.String(), giver: s.GiverID, recipient: s.RecipientID, blobs: blobs}
	if t.normalised != nil {
		domain.Record(s, *t.normalised)
		if len(t.normalised.Topics) == 0 {
			domain.Record(s, DeadEndDetected{InSession: s.in(), Rule: RuleNoTopics})
		}
	}
	for _, c := range t.candidates {
		c.id = nil // of an attempt before
	}
	for _, l := range t.lines {
		more, err := t.fill(s, g, l)
		if err != nil {
			return nil, err
		}
		writes = append(writes, more...)
	}
	writes = append(writes, t.proposed(s)...)
	writes = append(writes, g.searches(t.candidates)...)
	if t.question != nil && s.Probe == nil && (t.about == nil || s.track(*t.about) != nil) {
		if t.asked == ProbeExploration {
			domain.Record(s, DeadEndDetected{InSession: s.in(), Rule: RuleNoIdeas})
		}
		domain.Record(s, ProbeAsked{s.in(), Probe{ProbeID: t.Env.NewID(), Kind: t.asked, TopicID: t.about, Question: *t.question, CanSkip: true}})
	}
	if t.hints != nil {
		domain.Record(s, TopicHintsSuggested{s.in(), t.hints})
	}
	return writes, nil
}

// fill records what came of one topic.
func (t *taking) fill(s *Session, g generation, l line) ([]domain.Write, error) {
	if s.track(l.topicID) == nil {
		if slices.ContainsFunc(s.explored(), func(name string) bool { return FoldTitle(name) == FoldTitle(l.topic.Name) }) || len(s.Tracks) >= maxTracks {
			return nil, nil // the giver was faster
		}
		domain.Record(s, TrackOpened{s.in(), l.topicID, l.topic})
		if s.TopicID == nil {
			s.selectTrack(l.topicID)
		}
	}
	switch {
	case l.found.Wide && t.todo.Kind != StepMore:
		domain.Record(s, TrackQuestioned{s.in(), l.topicID, Question{Text: l.found.Question, Options: l.found.Branches}})
		return nil, nil
	case len(l.chosen) == 0:
		if t.todo.Kind == StepMore {
			s.deadEnd(RuleNoMore, t.rules, idsOf(s.track(l.topicID).Ideas)...)
		} else {
			domain.Record(s, TrackFilled{InSession: s.in(), TopicID: l.topicID, Ideas: []IdeaRef{}})
		}
		return nil, nil
	}
	var answer GeneratedHypotheses
	writes, err := g.propose(l.chosen, &answer)
	if err != nil {
		return nil, err
	}
	refs := make([]IdeaRef, len(l.chosen))
	for i, c := range l.chosen {
		refs[i] = IdeaRef{HypothesisID: *c.id, Title: c.Title, Slot: SlotOf(c.Gap), Products: len(c.page)}
	}
	domain.Record(s, TrackFilled{s.in(), l.topicID, refs, meanSimilarity(l.chosen)})
	s.noticeThin(l.topicID, refs, t.rules)
	return writes, nil
}

// proposed notes the ideas with the recipient, so that another session does not begin with them.
func (t *taking) proposed(s *Session) []domain.Write {
	e := IdeasProposed{SessionID: s.ID.String(), GiverID: s.GiverID, RecipientID: s.RecipientID}
	for _, l := range t.lines {
		for _, c := range l.chosen {
			if c.id != nil {
				e.HypothesisID = append(e.HypothesisID, *c.id)
			}
		}
	}
	if s.RecipientID == nil || len(e.HypothesisID) == 0 {
		return nil
	}
	return []domain.Write{{Stream: recipientStream(*s.RecipientID), Expect: domain.AnyVersion, Events: []any{e}}}
}

// meanSimilarity is over ideas, of their best measured product.
func meanSimilarity(ideas []*candidate) *float64 {
	sum, n := 0.0, 0
	for _, c := range ideas {
		best, measured := -1.0, false
		for _, l := range c.page {
			if !l.Unmeasured {
				best, measured = max(best, l.Similarity), true
			}
		}
		if measured {
			sum, n = sum+best, n+1
		}
	}
	if n == 0 {
		return nil
	}
	return new(sum / float64(n))
}
