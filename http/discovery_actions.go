package http

import (
	"context"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
)

// What actions take besides the session.
type (
	probeAnswerInput struct {
		DialogueInput
		Body struct {
			ProbeID uuid.UUID `json:"probe_id,omitzero" doc:"The question that you answer; absent: whichever waits. When another waits by now, that is a conflict."`
			Answer  string    `json:"answer" maxLength:"10000" doc:"One of the options, or anything, in at most 200 characters."`
		}
	}
	probeSkipInput struct {
		DialogueInput
		Body struct {
			ProbeID uuid.UUID `json:"probe_id,omitzero" doc:"The question; absent: whichever waits."`
		}
	}
	branchInput struct {
		DialogueInput
		TopicID uuid.UUID `path:"topic_id"`
		Body    struct {
			Branch string `json:"branch" maxLength:"10000" doc:"One of the question's options, or a part of the topic in your words."`
		}
	}
	refineInput struct {
		DialogueInput
		TopicID uuid.UUID `path:"topic_id"`
		Body    struct {
			Refinement string `json:"refinement" maxLength:"10000" doc:"What you mean by the topic. It replaces what was said of it before."`
		}
	}
	trackInput struct {
		DialogueInput
		TopicID uuid.UUID `path:"topic_id"`
	}
	pivotInput struct {
		DialogueInput
		Body struct {
			Topic string        `json:"topic,omitempty" maxLength:"10000" doc:"A topic of your own."`
			Need  discovery.Gap `json:"need,omitempty" enum:"the_mirror,the_optimizer,the_catalyst,the_anchor,the_permission" doc:"What the gift is to do for the person; pivot cards name needs."`
		}
	}
	giftInput struct {
		DialogueInput
		Body struct {
			HypothesisID uuid.UUID `json:"hypothesis_id" doc:"An idea of the session."`
			GiftID       string    `json:"gift_id" minLength:"1" maxLength:"3000" doc:"A product under it."`
		} `nameHint:"SessionGift"`
	}
	viewInput struct {
		DialogueInput
		HypothesisID uuid.UUID `path:"hypothesis_id" doc:"An idea of the session."`
		Body         struct {
			GiftIDs []string `json:"gift_ids,omitempty" maxItems:"100" doc:"The products under it that were seen."`
			Seconds float64  `json:"seconds,omitempty" minimum:"0" maximum:"86400" doc:"For how long it was looked at; absent: not known."`
		} `nameHint:"ViewedHypothesis"`
	}
	ideaInput struct {
		DialogueInput
		HypothesisID uuid.UUID `path:"hypothesis_id" doc:"An idea of the session."`
	}
)

func (in giftInput) gift() discovery.GiftRef {
	return discovery.GiftRef{HypothesisID: in.Body.HypothesisID, GiftID: in.Body.GiftID}
}

func registerDialogueActions(a *api) {
	steer(a, huma.Operation{
		OperationID: "answer-probe", Path: "/probe/answer", Summary: "Answer the current question",
		Description: "The answer becomes a topic with ideas of its own, or says more about the topic that was asked about. The question is gone then.",
		RequestBody: example(map[string]any{"answer": "board games"}),
	}, func(in probeAnswerInput) discovery.AnswerProbe {
		return discovery.AnswerProbe{SessionID: in.ID, ProbeID: in.Body.ProbeID, Answer: in.Body.Answer}
	}, a.Discovery.AnswerProbe)
	steer(a, huma.Operation{
		OperationID: "skip-probe", Path: "/probe/skip", Summary: "Leave the current question unanswered",
		RequestBody: example(map[string]any{"probe_id": "01981b5e-8c00-7000-8000-000000000001"}),
	}, func(in probeSkipInput) discovery.SkipProbe {
		return discovery.SkipProbe{SessionID: in.ID, ProbeID: in.Body.ProbeID}
	}, a.Discovery.SkipProbe)
	steer(a, huma.Operation{
		OperationID: "select-branch", Path: "/tracks/{topic_id}/branch", Summary: "Choose a part of a topic that is too wide",
		RequestBody: example(map[string]any{"branch": "running"}),
	}, func(in branchInput) discovery.SelectBranch {
		return discovery.SelectBranch{SessionID: in.ID, TopicID: in.TopicID, Branch: in.Body.Branch}
	}, a.Discovery.SelectBranch)
	steer(a, huma.Operation{
		OperationID: "refine-topic", Path: "/tracks/{topic_id}/refine", Summary: "Say more precisely what you mean by a topic",
		Description: "Its ideas are made anew.", RequestBody: example(map[string]any{"refinement": "filter coffee at home"}),
	}, func(in refineInput) discovery.RefineTopic {
		return discovery.RefineTopic{SessionID: in.ID, TopicID: in.TopicID, Refinement: in.Body.Refinement}
	}, a.Discovery.RefineTopic)
	steer(a, huma.Operation{
		OperationID: "select-track", Path: "/tracks/{topic_id}/select", Summary: "Look at a track",
	}, func(in trackInput) discovery.SelectTrack {
		return discovery.SelectTrack{SessionID: in.ID, TopicID: in.TopicID}
	}, a.Discovery.SelectTrack)
	steer(a, huma.Operation{
		OperationID: "load-more-hypotheses", Path: "/tracks/{topic_id}/more", Summary: "Ask for further ideas on a topic",
		Description: "None that was there before comes again. While it is being worked on, asking again changes nothing.",
	}, func(in trackInput) discovery.LoadMore {
		return discovery.LoadMore{SessionID: in.ID, TopicID: &in.TopicID}
	}, a.Discovery.LoadMore)
	steer(a, huma.Operation{
		OperationID: "suggest-topics", Path: "/topics/suggest", Summary: "Ask for questions that lead to other topics",
		Description: "They come as topic_hints, in place of those before.",
	}, func(in DialogueInput) discovery.SuggestTopics {
		return discovery.SuggestTopics{SessionID: in.ID}
	}, a.Discovery.SuggestTopics)
	steer(a, huma.Operation{
		OperationID: "pivot-discovery", Path: "/pivot", Summary: "Take another way: a topic, a need, or both",
		Description: "Open at any time, offered or not. A new track comes of it.",
		RequestBody: example(map[string]any{"need": "the_permission"}),
	}, func(in pivotInput) discovery.TakePivot {
		return discovery.TakePivot{SessionID: in.ID, Topic: in.Body.Topic, Need: in.Body.Need}
	}, a.Discovery.Pivot)
	steer(a, huma.Operation{
		OperationID: "view-hypothesis", Path: "/hypotheses/{hypothesis_id}/view", Summary: "Say that the giver looked at an idea",
		Description: "Much looked at without a click, or an idea looked at for long without a reaction, is a dead end; ways out are offered.",
		RequestBody: example(map[string]any{"gift_ids": []string{"demo:en-bbq-kettle-grill"}, "seconds": 8.5}),
	}, func(in viewInput) discovery.ViewIdea {
		return discovery.ViewIdea{SessionID: in.ID, HypothesisID: in.HypothesisID, GiftIDs: in.Body.GiftIDs, Seconds: in.Body.Seconds}
	}, a.Discovery.View)
	registerGiftActions(a)
}

