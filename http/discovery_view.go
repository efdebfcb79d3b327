package http

import (
	"context"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/projections"
	ideas "gifty/projections/discovery"
)

// Discovery is a dialogue with its ideas and their products.
type Discovery struct {
	ID              uuid.UUID           `json:"id"`
	RecipientID     *uuid.UUID          `json:"recipient_id"`
	Language        discovery.Language  `json:"language"`
	State           string              `json:"state" enum:"working,waiting,ended" doc:"working: more is coming by itself; waiting: for you; ended: a gift was chosen."`
	Tracks          []DiscoveryTrack    `json:"tracks"`
	SelectedTopicID *uuid.UUID          `json:"selected_topic_id"`
	CurrentProbe    *discovery.Probe    `json:"current_probe" doc:"The question that waits for answer-probe or skip-probe."`
	TopicHints      []discovery.Hint    `json:"topic_hints"`
	Pivot           *discovery.Pivot    `json:"pivot" doc:"Ways out of a dead end, for pivot."`
	Feed            []FeedPlace         `json:"feed" doc:"Ideas of all tracks in the order to show them, a safe bet, an emotional pivot, a practical fix and a wildcard in turn."`
	Liked           []uuid.UUID         `json:"liked"`
	Disliked        []uuid.UUID         `json:"disliked"`
	Shortlisted     []uuid.UUID         `json:"shortlisted" doc:"Ideas kept for the last choice."`
	Shortlist       []discovery.GiftRef `json:"shortlist" doc:"Products kept for the last choice."`
	Chosen          *discovery.GiftRef  `json:"chosen"`
	Version         int                 `json:"version"`
	Position        int64               `json:"position" doc:"Log position of the session's last event here."`
	projections.Stamps
}

// DiscoveryTrack is a line of ideas about a topic.
type DiscoveryTrack struct {
	TopicID    uuid.UUID             `json:"topic_id"`
	Topic      string                `json:"topic" doc:"Its name; empty for a track that only fills a need."`
	Then       string                `json:"then,omitempty" doc:"What was said of it last: a branch or a refinement."`
	Need       discovery.Gap         `json:"need,omitempty" enum:"the_mirror,the_optimizer,the_catalyst,the_anchor,the_permission"`
	Status     discovery.TrackStatus `json:"status" enum:"loading,ready,question,error"`
	Question   *discovery.Question   `json:"question,omitempty" doc:"Of a topic that is too wide; select-branch answers it."`
	Hypotheses []DiscoveryIdea       `json:"hypotheses"`
}

// DiscoveryIdea is an idea with its products and its part in the feed.
type DiscoveryIdea struct {
	Hypothesis
	Slot discovery.Slot `json:"slot" enum:"safe_bet,emotional_pivot,practical_fix,wildcard"`
}

// FeedPlace is an idea's place in the feed.
type FeedPlace struct {
	Slot         discovery.Slot `json:"slot" enum:"safe_bet,emotional_pivot,practical_fix,wildcard"`
	HypothesisID uuid.UUID      `json:"hypothesis_id"`
}

// DiscoverySummary is a dialogue in a list.
type DiscoverySummary struct {
	ID          uuid.UUID          `json:"id"`
	RecipientID *uuid.UUID         `json:"recipient_id"`
	Language    discovery.Language `json:"language"`
	State       string             `json:"state" enum:"working,waiting,ended"`
	Topics      []string           `json:"topics"`
	Ideas       int                `json:"ideas"`
	Chosen      *discovery.GiftRef `json:"chosen"`
	Version     int                `json:"version"`
	projections.Stamps
}

func stateOf(d *discovery.Dialogue) string {
	switch {
	case d.Chosen != nil:
		return "ended"
	case d.Idle():
		return "waiting"
	}
	return "working"
}

func discoverySummary(row ideas.Session) DiscoverySummary {
	s := DiscoverySummary{
		ID: row.ID, RecipientID: row.RecipientID, Language: row.Language, State: stateOf(&row.Dialogue), Topics: []string{},
		Chosen: row.Chosen, Version: row.Version, Stamps: row.Stamps,
	}
	for _, t := range row.Tracks {
		s.Topics, s.Ideas = append(s.Topics, t.Topic.Name), s.Ideas+len(t.Ideas)
	}
	return s
}

// discovery reads a session, and the ideas and products that it names.
func (a *api) discovery(ctx context.Context, after domain.Position, id uuid.UUID) (*Discovery, error) {
	if err := a.wait(ctx, after, ideas.Sessions.Name); err != nil {
		return nil, err
	}
	row, err := ideas.GetSession(ctx, a.DB, giver(ctx), id)
	if err != nil {
		return nil, err
	}
	var ids []uuid.UUID
	for _, t := range row.Tracks {
		for _, idea := range t.Ideas {
			ids = append(ids, idea.HypothesisID)
		}
	}
	if len(ids) > 0 {
		if err := a.waitForIdeas(ctx, domain.Position(row.Position)); err != nil {
			return nil, err
		}
	}
	rows, err := ideas.HypothesesByID(ctx, a.DB, giver(ctx), ids)
	if err != nil {
		return nil, err
	}
	whole, err := a.withProducts(ctx, rows)
	if err != nil {
		return nil, err
	}
	return viewOf(row, whole), nil
}

func viewOf(row ideas.Session, hypotheses []Hypothesis) *Discovery {
	byID := make(map[uuid.UUID]Hypothesis, len(hypotheses))
	for _, h := range hypotheses {
		byID[h.ID] = h
	}
	d := &Discovery{
		ID: row.ID, RecipientID: row.RecipientID, Language: row.Language, State: stateOf(&row.Dialogue), Tracks: []DiscoveryTrack{},
		SelectedTopicID: row.TopicID, CurrentProbe: row.Probe, TopicHints: append([]discovery.Hint{}, row.Hints...), Pivot: row.Pivot,
		Feed: []FeedPlace{}, Liked: saidOf(row, discovery.Like), Disliked: saidOf(row, discovery.Dislike), Shortlisted: saidOf(row, discovery.Shortlist),
		Shortlist: append([]discovery.GiftRef{}, row.Shortlist...), Chosen: row.Chosen, Version: row.Version, Position: row.Position, Stamps: row.Stamps,
	}
	for _, t := range row.Tracks {
		track := DiscoveryTrack{TopicID: t.TopicID, Topic: t.Topic.Name, Then: t.Topic.Then, Need: t.Topic.Need, Status: t.Status, Question: t.Question, Hypotheses: []DiscoveryIdea{}}
		for _, idea := range t.Ideas {
			if h, there := byID[idea.HypothesisID]; there {
				track.Hypotheses = append(track.Hypotheses, DiscoveryIdea{h, idea.Slot})
			}
		}
		d.Tracks = append(d.Tracks, track)
	}
	for _, f := range row.Feed() {
		d.Feed = append(d.Feed, FeedPlace{f.Slot, f.Idea.HypothesisID})
	}
	return d
}

// saidOf lists the ideas that the giver said this of, the first said first.
func saidOf(row ideas.Session, what discovery.Reaction) []uuid.UUID {
	ids := []uuid.UUID{}
	for _, n := range row.Reactions {
		if n.Reaction == what {
			ids = append(ids, n.HypothesisID)
		}
	}
	return ids
}
