package discovery

import (
	"context"
	"sync"

	"github.com/google/uuid"

	"gifty/domain"
)

// spare is how many times as many ideas as wanted a generator is asked for: those for which the
// catalogue has too little drop out.
const spare = 2

// withSpare is the brief for the generator: the same, wanting more.
func (b Brief) withSpare() Brief {
	b.Count = min(spare*b.Wanted(), maxIdeas)
	return b
}

// searching is how many ideas are searched for at once.
const searching = 4

// findAll searches for all ideas and returns them in their order.
func (c Commands) findAll(ctx context.Context, ideas []Idea, brief Brief) ([]*candidate, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	candidates := make([]*candidate, len(ideas))
	places := make(chan struct{}, searching)
	var all sync.WaitGroup
	for i, idea := range ideas {
		candidates[i] = &candidate{Idea: idea}
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			found, err := c.Finder.Find(ctx, Wish{Title: idea.Title, Queries: idea.Queries, Brief: brief})
			if err != nil {
				cancel(err)
			}
			candidates[i].Found = found
		})
	}
	all.Wait()
	return candidates, context.Cause(ctx)
}

// generation is what all events of one answer have in common.
type generation struct {
	Commands
	session   string
	giver     uuid.UUID
	recipient *uuid.UUID
	by        Generated
	raw       []byte // the reply's hash; nil without one
}

// opening records what was asked and which ideas came of it.
func (g generation) opening(brief Brief, ids []uuid.UUID) []domain.Write {
	events := []any{Started{SessionID: g.session, GiverID: g.giver, RecipientID: g.recipient, Brief: brief}}
	if len(ids) == 0 {
		return []domain.Write{{Stream: sessionStream(g.session), Expect: domain.AnyVersion, Events: events}}
	}
	proposed := IdeasProposed{SessionID: g.session, GiverID: g.giver, RecipientID: g.recipient, HypothesisID: ids}
	writes := []domain.Write{{Stream: sessionStream(g.session), Expect: domain.AnyVersion, Events: append(events, proposed)}}
	if g.recipient != nil {
		writes = append(writes, domain.Write{Stream: recipientStream(*g.recipient), Expect: domain.AnyVersion, Events: []any{proposed}})
	}
	return writes
}

// propose gives the chosen ideas their ids, adds these to the answer, and records ideas and products.
func (g generation) propose(chosen []*candidate, answer *GeneratedHypotheses) ([]domain.Write, error) {
	var writes []domain.Write
	for _, c := range chosen {
		c.id = new(g.Env.NewID())
		h := &Hypothesis{}
		domain.Record(h, HypothesisGenerated{
			HypothesisID: *c.id, SessionID: g.session, GiverID: g.giver, RecipientID: g.recipient,
			Idea: c.Idea, Model: g.by.Model, PromptVersion: g.by.PromptVersion, RawSHA256: g.raw,
		})
		if err := h.Link(c.page...); err != nil {
			return nil, err
		}
		w := h.Write()
		w.Stream = HypothesisStream(*c.id)
		writes = append(writes, w)
		answer.HypothesisID = append(answer.HypothesisID, *c.id)
	}
	return writes, nil
}

// searches records what was searched for every idea, dropped ones too: what the catalogue lacks is
// worth knowing.
func (g generation) searches(candidates []*candidate) []domain.Write {
	var writes []domain.Write
	for _, c := range candidates {
		for _, s := range c.Searches {
			e := searched(s, g.Env.NewID(), g.giver, ContextPreview)
			e.SessionID, e.HypothesisID, e.RecipientID = g.session, c.id, g.recipient
			e.TrackTitle, e.HypothesisTitle, e.Generator = c.Track, c.Title, g.by.Model
			writes = append(writes, searchWrite(e))
		}
	}
	return writes
}