func registerGiftActions(a *api) {
	product := example(map[string]any{"hypothesis_id": "01981b5e-8c00-7000-8000-000000000001", "gift_id": "demo:en-bbq-kettle-grill"})
	steer(a, huma.Operation{
		OperationID: "click-gift", Path: "/clicks", Summary: "Say that the giver followed a product", RequestBody: product,
	}, func(in giftInput) discovery.ClickGift {
		return discovery.ClickGift{SessionID: in.ID, Gift: in.gift()}
	}, a.Discovery.Click)
	steer(a, huma.Operation{
		OperationID: "shortlist-gift", Path: "/shortlist", Summary: "Keep a product for the last choice", RequestBody: product,
	}, func(in giftInput) discovery.KeepGift {
		return discovery.KeepGift{SessionID: in.ID, Gift: in.gift(), Keep: true}
	}, a.Discovery.KeepGift)
	steer(a, huma.Operation{
		OperationID: "unshortlist-gift", Path: "/shortlist/remove", Summary: "Take a product off the shortlist", RequestBody: product,
	}, func(in giftInput) discovery.KeepGift {
		return discovery.KeepGift{SessionID: in.ID, Gift: in.gift()}
	}, a.Discovery.KeepGift)
	steer(a, huma.Operation{
		OperationID: "select-gift", Path: "/choice", Summary: "Choose the gift, which ends the dialogue", RequestBody: product,
		Description: "It is one of the products under the session's ideas.",
	}, func(in giftInput) discovery.SelectGift {
		return discovery.SelectGift{SessionID: in.ID, Gift: in.gift()}
	}, a.Discovery.SelectGift)
}

// registerReactionsInSession registers what a giver may say of an idea, an operation each.
func registerReactionsInSession(a *api) {
	for _, r := range []struct {
		name, summary string
		says          discovery.Reaction
		takesBack     bool
	}{
		{"like", "Like an idea", discovery.Like, false},
		{"unlike", "Take a like back", discovery.Like, true},
		{"dislike", "Dislike an idea", discovery.Dislike, false},
		{"undislike", "Take a dislike back", discovery.Dislike, true},
		{"shortlist", "Keep an idea for the last choice", discovery.Shortlist, false},
		{"unshortlist", "Take an idea off the shortlist", discovery.Shortlist, true},
	} {
		steer(a, huma.Operation{
			OperationID: r.name + "-hypothesis", Path: "/hypotheses/{hypothesis_id}/" + r.name, Summary: r.summary,
			Description: "There is one reaction to an idea at a time. The same again changes nothing.",
		}, func(in ideaInput) discovery.ReactInSession {
			return discovery.ReactInSession{SessionID: in.ID, HypothesisID: in.HypothesisID, Reaction: r.says, TakeBack: r.takesBack}
		}, func(ctx context.Context, cmd discovery.ReactInSession) (domain.Outcome[discovery.SessionReached], error) {
			return a.Discovery.ReactInSession(ctx, cmd)
		})
	}
}
