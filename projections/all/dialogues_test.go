package all_test

import (
	"context"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"gifty/domain"
	"gifty/domain/configuration"
	"gifty/domain/discovery"
)

func (g *giving) start(ctx context.Context, t *rapid.T) error {
	cmd := discovery.StartDiscovery{Quiz: discovery.Quiz{Interests: rapid.SliceOfN(topic(), 0, 3).Draw(t, "interests")}}
	if rapid.Bool().Draw(t, "for somebody") {
		cmd.RecipientID = new(late(t, g.recipients))
	}
	out, err := g.Discovery.Start(ctx, cmd)
	g.talks = append(g.talks, out.Result.SessionID)
	return err
}

func topic() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"tea", "chess", "wide", "nothing"})
}

func (g *giving) talk(t *rapid.T) (*discovery.Session, error) {
	s := &discovery.Session{}
	return s, domain.LoadOne(context.Background(), g.Store, discovery.SessionStream(late(t, g.talks)), s)
}

// work takes, or gives up, a step of a dialogue.
func (g *giving) work(t *rapid.T) error {
	s, err := g.talk(t)
	if err != nil || len(s.Steps) == 0 {
		return err
	}
	step := rapid.SampledFrom(s.Steps).Draw(t, "step").StepID
	if rapid.IntRange(0, 4).Draw(t, "fails") == 0 {
		return g.Discovery.FailStep(context.Background(), s.ID, step, "no luck")
	}
	err = g.Discovery.TakeStep(context.Background(), s.ID, step)
	for _, track := range s.Tracks {
		for _, idea := range track.Ideas {
			g.ideas = append(g.ideas, idea.HypothesisID)
		}
	}
	return err
}

// act does something in a dialogue.
func (g *giving) act(ctx context.Context, t *rapid.T) error {
	s, err := g.talk(t)
	if err != nil {
		return err
	}
	track, idea := uuid.New(), uuid.New()
	if len(s.Tracks) > 0 {
		one := rapid.SampledFrom(s.Tracks).Draw(t, "track")
		if track = one.TopicID; len(one.Ideas) > 0 {
			idea = rapid.SampledFrom(one.Ideas).Draw(t, "idea").HypothesisID
		}
	}
	d, kept := g.Discovery, discovery.GiftRef{HypothesisID: idea, GiftID: gift(t)}
	switch rapid.SampledFrom([]string{"answer", "skip", "branch", "refine", "select", "suggest", "more", "pivot", "react", "react", "view", "click", "keep", "choose", "claim"}).Draw(t, "act") {
	case "answer":
		_, err = d.AnswerProbe(ctx, discovery.AnswerProbe{SessionID: s.ID, Answer: topic().Draw(t, "answer")})
	case "skip":
		_, err = d.SkipProbe(ctx, discovery.SkipProbe{SessionID: s.ID})
	case "branch":
		_, err = d.SelectBranch(ctx, discovery.SelectBranch{SessionID: s.ID, TopicID: track, Branch: "tea"})
	case "refine":
		_, err = d.RefineTopic(ctx, discovery.RefineTopic{SessionID: s.ID, TopicID: track, Refinement: topic().Draw(t, "refinement")})
	case "select":
		_, err = d.SelectTrack(ctx, discovery.SelectTrack{SessionID: s.ID, TopicID: track})
	case "suggest":
		_, err = d.SuggestTopics(ctx, discovery.SuggestTopics{SessionID: s.ID})
	case "more":
		_, err = d.LoadMore(ctx, discovery.LoadMore{SessionID: s.ID, TopicID: &track})
	case "pivot":
		_, err = d.Pivot(ctx, discovery.TakePivot{SessionID: s.ID, Topic: topic().Draw(t, "topic")})
	case "react":
		_, err = d.ReactInSession(ctx, discovery.ReactInSession{
			SessionID: s.ID, HypothesisID: idea, Reaction: rapid.SampledFrom(discovery.Reactions()).Draw(t, "reaction"), TakeBack: rapid.Bool().Draw(t, "back")})
	case "view":
		_, err = d.View(ctx, discovery.ViewIdea{SessionID: s.ID, HypothesisID: idea, GiftIDs: []string{kept.GiftID}, Seconds: float64(rapid.IntRange(0, 90).Draw(t, "seconds"))})
	case "click":
		_, err = d.Click(ctx, discovery.ClickGift{SessionID: s.ID, Gift: kept})
	case "keep":
		_, err = d.KeepGift(ctx, discovery.KeepGift{SessionID: s.ID, Gift: kept, Keep: rapid.Bool().Draw(t, "keep")})
	case "choose":
		_, err = d.SelectGift(ctx, discovery.SelectGift{SessionID: s.ID, Gift: kept})
	case "claim":
		_, err = d.Claim(ctx, discovery.ClaimSession{SessionID: s.ID, From: s.GiverID})
	}
	return err
}

// configure publishes, activates or rolls back.
func (g *giving) configure(ctx context.Context, t *rapid.T) (err error) {
	switch rapid.IntRange(0, 2).Draw(t, "configure") {
	case 0:
		_, err = g.Configuration.Publish(ctx, configuration.Publish{Module: "thing", Activate: rapid.Bool().Draw(t, "at once"), Revision: configuration.Revision{
			Config: []byte(rapid.SampledFrom([]string{`{}`, `{"b": [1.50], "a": "ж"}`}).Draw(t, "config")), Note: rapid.StringN(0, 5, -1).Draw(t, "note")}})
	case 1:
		_, err = g.Configuration.Activate(ctx, configuration.Activate{Module: "thing", Version: rapid.IntRange(0, 3).Draw(t, "version")})
	case 2:
		_, err = g.Configuration.RollBack(ctx, configuration.RollBack{Module: "thing"})
	}
	return err
}
