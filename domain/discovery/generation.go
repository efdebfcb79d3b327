package discovery

import (
	"context"
	"fmt"
	"reflect"
	"slices"

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

// onceGenerated is what a generator answered to a brief. When another writer was first the command is
// decided again, but models that were paid for an answer are asked again only when the brief changed.
type onceGenerated struct {
	brief *Brief // nil: nobody was asked yet
	made  Generated
}

func (o *onceGenerated) generate(ctx context.Context, g Generator, session string, brief Brief) error {
	if o.brief != nil && reflect.DeepEqual(*o.brief, brief) {
		return nil
	}
	ask := brief.withSpare()
	ask.Session = session
	made, err := g.Generate(ctx, ask)
	if err != nil {
		return err
	}
	made.Calls = append(o.made.Calls, made.Calls...)
	o.brief, o.made = &brief, made
	return nil
}

// candidates are the ideas to choose from. Where the catalogue has something for fewer than are wanted, a
// generator that asked no model, whose ideas cost nothing, and has more is asked for as many as an answer may hold.
func (c Commands) candidates(ctx context.Context, once *onceGenerated, session string, brief Brief) ([]*candidate, error) {
	if err := once.generate(ctx, c.Generator, session, brief); err != nil {
		return nil, err
	}
	found, err := c.findAll(ctx, once.made, brief)
	stocked := 0
	for _, each := range found {
		stocked += min(1, len(each.fits()))
	}
	if err != nil || stocked >= brief.Wanted() || len(once.made.Calls) > 0 || len(found) < brief.withSpare().Count {
		return found, err
	}
	wide := brief
	wide.Count, wide.Session = maxIdeas, session
	made, err := c.Generator.Generate(ctx, wide)
	if err != nil {
		return nil, err
	}
	made.Ideas = slices.DeleteFunc(made.Ideas, func(i Idea) bool {
		return slices.ContainsFunc(found, func(c *candidate) bool { return c.Title == i.Title })
	})
	further, err := c.findAll(ctx, Generated{
		Ideas: made.Ideas, Model: made.Model, PromptVersion: made.PromptVersion, Raw: made.Raw, Configuration: made.Configuration,
	}, brief)
	return append(found, further...), err
}

// findAll searches for all ideas and returns them in their order.
func (c Commands) findAll(ctx context.Context, made Generated, brief Brief) ([]*candidate, error) {
	var candidates []*candidate
	var wishes []Wish
	for by, idea := range made.All() {
		candidates = append(candidates, &candidate{Idea: idea, by: by})
		wishes = append(wishes, Wish{Title: idea.Title, Queries: idea.Queries})
	}
	if len(wishes) == 0 {
		return nil, nil
	}
	found, err := c.Finder.Find(ctx, brief, wishes)
	if err == nil && len(found) != len(wishes) {
		err = fmt.Errorf("%d pages were found for %d ideas", len(found), len(wishes))
	}
	if err != nil {
		return nil, err
	}
	for i, page := range found {
		candidates[i].Found = page
	}
	return candidates, nil
}

// generation is what all events of one answer have in common.
type generation struct {
	Commands
	session   string
	giver     uuid.UUID
	recipient *uuid.UUID
	blobs     *[][]byte // the replies that events refer to
}

// opening records what was asked, of whom, and which ideas came of it.
func (g generation) opening(brief Brief, calls []ModelCall, ids []uuid.UUID) []domain.Write {
	events := []any{Started{SessionID: g.session, GiverID: g.giver, RecipientID: g.recipient, Brief: brief}}
	asked := ModelAsked{SessionID: g.session, GiverID: g.giver, RecipientID: g.recipient}
	events = append(events, Asked(asked, calls, g.Env, g.blobs)...)
	if len(ids) == 0 {
		return []domain.Write{{Stream: QuizStream(g.session), Expect: domain.AnyVersion, Events: events}}
	}
	proposed := IdeasProposed{SessionID: g.session, GiverID: g.giver, RecipientID: g.recipient, HypothesisID: ids}
	writes := []domain.Write{{Stream: QuizStream(g.session), Expect: domain.AnyVersion, Events: append(events, proposed)}}
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
			Idea: c.Idea, Model: c.by.Model, PromptVersion: c.by.PromptVersion, RawSHA256: reference(c.by.Raw, g.blobs),
			Configuration: c.by.Configuration,
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
			e.TrackTitle, e.HypothesisTitle, e.Generator = c.Track, c.Title, c.by.Model
			writes = append(writes, searchWrite(e))
		}
	}
	return writes
}
